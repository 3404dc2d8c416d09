/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Creates and destroys the data path's part of a completion queue; attaches and detaches queues. */
#include "completion_queue.h"

#include <errno.h>

#include "consume.h"
#include "os/log.h"
#include "os/os.h"

void efa_completion_queue_init(struct efa_completion_queue *cq, const void *entries,
                               struct efa_sub_cq *sub_cqs, uint32_t num_sub_cqs, uint32_t depth,
                               bool exclusive)
{
    const unsigned char *ring = entries;
    size_t ring_size = (size_t)depth * EFA_COMPLETION_ENTRY_SIZE;

    efa_spinlock_init(&cq->lock, EFA_RANK_COMPLETION_QUEUE);
    cq->exclusive = exclusive;
    cq->sub_cqs = sub_cqs;
    for (uint32_t i = 0; i < num_sub_cqs; i++, ring += ring_size) {
        cq->sub_cqs[i].next = ring;
        cq->sub_cqs[i].end = ring + ring_size;
        cq->sub_cqs[i].phase = EFA_HEAD_PHASE;
        cq->sub_cqs[i].ring_size = (uint32_t)ring_size;
        cq->sub_cqs[i].after = &cq->sub_cqs[(i + 1) % num_sub_cqs];
    }
    efa_cq_select_sub_cq(cq, &cq->sub_cqs[0]);
    efa_queue_map_init(&cq->map);
}

/* A flag in `wrap`, beside the next phase. */
#define WRAPPING 1u

/*
 * Goes back to the ring's first entry and the other phase. `wrap` holds the next phase meanwhile,
 * so that the step can be repeated if a thread ends in the middle of it.
 */
static void wrap(struct efa_completion_queue *cq, struct efa_sub_cq *sub_cq)
{
    if (!cq->wrap)
        efa_store_release_u32(&cq->wrap, (sub_cq->phase ^ EFA_HEAD_PHASE) | WRAPPING);
    efa_store_release_u32(&sub_cq->phase, cq->wrap & EFA_HEAD_PHASE);
    efa_store_release_ptr((void **)(void *)&sub_cq->next,
                          (void *)(uintptr_t)(sub_cq->end - sub_cq->ring_size));
    efa_store_release_u32(&cq->wrap, 0);
    efa_compiler_barrier(); /* the next sub-CQ follows when this one is consistent */
}

void efa_cq_next_sub_cq(struct efa_completion_queue *cq)
{
    struct efa_sub_cq *sub_cq = cq->polled;

    if (sub_cq->next == sub_cq->end)
        wrap(cq, sub_cq);
    efa_cq_select_sub_cq(cq, sub_cq->after);
}

/*
 * Repairs what a poll changes step by step: the current sub-CQ and its budget, and the phase at the
 * end of a ring. A poll advances past an entry before it returns the request id.
 */
static void mend(struct efa_completion_queue *cq)
{
    struct efa_sub_cq *sub_cq = cq->polled;

    if (cq->wrap || sub_cq->next == sub_cq->end)
        wrap(cq, sub_cq);
    efa_cq_select_sub_cq(cq, sub_cq);
    cq->was_mended = true;
}

EFA_COLD bool efa_cq_lock_after_waiting(struct efa_completion_queue *cq,
                                        enum efa_spinlock_holder holder)
{
    switch (efa_spinlock_wait_for_calls(&cq->lock, holder)) {
    case EFA_LOCK_IN_SESSION:
        return false;
    case EFA_LOCK_TAKEN_OVER:
        mend(cq);
        return true;
    default:
        return true;
    }
}

EFA_COLD bool efa_cq_mark_though_held(struct efa_completion_queue *cq,
                                      enum efa_spinlock_holder holder)
{
    bool is_abandoned = efa_os_process_is_ending();

    if (efa_spinlock_holder_of(&cq->lock) == EFA_HELD_BY_SESSION && !is_abandoned)
        return false;
    efa_spinlock_mark(&cq->lock, holder);
    if (is_abandoned)
        mend(cq);
    return true;
}

static void free_retired(struct efa_completion_queue *cq)
{
    struct efa_retired *memory = efa_exchange_ptr(&cq->retired, NULL);

    while (memory) {
        struct efa_retired *next = memory->next;

        efa_os_free_aligned(memory);
        memory = next;
    }
}

