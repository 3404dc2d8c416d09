/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Messages: creation, their lists in a queue pair and in the fabric, completion. */
#ifndef EFASIM_FABRIC_MESSAGE_H
#define EFASIM_FABRIC_MESSAGE_H

#include "../../src/device/completion_entry.h"
#include "state.h"

/* Creates a message at the end of this QP's list; NULL if memory is short. */
struct efasim_message *efasim_message_take(struct efasim_qp *qp);
void efasim_message_enter_fabric(struct efasim_message *message, bool delayed);
void efasim_message_leave_fabric(struct efasim_message *message);
/* Removes it from its QP and the fabric, and frees it. */
void efasim_message_free(struct efasim_message *message);
/* Completes it at the sender, unless it succeeded and is not signaled, and frees it. */
void efasim_message_complete(struct efasim_message *message, uint8_t status);
/* Completes it with the status of a peer that does not answer any more, or never did. */
void efasim_message_give_up(struct efasim_message *message);
void efasim_messages_release_all(struct efasim *sim);

#endif
