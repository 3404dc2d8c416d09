/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Takes the next completion from the rings, for poll_cq and the poll sessions. */
#ifndef EFA_QUEUE_CONSUME_H
#define EFA_QUEUE_CONSUME_H

#include "adapter_hooks.h"
#include "completion_queue.h"
#include "os/log.h"

/*
 * How many completions of one sub-CQ are taken before the next is polled: few enough that none
 * starves, and enough that quiet ones are rarely checked.
 */
#define EFA_SUB_CQ_BUDGET 64

/*
 * Cold: counts a completion that matches no outstanding request, and logs the first. `table` is
 * what the map has for it.
 */
void efa_cq_drop(struct efa_completion_queue *cq, const struct efa_completion_entry *entry,
                 const struct efa_request_table *table);

/*
 * Out of line: waits for the lock; returns false if a session holds it. Repairs what a thread left
 * that ended with the process.
 */
bool efa_cq_lock_after_waiting(struct efa_completion_queue *cq, enum efa_spinlock_holder holder);

/* The same for a CQ with a promise of one thread, if it is marked as held when a poll begins. */
bool efa_cq_mark_though_held(struct efa_completion_queue *cq, enum efa_spinlock_holder holder);

/* Cold: the log level for a rejected poll. */
enum efa_log_level efa_cq_level_of_rejection(struct efa_completion_queue *cq);

/*
 * Cold: logs that ibv_start_poll rejects its attributes; returns EINVAL. A tail call of start_poll.
 */
int efa_cq_reject_mask(struct efa_completion_queue *cq, uint32_t comp_mask);

/*
 * Cold: frees retired tables if nobody holds the lock. Returns `result`, so that it can be a tail
 * call.
 */
int efa_cq_collect_retired(struct efa_completion_queue *cq, int result);

EFA_INLINE void efa_cq_unlock(struct efa_completion_queue *cq)
{
    efa_spinlock_release(&cq->lock);
    if (EFA_UNLIKELY(efa_is_set_relaxed_ptr(&cq->retired)))
        (void)efa_cq_collect_retired(cq, 0);
}

/* A new entry, and the words that were read to find it. */
struct efa_found {
    struct efa_sub_cq *sub_cq;
    const struct efa_completion_entry *entry; /* in the ring */
    uint64_t head;                            /* its first eight bytes */
};

/*
 * The first eight bytes of an entry. An aligned load is indivisible: if the phase is new, the other
 * bytes are too. For the thread sanitizer only the phase may race with a simulated device.
 */
EFA_RACING_READ uint64_t efa_entry_head(const unsigned char *entry)
{
#if EFA_THREAD_SANITIZER
    uint32_t low = efa_load_acquire_u32((const uint32_t *)(const void *)entry);

    return low | (uint64_t)((const uint32_t *)(const void *)entry)[1] << 32;
#else
    return efa_load_acquire_u64((const uint64_t *)(const void *)entry);
#endif
}

/* Whether the sub-CQ's next entry is new. */
EFA_INLINE bool efa_sub_cq_look(struct efa_sub_cq *sub_cq, struct efa_found *found)
{
    const unsigned char *next = sub_cq->next;
    uint64_t head = efa_entry_head(next);

    found->sub_cq = sub_cq;
    found->entry = (const void *)next;
    found->head = head;
    return ((head ^ sub_cq->phase) & EFA_HEAD_PHASE) == 0;
}

/*
 * Makes a sub-CQ the current one, with a budget of EFA_SUB_CQ_BUDGET completions or up to the end
 * of its ring.
 */
EFA_INLINE void efa_cq_select_sub_cq(struct efa_completion_queue *cq, struct efa_sub_cq *sub_cq)
{
    size_t left = (size_t)(sub_cq->end - sub_cq->next) / EFA_COMPLETION_ENTRY_SIZE;

    cq->polled = sub_cq;
    cq->budget = left < EFA_SUB_CQ_BUDGET ? (uint32_t)left : EFA_SUB_CQ_BUDGET;
    /* Or GCC keeps the budget in a register for the decrement that follows, on all paths. */
    efa_compiler_barrier();
}

