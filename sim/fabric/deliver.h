/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The arrival of messages. */
#ifndef EFASIM_FABRIC_DELIVER_H
#define EFASIM_FABRIC_DELIVER_H

#include "message.h"

/* Handles a message that is due and has left the fabric: at its destination, or back at its
 * sender. */
void efasim_deliver(struct efasim_message *message);

/* Its receiver has no receive posted. It is tried again until its retries are used up. */
void efasim_not_ready(struct efasim_message *message);
/* The queue pair that takes messages of this kind; NULL: none does, for *reason. */
struct efasim_qp *efasim_find_receiver(const struct efasim_device *device, uint32_t number,
                                       uint32_t type, uint32_t qkey,
                                       enum efasim_drop_reason *reason);

#endif
