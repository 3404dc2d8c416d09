/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * ibv_post_recv: writes a list of requests to the receive ring, then rings the doorbell. Built like
 * post_send: a straight line for usual requests, and a tail call for the rest of the list at the
 * first unusual one.
 */
#include <errno.h>
#include <stddef.h>

#include "adapter_hooks.h"
#include "device/send_descriptor.h" /* EFA_LKEY_MASK */
#include "os/log.h"
#include "queue_pair.h"
#include "u128.h"

/* The upper words of a descriptor: request_id 15:0, length 31:16; lkey 23:0, framing 31:30. */
#define LENGTH_SHIFT 16
#define WHOLE (EFA_RECV_FIRST | EFA_RECV_LAST)

/* The straight lines only check for free ids: a closed queue has no free id. */
static void close_queue(struct efa_recv_queue *rq)
{
    rq->sge_limit = 0;
    rq->source.returned_seen = rq->source.taken;
}

void efa_recv_queue_reset(struct efa_recv_queue *rq, struct efa_request_table *table)
{
    rq->next = rq->ring;
    rq->counter_base = 0u - (uint32_t)((uintptr_t)rq->ring / EFA_RECV_DESCRIPTOR_SIZE);
    rq->is_abandoned = false;
    if (!table)
        return;
    rq->generation = table->generation;
    efa_request_source_init(&rq->source, table);
    close_queue(rq);
}

EFA_COLD void efa_recv_queue_lock_after_waiting(struct efa_recv_queue *rq)
{
    if (efa_spinlock_wait(&rq->lock, EFA_HELD_BY_CALL) != EFA_LOCK_TAKEN_OVER)
        return;
    rq->is_abandoned = true;
    close_queue(rq);
}

void efa_recv_queue_lock(struct efa_recv_queue *rq)
{
    if (!efa_spinlock_try(&rq->lock, EFA_HELD_BY_CALL))
        efa_recv_queue_lock_after_waiting(rq);
}

void efa_recv_queue_set_posting(struct efa_recv_queue *rq, bool posting)
{
    efa_recv_queue_lock(rq);
    if (posting && rq->source.table && !rq->is_abandoned)
        rq->sge_limit = rq->max_sge;
    else
        close_queue(rq);
    efa_spinlock_release(&rq->lock);
}

EFA_INLINE void ring_doorbell(struct efa_recv_queue *rq)
{
    efa_ring_doorbell(rq->doorbell, efa_recv_queue_posted(rq) & 0xffff);
    efa_recv_queue_rung(rq);
}

EFA_COLD static int reject(struct efa_queue_pair *pair, const struct ibv_recv_wr *wr)
{
    struct efa_recv_queue *rq = &pair->rq;
    const struct ibv_qp *qp = &pair->verbs.qp;
    enum efa_log_level level = rq->complained ? EFA_LOG_DEBUG : EFA_LOG_WARN;
    uint32_t limit = rq->sge_limit;

    if ((uint32_t)wr->num_sge - 1 < limit)
        return ENOMEM; /* the normal back-pressure */
    rq->complained = true;
    if (!rq->source.table)
        efa_log(level, "ibv_post_recv: QP %u was created without a receive queue (max_recv_wr 0)",
                qp->qp_num);
    else if (efa_queue_pair_is_handed_over(pair))
        efa_log(level,
                "ibv_post_recv: the rings of QP %u were handed over by efadv_query_qp_wqs: write "
                "them, or use another QP",
                qp->qp_num);
    else if (rq->is_abandoned)
        efa_log(level,
                "ibv_post_recv: QP %u: a thread ended with the process while it posted here; only "
                "ibv_modify_qp to RESET makes the queue usable again",
                qp->qp_num);
    else if (limit == 0)
        efa_log(level,
                "ibv_post_recv: QP %u is in state %d; receives may be posted from INIT (1) on and "
                "not in ERR (6)",
                qp->qp_num, efa_qp_state_seen(qp));
    else
        efa_log(level, "ibv_post_recv: QP %u: num_sge %d; the QP takes 1 to %u", qp->qp_num,
                wr->num_sge, limit);
    return EINVAL;
}

