/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * One side's verbs objects: a queue pair with its completion queue, memory and peer. Creating and
 * connecting are the same for SRD and UD apart from two calls; sending and polling are in
 * srd_queue.c (extended calls) and ud_queue.c (classic calls).
 */
#ifndef EFA_PINGPONG_ENDPOINT_H
#define EFA_PINGPONG_ENDPOINT_H

#include <stddef.h>

#include "plan.h"

/* Where a UD message starts in its receive buffer: after the space for a global routing header. */
#define UD_HEADER_SIZE 40

struct endpoint {
    const struct pingpong_plan *plan;
    struct ibv_context *context;
    struct ibv_pd *pd;
    struct ibv_cq *cq;
    struct ibv_cq_ex *cq_ex; /* the same completion queue, for SRD */
    struct ibv_qp *qp;
    struct ibv_qp_ex *qp_ex; /* the same queue pair, for SRD */
    struct ibv_mr *mr;
    struct ibv_ah *ah; /* the peer */
    uint8_t *memory;   /* rx_depth receive slots, then one send slot */
    size_t slot_size;
    bool send_inline; /* the message fits into the descriptor */
    struct pingpong_address local;
    struct pingpong_address remote;
};

/* The wr_id of a receive is its slot; that of a send is this. */
#define SEND_WR_ID UINT64_MAX

struct pingpong_completion {
    uint64_t wr_id;
    enum ibv_wc_status status;
    uint32_t vendor_error;
    uint32_t byte_length; /* of a receive: without the UD header */
    uint32_t immediate;   /* of a receive: host order */
    bool has_immediate;
};

/*
 * Creates everything up to a queue pair that can receive and send, with all receives posted. False
 * after printing the reason; endpoint_destroy frees what was created.
 */
bool endpoint_create(struct endpoint *endpoint, struct ibv_context *context,
                     const struct pingpong_plan *plan);
bool endpoint_connect(struct endpoint *endpoint, const struct pingpong_address *remote);
void endpoint_destroy(struct endpoint *endpoint);

bool endpoint_post_receive(struct endpoint *endpoint, uint64_t slot);
const uint8_t *endpoint_received(const struct endpoint *endpoint, uint64_t slot);
uint8_t *endpoint_send_buffer(const struct endpoint *endpoint);

/*
 * Sending and polling, by transport. `immediate` is sent with the message. A poll returns the
 * number of completions, or -1 after printing the reason.
 */
bool srd_create_queues(struct endpoint *endpoint);
bool srd_send(struct endpoint *endpoint, uint32_t immediate);
int srd_poll(struct endpoint *endpoint, struct pingpong_completion *completions, int limit);
bool ud_create_queues(struct endpoint *endpoint);
bool ud_send(struct endpoint *endpoint, uint32_t immediate);
int ud_poll(struct endpoint *endpoint, struct pingpong_completion *completions, int limit);

#endif
