/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The control connection over TCP: both sides compare their plans, exchange addresses, and agree
 * on the end. */
#ifndef EFA_PINGPONG_EXCHANGE_H
#define EFA_PINGPONG_EXCHANGE_H

#include "common/network.h"
#include "plan.h"

enum { EXCHANGE_GREETING_SIZE = 48 };

/* The first message of each side: its plan and its address. */
void exchange_make_greeting(const struct pingpong_plan *plan, const struct pingpong_address *local,
                            uint8_t *greeting);

/* Reads the other side's address. False, after printing the reason, if the plans differ. */
bool exchange_read_greeting(tool_socket peer, const struct pingpong_plan *plan,
                            struct pingpong_address *remote);

/* Waits until both sides are done, so that neither destroys its queue pair too early. */
bool exchange_end(tool_socket peer, uint64_t timeout_ns);

#endif
