/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The extended polling interface: start_poll, next_poll, end_poll and the readers of the current
 * completion. A session holds the CQ's lock from a successful start_poll to end_poll; any thread
 * may call end_poll. While a session is open, other polls find the CQ empty and do not wait. The
 * fields for the readers are copied from the ring, so they stay readable when the QP is destroyed.
 * The functions are chosen at creation.
 */
#include <errno.h>

#include "consume.h"
#include "u128.h"

EFA_INLINE void make_current(struct efa_completion_queue *cq,
                             const struct efa_completion_entry *entry, uint64_t wr_id,
                             enum ibv_wc_status status)
{
    efa_u128_store(&cq->current, efa_u128_load(entry));
    cq->verbs.ex.wr_id = wr_id;
    cq->verbs.ex.status = status;
}

/*
 * Out of line: takes the next completion and skips entries that complete nothing. `open`: a session
 * begins; it ends if there is no completion.
 */
EFA_NOINLINE static int take_unusual(struct efa_completion_queue *cq, bool open)
{
    struct efa_found found;

    while (efa_cq_find(cq, &found)) {
        struct efa_completed completed;
        bool matches = efa_cq_match(cq, &found, &completed);
        uint32_t status = found.entry->status;

        efa_cq_pass_slowly(cq, &found);
        if (!matches) {
            efa_cq_drop(cq, found.entry, completed.table);
            continue;
        }
        make_current(cq, found.entry, efa_completed_wr_id(&completed),
                     status ? efa_failed_status(status) : IBV_WC_SUCCESS);
        efa_completed_return(&completed);
        return 0;
    }
    if (open) {
        efa_cq_unlock(cq);
        efa_cq_found_empty(cq);
    }
    return ENOENT;
}

/* Needs no stack frame: slow paths are tail calls. */
EFA_INLINE int take(struct efa_completion_queue *cq, bool open)
{
    struct efa_completed completed;
    struct efa_found found;

    if (EFA_UNLIKELY(!efa_sub_cq_look(cq->polled, &found) || --cq->budget == 0))
        return take_unusual(cq, open);
    if (EFA_UNLIKELY(!efa_cq_match_usual(cq, &found, &completed)))
        return take_unusual(cq, open);
    efa_cq_pass(&found);
    make_current(cq, found.entry, efa_completed_wr_id(&completed), IBV_WC_SUCCESS);
    efa_completed_return(&completed);
    return 0;
}

EFA_NOINLINE static int start_after_waiting(struct efa_completion_queue *cq)
{
    if (!efa_cq_lock_after_waiting(cq, EFA_HELD_BY_SESSION))
        return ENOENT; /* the open session gets the completions */
    return take(cq, true);
}

EFA_NOINLINE static int start_though_held(struct efa_completion_queue *cq)
{
    if (!efa_cq_mark_though_held(cq, EFA_HELD_BY_SESSION))
        return ENOENT;
    return take(cq, true);
}

EFA_INLINE int start_poll(struct ibv_cq_ex *ibv_cq, struct ibv_poll_cq_attr *attr, bool exclusive)
{
    struct efa_completion_queue *cq = efa_completion_queue_of_ex(ibv_cq);

    if (EFA_LIKELY(attr != NULL) && EFA_UNLIKELY(attr->comp_mask))
        return efa_cq_reject_mask(cq, attr->comp_mask);
    if (exclusive) {
        if (EFA_UNLIKELY(efa_spinlock_is_held(&cq->lock)))
            return start_though_held(cq);
        efa_spinlock_mark(&cq->lock, EFA_HELD_BY_SESSION);
    } else if (EFA_UNLIKELY(!efa_spinlock_try(&cq->lock, EFA_HELD_BY_SESSION))) {
        return start_after_waiting(cq);
    }
    return take(cq, true);
}

static int start_poll_locked(struct ibv_cq_ex *cq, struct ibv_poll_cq_attr *attr)
{
    return start_poll(cq, attr, false);
}

static int start_poll_exclusive(struct ibv_cq_ex *cq, struct ibv_poll_cq_attr *attr)
{
    return start_poll(cq, attr, true);
}

static int next_poll(struct ibv_cq_ex *cq)
{
    return take(efa_completion_queue_of_ex(cq), false);
}

static void end_poll(struct ibv_cq_ex *ibv_cq)
{
    efa_cq_unlock(efa_completion_queue_of_ex(ibv_cq));
}

EFA_INLINE const struct efa_completion_entry *entry_of(struct ibv_cq_ex *cq)
{
    return &efa_completion_queue_of_ex(cq)->current;
}

static enum ibv_wc_opcode read_opcode(struct ibv_cq_ex *cq)
{
    return efa_completion_opcode(entry_of(cq)->flags);
}

static uint32_t read_vendor_err(struct ibv_cq_ex *cq)
{
    return entry_of(cq)->status;
}

static unsigned int read_wc_flags(struct ibv_cq_ex *cq)
{
    return efa_wc_flags_of_flags[entry_of(cq)->flags];
}

static uint32_t read_byte_len(struct ibv_cq_ex *cq)
{
    const struct efa_completion_entry *entry = entry_of(cq);

    /* The entry of a send has no length: the field is not defined. */
    return entry->flags & EFA_COMPLETION_QUEUE_RECV ? entry->length : 0;
}

static uint32_t read_imm_data(struct ibv_cq_ex *cq)
{
    return efa_swap_bytes_u32(entry_of(cq)->immediate_data);
}

static uint32_t read_qp_num(struct ibv_cq_ex *cq)
{
    return entry_of(cq)->qp_num;
}

static uint32_t read_src_qp(struct ibv_cq_ex *cq)
{
    return entry_of(cq)->source_qp;
}

static uint32_t read_slid(struct ibv_cq_ex *cq)
{
    return entry_of(cq)->source_ah;
}

/* EFA has no service levels and no path bits. */
static uint8_t read_zero(struct ibv_cq_ex *cq)
{
    (void)cq;
    return 0;
}

void efa_completion_queue_set_ops(struct efa_completion_queue *cq, uint64_t wc_flags)
{
    struct ibv_cq_ex *ex = &cq->verbs.ex;

    ex->start_poll = cq->exclusive ? start_poll_exclusive : start_poll_locked;
    ex->next_poll = next_poll;
    ex->end_poll = end_poll;
    ex->read_opcode = read_opcode;
    ex->read_vendor_err = read_vendor_err;
    ex->read_wc_flags = read_wc_flags;
    if (wc_flags & IBV_WC_EX_WITH_BYTE_LEN)
        ex->read_byte_len = read_byte_len;
    if (wc_flags & IBV_WC_EX_WITH_IMM)
        ex->read_imm_data = read_imm_data;
    if (wc_flags & IBV_WC_EX_WITH_QP_NUM)
        ex->read_qp_num = read_qp_num;
    if (wc_flags & IBV_WC_EX_WITH_SRC_QP)
        ex->read_src_qp = read_src_qp;
    if (wc_flags & IBV_WC_EX_WITH_SLID)
        ex->read_slid = read_slid;
    if (wc_flags & IBV_WC_EX_WITH_SL)
        ex->read_sl = read_zero;
    if (wc_flags & IBV_WC_EX_WITH_DLID_PATH_BITS)
        ex->read_dlid_path_bits = read_zero;
}
