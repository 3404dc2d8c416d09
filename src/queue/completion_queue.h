/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The data path's part of a completion queue: the rings of the sub-CQs, the map to the queues that
 * complete here, and the current completion. src/verbs creates it and talks to the driver.
 *
 * A poll, or an open poll session, holds `lock`. Destroying a QP does not wait for it: the QP's
 * request table is removed from the map, and if the CQ is busy, it is left on `retired` for the
 * thread that releases the lock next. So is the memory of a map that has grown. All sub-CQs are
 * always polled, used or not, so that completions of a destroyed QP are drained.
 */
#ifndef EFA_QUEUE_COMPLETION_QUEUE_H
#define EFA_QUEUE_COMPLETION_QUEUE_H

#include "infiniband/verbs.h"
#include "os/spinlock.h"
#include "queue_map.h"

/* More than any adapter has; the limit for replies of the driver. */
#define EFA_MAX_SUB_CQS 16

struct efa_sub_cq {
    const unsigned char *next; /* the next entry to check */
    const unsigned char *end;  /* of the ring */
    uint32_t phase;            /* of a new entry, at its position in the entry's head */
    uint32_t ring_size;        /* bytes */
    struct efa_sub_cq *after;  /* the one polled after this one */
};

struct efa_completion_queue {
    union {
        struct ibv_cq cq;
        struct ibv_cq_ex ex;
    } verbs;

    EFA_ALIGNED(EFA_CACHE_LINE) struct efa_spinlock lock;
    uint8_t exclusive;         /* the client promised one thread */
    struct efa_sub_cq *polled; /* the sub-CQ being polled */
    uint32_t budget;           /* completions before the next sub-CQ is polled */
    void *retired;             /* struct efa_retired: to be freed by the lock's holder */
    EFA_ALIGNED(16) struct efa_completion_entry current; /* the current one of a session */
    struct efa_sub_cq *sub_cqs; /* allocated together with this structure */

    uint32_t complained; /* a rejected poll was logged; later ones only at debug level; atomic */

    uint32_t wrap;   /* not 0 while a poll wraps from the end of a ring to its start */
    bool was_mended; /* a thread ended with the process in the middle of a poll */

    uint64_t dropped_unknown; /* named a queue that was never attached here */
    uint64_t dropped_retired; /* of a queue that was destroyed or reset */
    uint64_t dropped_stale;   /* request id not outstanding */

    struct efa_queue_map map;
};

EFA_INLINE struct efa_completion_queue *efa_completion_queue_of(struct ibv_cq *cq)
{
    return EFA_CONTAINER_OF(cq, struct efa_completion_queue, verbs.cq);
}

EFA_INLINE struct efa_completion_queue *efa_completion_queue_of_ex(struct ibv_cq_ex *cq)
{
    return EFA_CONTAINER_OF(cq, struct efa_completion_queue, verbs.ex);
}

/*
 * `entries`: the ring of the first sub-CQ; the others follow it. `sub_cqs`: zeroed memory for them,
 * for the life of the queue. Sets everything except `verbs`.
 */
void efa_completion_queue_init(struct efa_completion_queue *cq, const void *entries,
                               struct efa_sub_cq *sub_cqs, uint32_t num_sub_cqs, uint32_t depth,
                               bool exclusive);
/* Frees what the queue owns, retired tables included. No poll may be in progress. */
void efa_completion_queue_fini(struct efa_completion_queue *cq);

/* Sets the operations of the extended interface; `read_*` as `wc_flags` asks. */
void efa_completion_queue_set_ops(struct efa_completion_queue *cq, uint64_t wc_flags);

/*
 * Makes room in the map for a queue, so that attaching it cannot fail; returns false if there is no
 * memory. Callers of the map's functions exclude one another.
 */
bool efa_completion_queue_reserve(struct efa_completion_queue *cq, enum efa_queue_type type,
                                  uint32_t qp_num);

/* Removes the queue's table from the map and frees it, now or when the poll in progress ends. */
void efa_completion_queue_detach(struct efa_completion_queue *cq, enum efa_queue_type type,
                                 struct efa_request_table *table);

/* Replaces `old` by `fresh`, and retires `old`. */
void efa_completion_queue_replace(struct efa_completion_queue *cq, enum efa_queue_type type,
                                  struct efa_request_table *old, struct efa_request_table *fresh);

/* Whether a poll or session is in progress. */
EFA_INLINE bool efa_completion_queue_is_busy(const struct efa_completion_queue *cq)
{
    return efa_spinlock_holder_of(&cq->lock) != EFA_UNHELD;
}

/* ibv_context.ops.poll_cq */
int efa_poll_cq(struct ibv_cq *cq, int num_entries, struct ibv_wc *wc);

#endif
