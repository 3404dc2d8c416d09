/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Moves payloads between clients, and completes both sides afterwards. */
#ifndef EFASIM_FABRIC_MOVER_H
#define EFASIM_FABRIC_MOVER_H

#include "../device/completion_queue.h"
#include "../device/memory_region.h"
#include "link_out.h"
#include "message.h"

struct efasim_mover *efasim_mover_create(struct efasim *sim);
void efasim_mover_flush(struct efasim *sim);

/*
 * Moves the payload, at once or with the batch, and completes both sides. For an RDMA read,
 * `receiver` is NULL and the progress grows by the size instead.
 */
void efasim_move(struct efasim_message *message, const struct efasim_segments *source,
                 const struct efasim_segments *target, struct efasim_qp *receiver,
                 uint16_t recv_request_id, const struct efasim_received *received);

/*
 * The same between a client's memory and a link: out of `source`, or out of the payload of a
 * packet, which is `source` then and stays until the mover was flushed, into `target`.
 */
void efasim_move_over_link(const struct efasim_link_move *move,
                           const struct efasim_segments *source,
                           const struct efasim_segments *target);

#endif
