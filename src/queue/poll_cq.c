/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* ibv_poll_cq, and the tables that put the device's words into verbs terms. */
#include <errno.h>

#include "consume.h"

/* IBV_WC_SEND is 0: an unknown operation of a send queue reads as one. */
const uint8_t efa_opcode_of_completion[32] = {
    [0 << 2 | 1] = IBV_WC_SEND,       [1 << 2 | 1] = IBV_WC_RDMA_READ,
    [2 << 2 | 1] = IBV_WC_RDMA_WRITE, [0 << 2 | 2] = IBV_WC_RECV,
    [1 << 2 | 2] = IBV_WC_RECV,       [2 << 2 | 2] = IBV_WC_RECV_RDMA_WITH_IMM,
    [3 << 2 | 2] = IBV_WC_RECV,       [4 << 2 | 2] = IBV_WC_RECV,
    [5 << 2 | 2] = IBV_WC_RECV,       [6 << 2 | 2] = IBV_WC_RECV,
    [7 << 2 | 2] = IBV_WC_RECV,
};

const uint8_t efa_verbs_status[EFA_KNOWN_STATUSES] = {
    [EFA_STATUS_OK] = IBV_WC_SUCCESS,
    [EFA_STATUS_FLUSHED] = IBV_WC_WR_FLUSH_ERR,
    [EFA_STATUS_QP_INTERNAL_ERROR] = IBV_WC_LOC_QP_OP_ERR,
    [EFA_STATUS_UNSUPPORTED_OP] = IBV_WC_LOC_QP_OP_ERR,
    [EFA_STATUS_BAD_AH] = IBV_WC_LOC_QP_OP_ERR,
    [EFA_STATUS_BAD_LKEY] = IBV_WC_LOC_PROT_ERR,
    [EFA_STATUS_BAD_LENGTH] = IBV_WC_LOC_LEN_ERR,
    [EFA_STATUS_BAD_REMOTE_ADDRESS] = IBV_WC_REM_ACCESS_ERR,
    [EFA_STATUS_REMOTE_ABORT] = IBV_WC_REM_ABORT_ERR,
    [EFA_STATUS_BAD_DESTINATION_QP] = IBV_WC_REM_INV_RD_REQ_ERR,
    [EFA_STATUS_RECEIVER_NOT_READY] = IBV_WC_RNR_RETRY_EXC_ERR,
    [EFA_STATUS_REMOTE_BAD_LENGTH] = IBV_WC_REM_INV_REQ_ERR,
    [EFA_STATUS_BAD_RESPONSE] = IBV_WC_BAD_RESP_ERR,
    [EFA_STATUS_PEER_TIMEOUT] = IBV_WC_RESP_TIMEOUT_ERR,
    [EFA_STATUS_UNKNOWN_PEER] = IBV_WC_REM_OP_ERR,
    [EFA_STATUS_PEER_UNREACHABLE] = IBV_WC_RESP_TIMEOUT_ERR,
    [16] = IBV_WC_GENERAL_ERR,
    [17] = IBV_WC_GENERAL_ERR,
    [EFA_STATUS_FEATURE_MISMATCH] = IBV_WC_REM_INV_REQ_ERR,
};

EFA_INLINE void fill_wc(struct ibv_wc *wc, const struct efa_completion *completion)
{
    uint64_t low = completion->low;
    uint64_t high = completion->high;

    wc->wr_id = completion->wr_id;
    wc->status = efa_completion_verbs_status(low);
    wc->opcode = efa_completion_opcode(low);
    wc->vendor_err = efa_completion_status_of(low);
    wc->qp_num = efa_completion_qp_num(low);
    wc->pkey_index = 0;
    wc->sl = 0;
    wc->dlid_path_bits = 0;
    if (efa_completion_is_recv(low)) {
        wc->byte_len = efa_completion_length(low);
        wc->src_qp = efa_completion_source_qp(high);
        wc->slid = efa_completion_source_ah(high);
        wc->imm_data = efa_completion_imm(high);
        wc->wc_flags =
            (efa_completion_flags(low) & EFA_COMPLETION_HAS_IMM) != 0 ? IBV_WC_WITH_IMM : 0;
    } else {
        /* The entry of a send has none of these. */
        wc->byte_len = 0;
        wc->src_qp = 0;
        wc->slid = 0;
        wc->imm_data = 0;
        wc->wc_flags = 0;
    }
}

int efa_poll_cq(struct ibv_cq *ibv_cq, int num_entries, struct ibv_wc *wc)
{
    struct efa_completion_queue *cq = efa_completion_queue_of(ibv_cq);
    struct efa_completion completion;
    int count = 0;

    if (EFA_UNLIKELY(num_entries < 0 || (num_entries > 0 && !wc)))
        return -EINVAL;
    efa_cq_lock(cq, cq->exclusive);
    while (count < num_entries && efa_cq_take(cq, &completion))
        fill_wc(&wc[count++], &completion);
    efa_cq_unlock(cq);
    return count;
}
