/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* A receive queue: its ring in host memory and its doorbell, which counts descriptors. */
#ifndef EFA_QUEUE_RECV_QUEUE_H
#define EFA_QUEUE_RECV_QUEUE_H

#include "device/recv_descriptor.h"
#include "infiniband/verbs.h"
#include "os/barrier.h"
#include "os/spinlock.h"
#include "request_table.h"

struct efa_recv_queue {
    EFA_ALIGNED(EFA_CACHE_LINE) struct efa_spinlock lock;
    bool exclusive;
    uint32_t posting; /* non-zero where receives may be posted: INIT to SQE */
    uint32_t max_sge;
    uint32_t descriptors; /* in the ring; a power of two */
    unsigned char *ring;
    uint32_t *doorbell;
    struct efa_request_table *table;

    uint32_t producer; /* of descriptors */
    struct efa_request_cursor cursor;
    bool complained;
};

/* ibv_context.ops.post_recv */
int efa_post_recv(struct ibv_qp *qp, struct ibv_recv_wr *wr, struct ibv_recv_wr **bad_wr);

EFA_INLINE void efa_recv_queue_lock(struct efa_recv_queue *rq)
{
    if (rq->exclusive)
        efa_spinlock_mark(&rq->lock);
    else
        efa_spinlock_acquire(&rq->lock);
}

EFA_INLINE void efa_recv_queue_unlock(struct efa_recv_queue *rq)
{
    efa_spinlock_release(&rq->lock);
}

#endif
