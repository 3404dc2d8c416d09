/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * One side's verbs objects: queue pairs that share two completion queues, memory in slots, the
 * peer. Posting and polling are in post.c and poll.c.
 */
#ifndef EFA_PERF_SIDE_H
#define EFA_PERF_SIDE_H

#include <infiniband/efadv.h>
#include <infiniband/verbs.h>

#include "plan.h"

/* Where a UD message starts in its receive buffer: after the space for a global routing header. */
#define PERF_UD_HEADER 40

/* The information that the peer needs. */
struct perf_address {
    union ibv_gid gid;
    uint32_t qkey;
    uint32_t rkey; /* of the memory that reads come from */
    uint64_t read_address;
    uint32_t qp_num[PERF_MAX_QPS];
};

struct perf_side {
    const struct perf_plan *plan;
    struct ibv_context *context;
    struct ibv_pd *pd;
    struct ibv_td *td;
    struct ibv_pd *domain; /* of the queue pairs: pd, or a parent domain with td */
    struct ibv_cq *send_cq;
    struct ibv_cq *recv_cq;
    struct ibv_cq_ex *send_cq_ex; /* the same, unless polling is classic */
    struct ibv_cq_ex *recv_cq_ex;
    struct ibv_qp *qps[PERF_MAX_QPS];
    struct ibv_qp_ex *qps_ex[PERF_MAX_QPS]; /* NULL where posting is classic */
    struct ibv_mr *mr;
    struct ibv_ah *ah;
    uint8_t *memory;
    size_t memory_size;
    size_t slot_size;
    uint32_t send_slots;  /* if less than depth * qps, requests share slots */
    uint8_t *send_memory; /* of sends, or targets of reads */
    uint8_t *recv_memory; /* of receives, or sources of reads */
    uint32_t largest;     /* bytes of a message */
    struct perf_address local;
    struct perf_address remote;
};

/* Finds the largest message of the device in this test. False after printing the reason: the
 * query failed, or the plan exceeds the device's limits. If the plan has the default inline
 * limit, it is lowered to the device's. */
bool perf_check_limits(struct ibv_context *context, struct perf_plan *plan, uint32_t *largest);

/* Creates everything up to queue pairs that can receive and send, with all receives posted.
 * False after printing the reason; perf_side_destroy frees what was created. */
bool perf_side_create(struct perf_side *side, struct ibv_context *context,
                      const struct perf_plan *plan, uint32_t largest);
bool perf_side_connect(struct perf_side *side, const struct perf_address *remote);
bool perf_side_destroy(struct perf_side *side);

uint8_t *perf_send_slot(const struct perf_side *side, uint32_t slot);
uint8_t *perf_recv_slot(const struct perf_side *side, uint32_t slot);

/* ---- post.c ---- */

/* Posts sends, or reads: one for each slot, numbered from `number` on. */
bool perf_post(struct perf_side *side, uint32_t qp, const uint32_t *slots, uint32_t count,
               uint32_t size, uint32_t number);
/* Posts the receive of each slot again; all of one queue pair. */
bool perf_post_receives(struct perf_side *side, uint32_t qp, const uint32_t *slots, uint32_t count);

/* ---- poll.c ---- */

enum { PERF_POLL_LIMIT = 32 };

struct perf_completion {
    uint32_t slot;
    uint32_t byte_length; /* of a receive, without the UD header */
    uint32_t number;      /* of a receive: its immediate data */
};

/* Returns the number of completions, at most PERF_POLL_LIMIT, or -1 after printing the reason. */
int perf_poll_sends(struct perf_side *side, struct perf_completion *completions);
int perf_poll_receives(struct perf_side *side, struct perf_completion *completions);

#endif
