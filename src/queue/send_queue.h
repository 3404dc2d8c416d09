/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * A send queue: its ring in device memory, its doorbell, and the wr_* session that may be open on
 * it. `lock` is held for the length of a post_send or of a session.
 */
#ifndef EFA_QUEUE_SEND_QUEUE_H
#define EFA_QUEUE_SEND_QUEUE_H

#include "device/send_descriptor.h"
#include "infiniband/verbs.h"
#include "os/barrier.h"
#include "os/spinlock.h"
#include "request_table.h"

#define EFA_SEND_DESCRIPTOR_WORDS (EFA_SEND_DESCRIPTOR_SIZE / sizeof(uint64_t))

struct efa_send_queue {
    /* What every post reads. */
    EFA_ALIGNED(EFA_CACHE_LINE) struct efa_spinlock lock;
    bool exclusive;         /* the client promised one thread */
    uint32_t posting;       /* bit per ibv_wr_opcode post_send takes now; 0 unless RTS or SQD */
    uint32_t session_ops;   /* bit per ibv_wr_opcode a session takes now; as above */
    uint32_t implied_flags; /* IBV_SEND_SIGNALED with sq_sig_all */
    uint32_t max_sge;
    uint32_t max_inline;
    uint32_t depth; /* descriptors; a power of two */
    unsigned char *ring;
    uint32_t *doorbell;
    struct efa_request_table *table;

    /* What every post writes. */
    uint32_t producer; /* of descriptors, since the queue was last empty and reset */
    struct efa_request_cursor cursor;
    bool complained; /* a refused request was logged; others only at debug level */

    /* The open session, if any. */
    uint8_t session_open; /* atomic: others ask whether the lock's holder will be long */
    bool pending;         /* `descriptor` holds a request that is not in the ring yet */
    uint32_t missing;     /* what that request still needs: EFA_NEEDS_* */
    int session_error;    /* the first error; the session posts nothing then */
    uint32_t session_producer;
    uint32_t session_taken;
    EFA_ALIGNED(EFA_CACHE_LINE) uint64_t descriptor[EFA_SEND_DESCRIPTOR_WORDS];
};

#define EFA_NEEDS_ADDRESS 0x1u
#define EFA_NEEDS_BUFFER 0x2u

/* Operations of ibv_qp_ex that the QP was created for, as a mask of 1 << ibv_wr_opcode. */
void efa_send_queue_set_ops(struct ibv_qp_ex *qp, uint32_t operations);

/* The operations of a session that EFA does not have: each fails the session with EOPNOTSUPP. */
void efa_send_queue_set_missing_ops(struct ibv_qp_ex *qp);

/* Keeps the first error of the open session, and logs it unless it is ENOMEM. */
void efa_session_fail(struct ibv_qp_ex *qp, int error, const char *what);

/* ibv_context.ops.post_send */
int efa_post_send(struct ibv_qp *qp, struct ibv_send_wr *wr, struct ibv_send_wr **bad_wr);

EFA_INLINE void efa_send_queue_lock(struct efa_send_queue *sq)
{
    if (sq->exclusive)
        efa_spinlock_mark(&sq->lock);
    else
        efa_spinlock_acquire(&sq->lock);
}

EFA_INLINE void efa_send_queue_unlock(struct efa_send_queue *sq)
{
    efa_spinlock_release(&sq->lock);
}

#endif
