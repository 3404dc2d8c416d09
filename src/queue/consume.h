/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Taking the next completion off the rings: what poll_cq and the start_poll family share.
 */
#ifndef EFA_QUEUE_CONSUME_H
#define EFA_QUEUE_CONSUME_H

#include "completion_queue.h"
#include "os/log.h"

/* An entry's first four bytes, read at once: request_id 15:0, status 23:16, flags 31:24. */
#define EFA_HEAD_STATUS_MASK 0x00ff0000u
#define EFA_HEAD_FLAGS_SHIFT 24
#define EFA_HEAD_PHASE ((uint32_t)EFA_COMPLETION_PHASE << EFA_HEAD_FLAGS_SHIFT)
#define EFA_HEAD_OP_MASK ((uint32_t)EFA_COMPLETION_OP_MASK << EFA_HEAD_FLAGS_SHIFT)
#define EFA_HEAD_RECV ((uint32_t)EFA_COMPLETION_QUEUE_RECV << EFA_HEAD_FLAGS_SHIFT)

/*
 * How many completions one sub-CQ gives before the next has its turn: so few that none starves, so
 * many that a quiet one costs a look only now and then.
 */
#define EFA_SUB_CQ_BUDGET 64

/* Cold: counts a completion that matches no outstanding request, and logs the first. */
void efa_cq_drop(struct efa_completion_queue *cq, const struct efa_completion_entry *entry);

/*
 * Out of line: waits for the lock; false where a session holds it. Mends what a thread that ended
 * with the process left half-done.
 */
bool efa_cq_lock_after_waiting(struct efa_completion_queue *cq, enum efa_spinlock_holder holder);

/* The same for a CQ that was promised to one thread and is marked as held as a poll begins. */
bool efa_cq_mark_though_held(struct efa_completion_queue *cq, enum efa_spinlock_holder holder);

/* Cold: at which level a refused poll is logged. */
enum efa_log_level efa_cq_level_of_refusal(struct efa_completion_queue *cq);

/* Cold: ibv_start_poll's refusal, logged; EINVAL. Elsewhere, so that start_poll ends in it. */
int efa_cq_refuse_mask(struct efa_completion_queue *cq, uint32_t comp_mask);

/*
 * Cold: frees retired tables if nobody holds the lock. Returns `result`, so that a function that
 * has one can end in this.
 */
int efa_cq_collect_retired(struct efa_completion_queue *cq, int result);

EFA_INLINE void efa_cq_unlock(struct efa_completion_queue *cq)
{
    efa_spinlock_release(&cq->lock);
    if (EFA_UNLIKELY(efa_load_relaxed_ptr(&cq->retired) != NULL))
        (void)efa_cq_collect_retired(cq, 0);
}

/* An entry that is new, and what it was found by. */
struct efa_found {
    struct efa_sub_cq *sub_cq;
    const struct efa_completion_entry *entry; /* in the ring */
    uint32_t head;
};

/* Whether the sub-CQ's next entry is new. */
EFA_INLINE bool efa_sub_cq_look(struct efa_sub_cq *sub_cq, struct efa_found *found)
{
    const unsigned char *next = sub_cq->next;
    uint32_t head = efa_load_acquire_u32((const uint32_t *)(const void *)next);

    found->sub_cq = sub_cq;
    found->entry = (const void *)next;
    found->head = head;
    return ((head ^ sub_cq->phase) & EFA_HEAD_PHASE) == 0;
}

/* Gives a sub-CQ its turn: EFA_SUB_CQ_BUDGET completions, or fewer up to the end of its ring. */
EFA_INLINE void efa_cq_select_sub_cq(struct efa_completion_queue *cq, struct efa_sub_cq *sub_cq)
{
    size_t left = (size_t)(sub_cq->end - sub_cq->next) / EFA_COMPLETION_ENTRY_SIZE;

    cq->polled = sub_cq;
    cq->budget = left < EFA_SUB_CQ_BUDGET ? (uint32_t)left : EFA_SUB_CQ_BUDGET;
}

/*
 * Finds the next new entry, beginning with the sub-CQ whose turn it is, and leaves it where it is.
 * False where there is none.
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

/* Out of line: the sub-CQ's turn is over, be it for others' sake or at the end of the ring. */
void efa_cq_next_sub_cq(struct efa_completion_queue *cq);

/* Goes past an entry that was found. It stays readable: the device comes round much later. */
EFA_INLINE void efa_cq_pass(const struct efa_found *found)
{
    found->sub_cq->next = (const unsigned char *)found->entry + EFA_COMPLETION_ENTRY_SIZE;
}

/*
 * The same for whoever is out of line, the turn's end included. The straight line counts a turn
 * down before it knows that it can go on; what it leaves at 0 is the last of the turn here.
 */
EFA_INLINE void efa_cq_pass_slowly(struct efa_completion_queue *cq, const struct efa_found *found)
{
    efa_cq_pass(found);
    if (cq->budget <= 1)
        efa_cq_next_sub_cq(cq);
    else
        cq->budget--;
}

/* The outstanding request that an entry completes, or NULL. */
EFA_INLINE struct efa_request *efa_cq_request(const struct efa_completion_queue *cq,
                                              const struct efa_found *found,
                                              struct efa_request_table **table, uint32_t *index)
{
    *table = efa_queue_map_find(&cq->map, found->entry);
    return efa_request_find(*table, found->head & 0xffff, index);
}

/* What a completion says, in verbs terms. */

/* Indexed by an entry's flags; a completion without a queue never gets this far. */
extern const uint8_t efa_opcode_of_flags[256];
extern const uint8_t efa_wc_flags_of_flags[256];

EFA_INLINE enum ibv_wc_opcode efa_completion_opcode(uint8_t flags)
{
    return (enum ibv_wc_opcode)efa_opcode_of_flags[flags];
}

static_assert(EFA_COMPLETION_HAS_IMM >> 2 == IBV_WC_WITH_IMM, "one shift apart");

/* Of a receive: IBV_WC_WITH_IMM or 0. */
EFA_INLINE uint32_t efa_completion_wc_flags(uint32_t flags)
{
    return (flags & EFA_COMPLETION_HAS_IMM) >> 2;
}

/* Cold: the verbs status of a device status other than 0. */
enum ibv_wc_status efa_failed_status(uint32_t status);

#endif
