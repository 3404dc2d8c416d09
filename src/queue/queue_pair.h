/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* A queue pair for the data path: the public object, its send queue and its receive queue. */
#ifndef EFA_QUEUE_QUEUE_PAIR_H
#define EFA_QUEUE_QUEUE_PAIR_H

#include "recv_queue.h"
#include "send_queue.h"

struct efa_queue_pair {
    union {
        struct ibv_qp qp;
        struct ibv_qp_ex ex;
    } verbs;
    struct efa_send_queue sq;
    struct efa_recv_queue rq;
    uint32_t handed_over; /* not 0: a client writes the rings itself, and both queues stay closed */
};

EFA_INLINE struct efa_queue_pair *efa_queue_pair_of(struct ibv_qp *qp)
{
    return EFA_CONTAINER_OF(qp, struct efa_queue_pair, verbs.qp);
}

EFA_INLINE struct efa_queue_pair *efa_queue_pair_of_ex(struct ibv_qp_ex *qp)
{
    return EFA_CONTAINER_OF(qp, struct efa_queue_pair, verbs.ex);
}

/* For slow paths that reject requests: handing the rings over closes the queues. */
EFA_INLINE bool efa_queue_pair_is_handed_over(const struct efa_queue_pair *pair)
{
    return efa_load_relaxed_u32(&pair->handed_over) != 0;
}

static_assert(sizeof(enum ibv_qp_state) == sizeof(uint32_t), "one word");

/* The state for log lines of the data path: another thread may be changing it. */
EFA_INLINE int efa_qp_state_seen(const struct ibv_qp *qp)
{
    return (int)efa_load_relaxed_u32((const uint32_t *)(const void *)&qp->state);
}

EFA_INLINE void efa_qp_state_set(struct ibv_qp *qp, enum ibv_qp_state state)
{
    efa_store_relaxed_u32((uint32_t *)(void *)&qp->state, (uint32_t)state);
}

#endif