void efa_completion_queue_fini(struct efa_completion_queue *cq)
{
    free_retired(cq);
    efa_queue_map_destroy(&cq->map);
    if (cq->dropped_unknown || cq->dropped_stale)
        efa_log(EFA_LOG_WARN,
                "completion queue %u dropped %llu completions of unknown queues and %llu of "
                "requests that were not outstanding: the adapter or the driver misbehaves",
                cq->verbs.cq.handle, (unsigned long long)cq->dropped_unknown,
                (unsigned long long)cq->dropped_stale);
}

/*
 * A holder may release the lock between the two checks of `retired`. Then the next holder, or
 * efa_completion_queue_fini(), frees the table: late, but it is not lost.
 */
int efa_cq_collect_retired(struct efa_completion_queue *cq, int result)
{
    if (efa_spinlock_try(&cq->lock, EFA_HELD_BY_CALL)) {
        free_retired(cq);
        efa_spinlock_release(&cq->lock);
    }
    return result;
}

static void push_retired(struct efa_completion_queue *cq, struct efa_retired *memory)
{
    void *head;

    do {
        head = efa_load_relaxed_ptr(&cq->retired);
        memory->next = head;
    } while (!efa_compare_exchange_ptr(&cq->retired, head, memory));
}

/* Frees what can no longer be found, now or when the poll in progress ends. */
static void retire(struct efa_completion_queue *cq, struct efa_retired *memory)
{
    push_retired(cq, memory);
    (void)efa_cq_collect_retired(cq, 0);
}

bool efa_completion_queue_reserve(struct efa_completion_queue *cq, enum efa_queue_type type,
                                  uint32_t qp_num)
{
    struct efa_retired *old = NULL;
    bool is_reserved = efa_queue_map_reserve(&cq->map, type, qp_num, &old);

    if (old) {
        push_retired(cq, old);
        /* A promised CQ is polled without a lock, also while a queue pair is created: only the
         * thread that polls knows when the old map is no longer in use. */
        if (!cq->exclusive)
            (void)efa_cq_collect_retired(cq, 0);
    }
    return is_reserved;
}

void efa_completion_queue_detach(struct efa_completion_queue *cq, enum efa_queue_type type,
                                 struct efa_request_table *table)
{
    efa_queue_map_detach(&cq->map, type, table);
    retire(cq, &table->retired);
}

void efa_completion_queue_replace(struct efa_completion_queue *cq, enum efa_queue_type type,
                                  struct efa_request_table *old, struct efa_request_table *fresh)
{
    efa_queue_map_attach(&cq->map, type, fresh);
    retire(cq, &old->retired);
}

/* Polls run in loops, so only the first is a warning. */
EFA_COLD enum efa_log_level efa_cq_level_of_rejection(struct efa_completion_queue *cq)
{
    bool complained = efa_load_relaxed_u32(&cq->complained) != 0;

    efa_store_relaxed_u32(&cq->complained, 1);
    return complained ? EFA_LOG_DEBUG : EFA_LOG_WARN;
}

EFA_COLD int efa_cq_reject_mask(struct efa_completion_queue *cq, uint32_t comp_mask)
{
    efa_log(efa_cq_level_of_rejection(cq), "ibv_start_poll: attr->comp_mask 0x%x; it must be 0",
            comp_mask);
    return EINVAL;
}

EFA_COLD void efa_cq_drop(struct efa_completion_queue *cq, const struct efa_completion_entry *entry,
                          const struct efa_request_table *table)
{
    bool is_earlier = ((entry->request_id ^ table->generation) & ~table->index_mask) != 0;

    if (table == &efa_retired_queue.table || (table != &efa_no_queue.table && is_earlier) ||
        cq->was_mended) {
        /*
         * Expected: requests that were outstanding when a QP was destroyed or reset still complete.
         * A thread may also have ended while it took this completion.
         */
        cq->dropped_retired++;
        return;
    }
    if (table == &efa_no_queue.table) {
        if (cq->dropped_unknown++ == 0)
            efa_log(EFA_LOG_WARN,
                    "completion queue %u: dropped a completion for QP %u (queue type %u), which "
                    "has no such queue here; further ones are only counted",
                    cq->verbs.cq.handle, entry->qp_num,
                    (entry->flags & EFA_COMPLETION_QUEUE_MASK) >> EFA_COMPLETION_QUEUE_SHIFT);
        return;
    }
    if (cq->dropped_stale++ == 0)
        efa_log(EFA_LOG_WARN,
                "completion queue %u: dropped a completion for QP %u with request id 0x%x, which "
                "is not outstanding there; further ones are only counted",
                cq->verbs.cq.handle, entry->qp_num, entry->request_id);
}
