/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Completes messages after their payload was moved, or could not be moved. */
#ifndef EFASIM_FABRIC_ARRIVAL_H
#define EFASIM_FABRIC_ARRIVAL_H

#include "../device/completion_queue.h"
#include "message.h"

void efasim_count_receive(struct efasim_qp *receiver, uint32_t size);
/* All `size` bytes of a send are in the receiver's memory. */
void efasim_send_arrived(struct efasim_message *message, uint32_t size, struct efasim_qp *receiver,
                         uint16_t recv_request_id, const struct efasim_received *received);
/* One side's memory is gone: the receiver's if `source_ok`, else the sender's. */
void efasim_send_failed(struct efasim_message *message, struct efasim_qp *receiver,
                        uint16_t recv_request_id, const struct efasim_received *received,
                        bool source_ok);
/* A chunk of an RDMA read was moved if both sides are valid. */
void efasim_read_arrived(struct efasim_message *message, uint32_t size, bool source_ok,
                         bool target_ok);

#endif