EFA_COLD static int end_at(struct efa_queue_pair *pair, struct ibv_recv_wr *wr,
                           struct ibv_recv_wr **bad_wr)
{
    struct efa_recv_queue *rq = &pair->rq;
    int error = reject(pair, wr);

    /*
     * If nothing was posted, the doorbell keeps its value and the device sees no change. Only the
     * owner of rings that were handed over knows their value; for abandoned rings nobody does.
     */
    if (rq->source.table && !efa_queue_pair_is_handed_over(pair) && !rq->is_abandoned)
        ring_doorbell(rq);
    efa_spinlock_release(&rq->lock);
    if (bad_wr)
        *bad_wr = wr;
    return error;
}

/* Stores a descriptor of a length that fits. */
EFA_INLINE void store(unsigned char *line, const struct ibv_sge *sge, uint32_t id, uint32_t framing)
{
    /* Relaxed, so that the compiler does not combine stores that are cheaper apart. */
    efa_store_relaxed_u64((uint64_t *)(void *)line, sge->addr);
    efa_store_relaxed_u32((uint32_t *)(void *)(line + 8), sge->length << LENGTH_SHIFT | id);
    efa_store_relaxed_u32((uint32_t *)(void *)(line + 12), (sge->lkey & EFA_LKEY_MASK) | framing);
}

/* Changes the position and the counter's base; stores the generation as it is. */
EFA_INLINE void move(struct efa_recv_queue *rq, const unsigned char *line, uint32_t counter_base)
{
    static_assert(offsetof(struct efa_recv_queue, generation) ==
                      offsetof(struct efa_recv_queue, next) + 12,
                  "16 bytes are stored");
    efa_store_position(&rq->next, line, counter_base, rq->generation);
}

/* Advances past the descriptor at `line`, or to the start of the ring if it was the last. */
EFA_INLINE void advance(struct efa_recv_queue *rq, unsigned char *line)
{
    line += EFA_RECV_DESCRIPTOR_SIZE;
    if (EFA_UNLIKELY(line == rq->ring_end)) {
        size_t depth = (size_t)(line - rq->ring) / EFA_RECV_DESCRIPTOR_SIZE;

        move(rq, rq->ring, rq->counter_base + (uint32_t)depth);
        return;
    }
    rq->next = line;
}

/*
 * Any length: a length that exceeds the field exceeds any message too, so the largest value is
 * written.
 */
static void put_any(struct efa_recv_queue *rq, const struct ibv_sge *sge, uint32_t id,
                    uint32_t framing)
{
    struct ibv_sge fitting = *sge;

    if (fitting.length > EFA_RECV_MAX_BUFFER)
        fitting.length = EFA_RECV_MAX_BUFFER;
    store(rq->next, &fitting, id, framing);
    advance(rq, rq->next);
}

/* A request with any number and size of buffers; its id is in its first descriptor only. */
static void put_request(struct efa_recv_queue *rq, const struct ibv_recv_wr *wr)
{
    uint32_t id = efa_request_take(&rq->source, wr->wr_id) | rq->generation;
    int last = wr->num_sge - 1;

    for (int i = 0; i <= last; i++)
        put_any(rq, &wr->sg_list[i], i == 0 ? id : 0,
                (i == 0 ? EFA_RECV_FIRST : 0) | (i == last ? EFA_RECV_LAST : 0));
}

/* Posts any list. Called with the lock held; releases it. `wr` is not NULL. */
EFA_NOINLINE static int post_rest(struct efa_queue_pair *pair, struct ibv_recv_wr *wr,
                                  struct ibv_recv_wr **bad_wr)
{
    struct efa_recv_queue *rq = &pair->rq;

    do {
        /* 0 buffers wrap to the largest number; a closed queue has a limit of 0. */
        if ((uint32_t)wr->num_sge - 1 >= rq->sge_limit || !efa_request_available(&rq->source))
            return end_at(pair, wr, bad_wr);
        put_request(rq, wr);
        wr = wr->next;
    } while (wr);
    ring_doorbell(rq);
    efa_spinlock_release(&rq->lock);
    return 0;
}

