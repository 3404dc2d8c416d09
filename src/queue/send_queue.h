/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * A send queue: its ring in device memory, its doorbell, and its wr_* session. `lock` is held
 * during a post_send or a session.
 */
#ifndef EFA_QUEUE_SEND_QUEUE_H
#define EFA_QUEUE_SEND_QUEUE_H

#include "device/send_descriptor.h"
#include "os/barrier.h"
#include "os/spinlock.h"
#include "u128.h"
#include "request_table.h"

/* The position of the next descriptor; 16 bytes, to be stored at once. */
struct efa_send_position {
    unsigned char *line;   /* in the ring */
    uint32_t counter_base; /* with the address of `line` in descriptors: the producer counter */
    uint32_t rung;         /* the producer counter of the last doorbell */
};

/*
 * The current request of a session, in the pieces that its calls pass. The descriptor is composed
 * only when the request is complete. Each load takes the bytes of one store: a load of two recent
 * stores waits until both have left the processor, a dozen cycles or more.
 */
struct efa_session {
    /* Written together when a request begins, compared together when it goes to the ring. */
    union {
        struct {
            uint16_t kind;    /* of the current request: EFA_SESSION_*; 0: none */
            uint16_t missing; /* what it still needs: EFA_NEEDS_* */
        } of;
        uint32_t whole;
    } state;
    uint32_t qkey;
    uint64_t control;               /* request id, operation, flags, phase */
    uint64_t destination;           /* destination_qp, shifted to its field */
    uint64_t address_and_immediate; /* word 1 */
    uint64_t length;                /* shifted to its field; with the flag of inline data */
    uint64_t immediate;
    EFA_ALIGNED(16) unsigned char payload[2 * sizeof(efa_u128)];

    unsigned char *staged;    /* in the stage: where the next finished request goes */
    unsigned char *stage_end; /* a request begins only if `staged` is before it */
    int error;                /* the first; the session posts nothing then */
};

#define EFA_SESSION_SEND 0x1u
#define EFA_SESSION_RDMA 0x2u
#define EFA_SESSION_FAILED 0x4u /* no current request */
#define EFA_NEEDS_ADDRESS 0x1u
#define EFA_NEEDS_BUFFER 0x2u
/* Not a setter: the request must wait in the stage. */
#define EFA_NEEDS_STAGE 0x4u

/* The whole state as one word: a complete send, or the given values. Little-endian. */
#define EFA_SESSION_STATE(kind, missing) ((kind) | (uint32_t)(missing) << 16)

/* In implied_flags: no request is valid. */
#define EFA_SEND_QUEUE_CLOSED 0x80000000u

struct efa_send_queue {
    /*
     * One cache line of what every post writes: two threads that post in turn pass one line to each
     * other, not one for the lock and more for the rest.
     */
    EFA_ALIGNED(EFA_CACHE_LINE) struct efa_spinlock lock;
    struct efa_send_position position;
    struct efa_request_source source;

    /* What every post reads. */
    uint8_t exclusive; /* the client promised one thread */
    bool complained;   /* a rejected request was logged; later ones only at debug level */
    bool is_abandoned; /* a thread ended in the middle of posting: closed until RESET */
    bool sig_all;
    uint32_t max_sge;
    /*
     * The requests that post_send accepts, for one comparison: opcode in the low half, send_flags
     * in the high. Bits outside `must_match` may differ from `expected`. While the state forbids
     * posting, none match. Atomic: another thread may change the state.
     */
    uint64_t expected;
    uint64_t must_match;
    unsigned char *ring_end;
    uint32_t *doorbell;
    uint64_t control; /* word 0: flags, phase, and the generation's part of the request id */
    /*
     * wr_flags that all requests of a session have: SIGNALED with sq_sig_all, and INLINE, because
     * the setter decides. While the state forbids posting, a bit that no request may have. Atomic,
     * as above.
     */
    uint32_t implied_flags;
    uint32_t max_inline;

    unsigned char *ring;
    /* For batches: the descriptors between two doorbells. */
    uint32_t max_batch; /* descriptors, at most; not 0 */
    uint32_t wasted;    /* written since the last doorbell by a session that was taken back */
    /*
     * How many the straight lines may write without a check; less than max_batch, so that a session
     * that is taken back leaves room for one. Not used if the adapter has a limit.
     */
    uint32_t straight;
    bool is_limited;      /* the adapter has a batch limit, mostly below the ring's size */
    unsigned char *stage; /* host memory for descriptors; NULL without sessions */

