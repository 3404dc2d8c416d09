/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Taking the next completion off the rings: what poll_cq and the start_poll family share. An entry
 * is read as two 8-byte words; the first holds the phase bit and everything a send completion has.
 */
#ifndef EFA_QUEUE_CONSUME_H
#define EFA_QUEUE_CONSUME_H

#include "completion_queue.h"

/* Positions within the first word of an entry. */
#define EFA_LOW_STATUS_SHIFT 16
#define EFA_LOW_FLAGS_SHIFT 24
#define EFA_LOW_QP_NUM_SHIFT 32
#define EFA_LOW_LENGTH_SHIFT 48

struct efa_completion {
    uint64_t low;
    uint64_t high;
    uint64_t wr_id;
};

/* Cold: counts a completion that matches no outstanding request, and logs the first. */
void efa_cq_drop(struct efa_completion_queue *cq, uint64_t low,
                 const struct efa_request_table *table);

/* Cold: frees departed tables if nobody holds the lock. */
void efa_cq_collect_departed(struct efa_completion_queue *cq);

EFA_INLINE void efa_cq_lock(struct efa_completion_queue *cq, bool exclusive)
{
    if (exclusive)
        efa_spinlock_mark(&cq->lock);
    else
        efa_spinlock_acquire(&cq->lock);
}

EFA_INLINE void efa_cq_unlock(struct efa_completion_queue *cq)
{
    efa_spinlock_release(&cq->lock);
    if (EFA_UNLIKELY(efa_load_relaxed_ptr(&cq->departed) != NULL))
        efa_cq_collect_departed(cq);
}

/*
 * Takes the next completion of an outstanding request, from the sub-CQs in turn so that none
 * starves; drops whatever else the rings hold on the way. False where they hold no more.
 */
EFA_INLINE bool efa_cq_take(struct efa_completion_queue *cq, struct efa_completion *completion)
{
    uint32_t count = efa_load_acquire_u32(&cq->polled_sub_cqs);
    uint32_t empty = 0;

    while (empty < count) {
        uint32_t which = cq->next_sub_cq;
        struct efa_sub_cq *sub_cq = &cq->sub_cqs[which];
        const unsigned char *entry =
            sub_cq->entries + (size_t)sub_cq->index * EFA_COMPLETION_ENTRY_SIZE;
        uint64_t low = efa_load_acquire_u64((const uint64_t *)(const void *)entry);

        cq->next_sub_cq = which + 1 < count ? which + 1 : 0;
        if (((low >> EFA_LOW_FLAGS_SHIFT) & EFA_COMPLETION_PHASE) != sub_cq->phase) {
            empty++;
            continue;
        }
        empty = 0;

        uint64_t high = *(const uint64_t *)(const void *)(entry + 8);
        uint32_t next = sub_cq->index + 1;

        if (next == cq->depth) {
            next = 0;
            sub_cq->phase ^= 1;
        }
        sub_cq->index = next;

        struct efa_request_table *table = efa_queue_map_find(&cq->map, low);
        uint16_t id = (uint16_t)low;
        struct efa_request *request = efa_request_slot(table, id);

        if (EFA_UNLIKELY(efa_load_relaxed_u32(&request->expected) != id)) {
            efa_cq_drop(cq, low, table);
            continue;
        }
        completion->low = low;
        completion->high = high;
        completion->wr_id = request->wr_id;
        efa_request_return(table, request, id);
        return true;
    }
    return false;
}

/* What a completion says, in verbs terms. */

EFA_INLINE uint32_t efa_completion_flags(uint64_t low)
{
    return (uint32_t)(low >> EFA_LOW_FLAGS_SHIFT) & 0xff;
}

EFA_INLINE bool efa_completion_is_recv(uint64_t low)
{
    return (efa_completion_flags(low) & EFA_COMPLETION_QUEUE_RECV) != 0;
}

EFA_INLINE uint32_t efa_completion_status_of(uint64_t low)
{
    return (uint32_t)(low >> EFA_LOW_STATUS_SHIFT) & 0xff;
}

EFA_INLINE uint32_t efa_completion_qp_num(uint64_t low)
{
    return (uint32_t)(low >> EFA_LOW_QP_NUM_SHIFT) & 0xffff;
}

EFA_INLINE uint32_t efa_completion_length(uint64_t low)
{
    return (uint32_t)(low >> EFA_LOW_LENGTH_SHIFT);
}

EFA_INLINE uint16_t efa_completion_source_ah(uint64_t high)
{
    return (uint16_t)high;
}

EFA_INLINE uint32_t efa_completion_source_qp(uint64_t high)
{
    return (uint32_t)(high >> 16) & 0xffff;
}

/* In network byte order, as verbs carries it; the device has it in host order. */
EFA_INLINE uint32_t efa_swap_u32(uint32_t value)
{
    return (value >> 24) | ((value >> 8) & 0xff00) | ((value << 8) & 0xff0000) | (value << 24);
}

EFA_INLINE uint32_t efa_completion_imm(uint64_t high)
{
    return efa_swap_u32((uint32_t)(high >> 32));
}

/* Indexed by op << 2 | queue; a completion without a queue type never gets this far. */
extern const uint8_t efa_opcode_of_completion[32];
/* Indexed by the device's status; those at or above the size mean IBV_WC_GENERAL_ERR. */
#define EFA_KNOWN_STATUSES 19
extern const uint8_t efa_verbs_status[EFA_KNOWN_STATUSES];

EFA_INLINE enum ibv_wc_opcode efa_completion_opcode(uint64_t low)
{
    uint32_t flags = efa_completion_flags(low);

    return (enum ibv_wc_opcode)efa_opcode_of_completion[(flags & EFA_COMPLETION_OP_MASK) >> 2 |
                                                        (flags & EFA_COMPLETION_QUEUE_MASK) >> 1];
}

EFA_INLINE enum ibv_wc_status efa_completion_verbs_status(uint64_t low)
{
    uint32_t status = efa_completion_status_of(low);

    if (EFA_UNLIKELY(status >= EFA_KNOWN_STATUSES))
        return IBV_WC_GENERAL_ERR;
    return (enum ibv_wc_status)efa_verbs_status[status];
}

#endif
