/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The arrival of messages. */
#ifndef EFASIM_FABRIC_DELIVER_H
#define EFASIM_FABRIC_DELIVER_H

#include "message.h"

/* Handles a message that is due and has left the fabric: at its destination, or back at its
 * sender. */
void efasim_deliver(struct efasim_message *message);

#endif
