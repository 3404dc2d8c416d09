/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The wire between two adapters: latency, bandwidth, order, loss. */
#ifndef EFASIM_FABRIC_TRANSIT_H
#define EFASIM_FABRIC_TRANSIT_H

#include "message.h"

void efasim_transit_send(struct efasim_message *message);
void efasim_transit_answer(struct efasim_message *message, uint8_t status);
/* Looks at the message again after `delay`, in its state. */
void efasim_transit_retry(struct efasim_message *message, uint64_t delay);
/* Lost once: SRD sends again, UD does not. */
void efasim_transit_lose(struct efasim_message *message);
/* There is no receiver: SRD gives up after peer_timeout. */
void efasim_transit_no_peer(struct efasim_message *message);
/* The success of an RDMA read, once its last `size` bytes have crossed the responder's wire. */
void efasim_transit_answer_read(struct efasim_message *message, uint32_t size);
/* The next chunk of an RDMA read, after one of `size` bytes. */
void efasim_transit_continue(struct efasim_message *message, uint32_t size);

#endif