    EFA_ALIGNED(EFA_CACHE_LINE) struct efa_session session;
};

/*
 * Sets the queue to its first descriptor, with the request ids of `table`: for a new queue, or
 * after the device has emptied the ring.
 */
void efa_send_queue_reset(struct efa_send_queue *sq, struct efa_request_table *table);

/* Opens or closes the queue for posting; a queue of depth 0 stays closed. */
void efa_send_queue_set_posting(struct efa_send_queue *sq, bool posting);
bool efa_send_queue_is_posting(const struct efa_send_queue *sq);

/*
 * Sets how many descriptors may be written between two doorbells: the adapter's limit (0: none),
 * but never the whole ring, unless it has one entry.
 */
void efa_send_queue_limit_batches(struct efa_send_queue *sq, uint32_t depth, uint32_t max_batch);

/*
 * Allocates room for the first requests of a session, of at most `depth`; returns false if there is
 * no memory. `grow` makes room for a session that takes the whole ring; called with the lock held.
 */
bool efa_send_queue_make_stage(struct efa_send_queue *sq, uint32_t depth);
bool efa_send_queue_grow_stage(struct efa_send_queue *sq);
void efa_send_queue_free_stage(struct efa_send_queue *sq);

/*
 * Out of line: wait for the lock. The first also orders posts behind the last doorbell. The second
 * does not wait for a session, and returns false. Both close a queue in which a thread ended with
 * the process: descriptors may be half-written, and positions may not agree.
 */
void efa_send_queue_lock_after_waiting(struct efa_send_queue *sq, enum efa_spinlock_holder holder);
bool efa_send_queue_lock_unless_session(struct efa_send_queue *sq);

/* Operations of ibv_qp_ex that the QP was created for, as a mask of 1 << ibv_wr_opcode. */
void efa_send_queue_set_ops(struct ibv_qp_ex *qp, uint32_t operations);

/* The operations of a session that EFA does not have: each fails the session with EOPNOTSUPP. */
void efa_send_queue_set_missing_ops(struct ibv_qp_ex *qp);

/* Keeps the first error of the open session, and logs it unless it is ENOMEM. */
void efa_session_fail(struct ibv_qp_ex *qp, int error, const char *what);

/* ibv_context.ops.post_send, for adapters without and with a batch limit. */
int efa_post_send(struct ibv_qp *qp, struct ibv_send_wr *wr, struct ibv_send_wr **bad_wr);
int efa_post_send_in_batches(struct ibv_qp *qp, struct ibv_send_wr *wr,
                             struct ibv_send_wr **bad_wr);

/* The producer counter: descriptors since the last reset, modulo 2^32. */
EFA_INLINE uint32_t efa_send_queue_posted(const struct efa_send_queue *sq)
{
    return sq->position.counter_base +
           (uint32_t)((uintptr_t)sq->position.line / EFA_SEND_DESCRIPTOR_SIZE);
}

/*
 * The straight lines of a queue without a limit do not count descriptors: they stop when no request
 * id is free. So they see no more ids than descriptors that they may write, and after a session
 * that was taken back they see none until the doorbell rings.
 */
EFA_INLINE void efa_send_queue_hide_ids(struct efa_send_queue *sq)
{
    uint32_t straight = sq->wasted ? 0 : sq->straight;

    if (!sq->is_limited && sq->source.returned_seen - sq->position.rung > straight)
        sq->source.returned_seen = sq->position.rung + straight;
}

/* For such a queue: whether a request may go straight to the ring, after a new check if needed. */
EFA_INLINE bool efa_send_queue_goes_straight(struct efa_send_queue *sq)
{
    if (EFA_UNLIKELY(!efa_request_seen_free(&sq->source)) && efa_request_available(&sq->source))
        efa_send_queue_hide_ids(sq);
    return efa_request_seen_free(&sq->source);
}

/* Takes the lock if it is free. Orders later stores behind the last doorbell. */
EFA_INLINE bool efa_send_queue_lock_at_once(struct efa_send_queue *sq,
                                            enum efa_spinlock_holder holder)
{
    if (!sq->exclusive) {
        if (EFA_UNLIKELY(!efa_spinlock_try(&sq->lock, holder)))
            return false;
        efa_order_after_doorbell(true);
        return true;
    }
    efa_spinlock_mark(&sq->lock, holder);
    efa_order_after_doorbell(false);
    return true;
}

EFA_INLINE void efa_send_queue_unlock(struct efa_send_queue *sq)
{
    efa_spinlock_release(&sq->lock);
}

#endif
