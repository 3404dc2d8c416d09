/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Messages: where they come from, their place in a queue pair and in the fabric, their end. */
#ifndef EFASIM_FABRIC_MESSAGE_H
#define EFASIM_FABRIC_MESSAGE_H

#include "../../src/device/completion_entry.h"
#include "state.h"

/* A message of this QP, the last of its row; NULL without memory. */
struct efasim_message *efasim_message_take(struct efasim_qp *qp);
void efasim_message_enter_fabric(struct efasim_message *message, bool delayed);
void efasim_message_leave_fabric(struct efasim_message *message);
/* Takes it out of its QP and the fabric, and frees it. */
void efasim_message_free(struct efasim_message *message);
/* Completes it at the sender, unless it succeeded and is not signaled, and frees it. */
void efasim_message_complete(struct efasim_message *message, uint8_t status);
void efasim_messages_release_all(struct efasim *sim);

#endif