/*
 * Finds the next new entry, starting with the current sub-CQ, without consuming it. Returns false
 * if all sub-CQs are empty.
 */
EFA_INLINE bool efa_cq_find(struct efa_completion_queue *cq, struct efa_found *found)
{
    struct efa_sub_cq *sub_cq = cq->polled;

    if (EFA_LIKELY(efa_sub_cq_look(sub_cq, found)))
        return true;
    for (sub_cq = sub_cq->after; sub_cq != cq->polled; sub_cq = sub_cq->after) {
        if (efa_sub_cq_look(sub_cq, found)) {
            efa_cq_select_sub_cq(cq, sub_cq);
            return true;
        }
    }
    return false;
}

/* Out of line: the budget of the sub-CQ is used up, or its ring wrapped. */
void efa_cq_next_sub_cq(struct efa_completion_queue *cq);

/*
 * Consumes an entry that was found. It stays readable, because the device overwrites it much later.
 */
EFA_INLINE void efa_cq_pass(const struct efa_found *found)
{
    found->sub_cq->next = (const unsigned char *)found->entry + EFA_COMPLETION_ENTRY_SIZE;
}

/*
 * The same for slow paths, the end of the budget included. The straight line decrements the budget
 * before it knows that it can go on. If it left 0, this entry is the last of the budget.
 */
EFA_INLINE void efa_cq_pass_slowly(struct efa_completion_queue *cq, const struct efa_found *found)
{
    efa_cq_pass(found);
    if (cq->budget <= 1)
        efa_cq_next_sub_cq(cq);
    else
        cq->budget--;
}

/* Where an entry's request is, or was. */
struct efa_completed {
    struct efa_request_table *table;
    size_t slot;
};

/*
 * Finds the outstanding request that a usual entry completes. Returns false for all other entries,
 * and for queues that the map does not find at once.
 */
EFA_INLINE bool efa_cq_match_usual(const struct efa_completion_queue *cq,
                                   const struct efa_found *found, struct efa_completed *completed)
{
    struct efa_request_table *table = efa_queue_map_look(&cq->map, found->entry);

    completed->table = table;
    completed->slot = efa_request_slot(table, found->head);
    return ((found->head ^ table->expected) & table->must_match) == 0 &&
           efa_request_is_outstanding(table, completed->slot);
}

/* Finds the outstanding request that an entry completes. Returns false if no request is
 * outstanding for it. */
EFA_INLINE bool efa_cq_match(const struct efa_completion_queue *cq, const struct efa_found *found,
                             struct efa_completed *completed)
{
    struct efa_request_table *table = efa_queue_map_find(&cq->map, found->head);

    completed->table = table;
    completed->slot = efa_request_slot(table, found->head);
    return ((found->head ^ table->expected) & table->must_match & ~EFA_HEAD_UNUSUAL) == 0 &&
           efa_request_is_outstanding(table, completed->slot);
}

EFA_INLINE uint64_t efa_completed_wr_id(const struct efa_completed *completed)
{
    return completed->table->wr_ids[completed->slot];
}

EFA_INLINE void efa_completed_return(const struct efa_completed *completed)
{
    efa_request_return(completed->table, completed->slot);
}

/* The content of a completion in verbs terms. */

/* Indexed by an entry's flags; completions without a queue were dropped before. */
extern const uint8_t efa_opcode_of_flags[256];
extern const uint8_t efa_wc_flags_of_flags[256];

EFA_INLINE enum ibv_wc_opcode efa_completion_opcode(uint8_t flags)
{
    return (enum ibv_wc_opcode)efa_opcode_of_flags[flags];
}

static_assert(EFA_COMPLETION_HAS_IMM >> 2 == IBV_WC_WITH_IMM, "one shift apart");

/* For receives: IBV_WC_WITH_IMM or 0. */
EFA_INLINE uint32_t efa_completion_wc_flags(uint32_t flags)
{
    return (flags & EFA_COMPLETION_HAS_IMM) >> 2;
}

/* Cold: the verbs status of a device status other than 0. */
enum ibv_wc_status efa_failed_status(uint32_t status);

#endif