EFA_NOINLINE static int post_after_waiting(struct efa_queue_pair *pair, struct ibv_recv_wr *wr,
                                           struct ibv_recv_wr **bad_wr)
{
    efa_recv_queue_lock_after_waiting(&pair->rq);
    return post_rest(pair, wr, bad_wr);
}

/* Whether a request id is free. A closed queue shows none, and its table must not be read. */
EFA_INLINE bool may_take(const struct efa_recv_queue *rq, struct efa_request_source *source)
{
    return EFA_LIKELY(efa_request_seen_free(source)) ||
           (rq->sge_limit != 0 && efa_request_available(source));
}

/* One buffer that fits: not so for several or huge buffers and for invalid requests. */
EFA_INLINE bool is_usual(const struct ibv_recv_wr *wr, const struct ibv_sge *list)
{
    return wr->num_sge == 1 && list->length <= EFA_RECV_MAX_BUFFER;
}

/*
 * Posts the rest of a list, with the queue's positions in registers. Called with the lock held;
 * releases it. `wr` is not NULL.
 */
EFA_NOINLINE static int post_list(struct efa_queue_pair *pair, struct ibv_recv_wr *wr,
                                  struct ibv_recv_wr **bad_wr)
{
    struct efa_recv_queue *rq = &pair->rq;
    struct efa_request_source source = rq->source;
    unsigned char *line = rq->next;
    const uint32_t generation = rq->generation;
    uint32_t posted;

    do {
        const struct ibv_sge *list = wr->sg_list;
        uint32_t index;

        if (EFA_UNLIKELY(!is_usual(wr, list) || !may_take(rq, &source)))
            break;
        index = efa_request_take(&source, wr->wr_id);
        store(line, list, index | generation, WHOLE);
        line += EFA_RECV_DESCRIPTOR_SIZE;
        if (EFA_UNLIKELY(line == rq->ring_end))
            line = rq->ring;
        wr = wr->next;
    } while (wr);
    /* One descriptor for each request. A thread that ends before the last store posted nothing. */
    posted = efa_recv_queue_posted(rq) + source.taken - rq->source.taken;
    rq->source.taken = source.taken;
    rq->source.returned_seen = source.returned_seen;
    move(rq, line, posted - (uint32_t)((uintptr_t)line / EFA_RECV_DESCRIPTOR_SIZE));
    if (EFA_UNLIKELY(wr != NULL))
        return post_rest(pair, wr, bad_wr);
    ring_doorbell(rq);
    efa_spinlock_release(&rq->lock);
    return 0;
}

int efa_post_recv(struct ibv_qp *qp, struct ibv_recv_wr *wr, struct ibv_recv_wr **bad_wr)
{
    struct efa_queue_pair *pair = efa_queue_pair_of(qp);
    struct efa_recv_queue *rq = &pair->rq;
    const struct ibv_sge *list;
    unsigned char *line;
    uint32_t index;

    if (EFA_UNLIKELY(!wr))
        return 0;
    if (rq->exclusive)
        efa_spinlock_mark(&rq->lock, EFA_HELD_BY_CALL);
    else if (EFA_UNLIKELY(!efa_spinlock_try(&rq->lock, EFA_HELD_BY_CALL)))
        return post_after_waiting(pair, wr, bad_wr);
    list = wr->sg_list;
    if (EFA_UNLIKELY(!is_usual(wr, list) || !may_take(rq, &rq->source)))
        return post_rest(pair, wr, bad_wr);
    index = efa_request_take(&rq->source, wr->wr_id);
    line = rq->next;
    store(line, list, index | rq->generation, WHOLE);
    advance(rq, line);
    wr = wr->next;
    if (wr)
        return post_list(pair, wr, bad_wr);
    ring_doorbell(rq);
    efa_spinlock_release(&rq->lock);
    return 0;
}
