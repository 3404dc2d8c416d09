/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The extended polling interface: start_poll, next_poll, end_poll and the readers of the completion
 * in hand. A session holds the CQ's lock from a successful start_poll to end_poll, whichever thread
 * calls that. What the readers need is copied out of the ring, so it stays readable whatever
 * becomes of the QP.
 */
#include <errno.h>

#include "consume.h"

EFA_INLINE int take_into_hand(struct efa_completion_queue *cq)
{
    struct efa_completion completion;

    if (!efa_cq_take(cq, &completion))
        return ENOENT;
    cq->current_low = completion.low;
    cq->current_high = completion.high;
    cq->verbs.ex.wr_id = completion.wr_id;
    cq->verbs.ex.status = efa_completion_verbs_status(completion.low);
    return 0;
}

EFA_INLINE int start_poll(struct ibv_cq_ex *ibv_cq, struct ibv_poll_cq_attr *attr, bool exclusive)
{
    struct efa_completion_queue *cq = efa_completion_queue_of_ex(ibv_cq);

    if (EFA_UNLIKELY(attr && attr->comp_mask))
        return EINVAL;
    efa_cq_lock(cq, exclusive);
    int error = take_into_hand(cq);
    if (error)
        efa_cq_unlock(cq);
    return error;
}

static int start_poll_locked(struct ibv_cq_ex *cq, struct ibv_poll_cq_attr *attr)
{
    return start_poll(cq, attr, false);
}

static int start_poll_exclusive(struct ibv_cq_ex *cq, struct ibv_poll_cq_attr *attr)
{
    return start_poll(cq, attr, true);
}

static int next_poll(struct ibv_cq_ex *ibv_cq)
{
    return take_into_hand(efa_completion_queue_of_ex(ibv_cq));
}

static void end_poll(struct ibv_cq_ex *ibv_cq)
{
    efa_cq_unlock(efa_completion_queue_of_ex(ibv_cq));
}

EFA_INLINE uint64_t low_of(struct ibv_cq_ex *cq)
{
    return efa_completion_queue_of_ex(cq)->current_low;
}

EFA_INLINE uint64_t high_of(struct ibv_cq_ex *cq)
{
    return efa_completion_queue_of_ex(cq)->current_high;
}

static enum ibv_wc_opcode read_opcode(struct ibv_cq_ex *cq)
{
    return efa_completion_opcode(low_of(cq));
}

static uint32_t read_vendor_err(struct ibv_cq_ex *cq)
{
    return efa_completion_status_of(low_of(cq));
}

static unsigned int read_wc_flags(struct ibv_cq_ex *cq)
{
    uint64_t low = low_of(cq);

    return efa_completion_is_recv(low) && (efa_completion_flags(low) & EFA_COMPLETION_HAS_IMM) != 0
               ? IBV_WC_WITH_IMM
               : 0;
}

static uint32_t read_byte_len(struct ibv_cq_ex *cq)
{
    return efa_completion_length(low_of(cq));
}

static uint32_t read_imm_data(struct ibv_cq_ex *cq)
{
    return efa_completion_imm(high_of(cq));
}

static uint32_t read_qp_num(struct ibv_cq_ex *cq)
{
    return efa_completion_qp_num(low_of(cq));
}

static uint32_t read_src_qp(struct ibv_cq_ex *cq)
{
    return efa_completion_source_qp(high_of(cq));
}

static uint32_t read_slid(struct ibv_cq_ex *cq)
{
    return efa_completion_source_ah(high_of(cq));
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
