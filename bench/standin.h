/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * A device that does nothing by itself: a transport of the library with plain memory for rings and
 * doorbells, and a function that writes completions. So the benchmark times only the library.
 */
#ifndef BENCH_STANDIN_H
#define BENCH_STANDIN_H

#include "driver/transport.h"
#include "infiniband/verbs.h"

#define STANDIN_SUB_CQS 2

/* Sets the sub-CQs of adapters opened from now on: 1 or STANDIN_SUB_CQS (the default). */
void standin_set_sub_cqs(uint32_t count);
/* Sets the device version. The default 0xefa0 has no batch limit; the others have one. */
void standin_set_device_version(uint32_t version);

const struct efa_transport *standin_transport(void);

/* The state of a CQ: how many entries were written to each sub-CQ. */
struct standin_cq {
    unsigned char *ring;
    uint32_t depth;
    uint32_t written[STANDIN_SUB_CQS];
};

struct standin_cq *standin_cq_of(const struct ibv_cq *cq);
/* The send or receive ring of a QP, as the device sees it. */
const unsigned char *standin_send_ring(const struct ibv_qp *qp);
const unsigned char *standin_recv_ring(const struct ibv_qp *qp);
uint32_t standin_sub_cq(const struct ibv_qp *qp, int is_recv);

/* Writes one completion: of the send queue, or of the receive queue with the fields of a
 * receive. */
void standin_complete_send(struct standin_cq *cq, uint32_t sub_cq, uint16_t request_id,
                           uint32_t qp_num);
void standin_complete_recv(struct standin_cq *cq, uint32_t sub_cq, uint16_t request_id,
                           uint32_t qp_num);

#endif
