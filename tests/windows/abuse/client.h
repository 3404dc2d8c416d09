/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* One life of a client in a kill-and-restart run. */
#ifndef EFAWIN_ABUSE_CLIENT_H
#define EFAWIN_ABUSE_CLIENT_H

#include <stdint.h>

/* Exchanges messages with all other living clients until the ledger says that the run ends; returns
 * the process's exit code. */
int client_run(uint32_t life, uint32_t seed);

#endif
