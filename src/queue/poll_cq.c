/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* ibv_poll_cq. */
#include <errno.h>
#include <string.h>

#include "consume.h"

/* pkey_index, slid, sl, dlid_path_bits: EFA has only slid. One store sets all. */
EFA_INLINE void set_tail(struct ibv_wc *wc, uint64_t slid)
{
    uint64_t tail =
        slid << 8 * (offsetof(struct ibv_wc, slid) - offsetof(struct ibv_wc, pkey_index));

    memcpy((char *)wc + offsetof(struct ibv_wc, pkey_index), &tail, sizeof tail);
}

/* For a plain success of a send or a receive. */
EFA_INLINE void fill_wc(struct ibv_wc *wc, const struct efa_completion_entry *entry, uint64_t head,
                        uint64_t wr_id)
{
    wc->wr_id = wr_id;
    wc->status = IBV_WC_SUCCESS;
    wc->vendor_err = 0;
    wc->qp_num = entry->qp_num;
    if (head & EFA_HEAD_RECV) {
        wc->opcode = IBV_WC_RECV;
        wc->byte_len = entry->length;
        wc->imm_data = efa_swap_bytes_u32(entry->immediate_data);
        wc->src_qp = entry->source_qp;
        wc->wc_flags = efa_completion_wc_flags(entry->flags);
        set_tail(wc, entry->source_ah);
    } else {
        /* The entry of a send only names its request and its QP. */
        wc->opcode = IBV_WC_SEND;
        wc->byte_len = 0;
        wc->imm_data = 0;
        wc->src_qp = 0;
        wc->wc_flags = 0;
        set_tail(wc, 0);
    }
}

/*
 * Out of line: the rest of a poll that met an unusual entry, one that failed or completes nothing.
 * Releases the lock, and returns the number of all completions.
 */
EFA_NOINLINE static int poll_rest(struct efa_completion_queue *cq, int num_entries,
                                  struct ibv_wc *wc, int left)
{
    struct efa_found found;

    while (left > 0 && efa_cq_find(cq, &found)) {
        struct efa_completed completed;
        bool matches = efa_cq_match(cq, &found, &completed);

        efa_cq_pass_slowly(cq, &found);
        if (!matches) {
            efa_cq_drop(cq, found.entry, completed.table);
            continue;
        }
        fill_wc(wc, found.entry, found.head, efa_completed_wr_id(&completed));
        wc->vendor_err = found.entry->status;
        wc->status = found.entry->status ? efa_failed_status(found.entry->status) : IBV_WC_SUCCESS;
        wc->opcode = efa_completion_opcode(found.entry->flags);
        efa_completed_return(&completed);
        wc++;
        left--;
    }
    efa_cq_unlock(cq);
    if (left == num_entries)
        efa_cq_found_empty(cq);
    return num_entries - left;
}

/* Out of line: waits for the lock. */
EFA_NOINLINE static int poll_after_waiting(struct efa_completion_queue *cq, int num_entries,
                                           struct ibv_wc *wc)
{
    if (!efa_cq_lock_after_waiting(cq, EFA_HELD_BY_CALL))
        return 0; /* the open session gets the completions */
    return poll_rest(cq, num_entries, wc, num_entries);
}

/* Out of line: for a CQ with a promise of one thread that is held. */
EFA_NOINLINE static int poll_though_held(struct efa_completion_queue *cq, int num_entries,
                                         struct ibv_wc *wc)
{
    if (!efa_cq_mark_though_held(cq, EFA_HELD_BY_CALL))
        return 0;
    return poll_rest(cq, num_entries, wc, num_entries);
}

/* Out of line: 0 entries is an empty poll, a negative number is an error. */
EFA_COLD static int poll_nothing(struct efa_completion_queue *cq, int num_entries)
{
    if (num_entries == 0)
        return 0;
    efa_log(efa_cq_level_of_rejection(cq), "ibv_poll_cq: num_entries %d; pass 0 or more",
            num_entries);
    return -EINVAL;
}

/* Needs no stack frame: slow paths are tail calls. */
int efa_poll_cq(struct ibv_cq *ibv_cq, int num_entries, struct ibv_wc *wc)
{
    struct efa_completion_queue *cq = efa_completion_queue_of(ibv_cq);
    struct efa_found found;
    int left = num_entries;

    if (EFA_UNLIKELY(num_entries <= 0))
        return poll_nothing(cq, num_entries);
    if (cq->exclusive) {
        if (EFA_UNLIKELY(efa_spinlock_is_held(&cq->lock)))
            return poll_though_held(cq, num_entries, wc);
        efa_spinlock_mark(&cq->lock, EFA_HELD_BY_CALL);
    } else if (EFA_UNLIKELY(!efa_spinlock_try(&cq->lock, EFA_HELD_BY_CALL))) {
        return poll_after_waiting(cq, num_entries, wc);
    }

    while (efa_cq_find(cq, &found)) {
        struct efa_completed completed;

        if (EFA_UNLIKELY(--cq->budget == 0))
            return poll_rest(cq, num_entries, wc, left);
        if (EFA_UNLIKELY(!efa_cq_match_usual(cq, &found, &completed)))
            return poll_rest(cq, num_entries, wc, left);
        efa_cq_pass(&found);
        fill_wc(wc++, found.entry, found.head, efa_completed_wr_id(&completed));
        efa_completed_return(&completed);
        if (--left == 0)
            break;
    }
    efa_spinlock_release(&cq->lock);
    if (left == num_entries)
        efa_cq_found_empty(cq);
    if (EFA_UNLIKELY(efa_is_set_relaxed_ptr(&cq->retired)))
        return efa_cq_collect_retired(cq, num_entries - left);
    return num_entries - left;
}
