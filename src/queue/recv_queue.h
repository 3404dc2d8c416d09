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
    /* Every post uses this cache line, and reads a few members after it. */
    EFA_ALIGNED(EFA_CACHE_LINE) struct efa_spinlock lock;
    uint32_t sge_limit; /* max_sge if receives may be posted, else 0 */
    /* Stored together where both change; see efa_store_position. */
    unsigned char *next;   /* descriptor */
    uint32_t counter_base; /* with the address of `next` in descriptors: the counter */
    uint32_t generation;   /* the table's */
    unsigned char *ring_end;
    struct efa_request_source source;

    uint8_t exclusive; /* the client promised one thread */
    bool complained;
    bool is_abandoned; /* a thread ended in the middle of posting: closed until RESET */
    uint32_t max_sge;
    unsigned char *ring;
    uint32_t *doorbell;
};

/*
 * Like the functions of the same names for send queues. Receives may be posted from INIT on, but
 * not in ERR. After a reset the queue is closed; set_posting takes the lock.
 */
void efa_recv_queue_reset(struct efa_recv_queue *rq, struct efa_request_table *table);
void efa_recv_queue_set_posting(struct efa_recv_queue *rq, bool posting);

/* Like those of the send queue; there are no sessions. */
void efa_recv_queue_lock(struct efa_recv_queue *rq);
void efa_recv_queue_lock_after_waiting(struct efa_recv_queue *rq);

/* The producer counter: descriptors since the last reset, modulo 2^32. */
EFA_INLINE uint32_t efa_recv_queue_posted(const struct efa_recv_queue *rq)
{
    return rq->counter_base + (uint32_t)((uintptr_t)rq->next / EFA_RECV_DESCRIPTOR_SIZE);
}

/* ibv_context.ops.post_recv */
int efa_post_recv(struct ibv_qp *qp, struct ibv_recv_wr *wr, struct ibv_recv_wr **bad_wr);

#endif
