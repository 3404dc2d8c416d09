/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * SRD, by the extended calls: an extended completion queue read with ibv_start_poll, sends in a
 * session between ibv_wr_start and ibv_wr_complete.
 */
#include "endpoint.h"

#include <errno.h>
#include <string.h>

#include <infiniband/efadv.h>

#include "common/byte_order.h"
#include "common/cause.h"
#include "common/message.h"

bool srd_create_queues(struct endpoint *endpoint)
{
    const struct pingpong_plan *plan = endpoint->plan;
    struct ibv_cq_init_attr_ex cq_attr;
    struct ibv_qp_init_attr_ex qp_attr;
    struct efadv_qp_init_attr efa_attr;

    memset(&cq_attr, 0, sizeof cq_attr);
    cq_attr.cqe = plan->rx_depth + 1;
    cq_attr.wc_flags = IBV_WC_EX_WITH_BYTE_LEN | IBV_WC_EX_WITH_IMM;
    errno = 0;
    endpoint->cq_ex = ibv_create_cq_ex(endpoint->context, &cq_attr);
    if (!endpoint->cq_ex) {
        tool_error("creating a completion queue of %u entries failed: %s", cq_attr.cqe,
                   tool_errno_text(errno));
        return false;
    }
    endpoint->cq = ibv_cq_ex_to_cq(endpoint->cq_ex);

    memset(&qp_attr, 0, sizeof qp_attr);
    qp_attr.send_cq = endpoint->cq;
    qp_attr.recv_cq = endpoint->cq;
    qp_attr.cap.max_send_wr = 1;
    qp_attr.cap.max_recv_wr = plan->rx_depth;
    qp_attr.cap.max_send_sge = 1;
    qp_attr.cap.max_recv_sge = 1;
    qp_attr.cap.max_inline_data = endpoint->send_inline ? plan->size : 0;
    qp_attr.qp_type = IBV_QPT_DRIVER;
    qp_attr.sq_sig_all = 1;
    qp_attr.comp_mask = IBV_QP_INIT_ATTR_PD | IBV_QP_INIT_ATTR_SEND_OPS_FLAGS;
    qp_attr.pd = endpoint->pd;
    qp_attr.send_ops_flags = IBV_QP_EX_WITH_SEND_WITH_IMM;
    memset(&efa_attr, 0, sizeof efa_attr);
    efa_attr.driver_qp_type = EFADV_QP_DRIVER_TYPE_SRD;
    endpoint->qp = efadv_create_qp_ex(endpoint->context, &qp_attr, &efa_attr, sizeof efa_attr);
    if (!endpoint->qp) {
        tool_error("creating an SRD queue pair failed: %s", tool_errno_text(errno));
        return false;
    }
    endpoint->qp_ex = ibv_qp_to_qp_ex(endpoint->qp);
    return true;
}

bool srd_send(struct endpoint *endpoint, uint32_t immediate)
{
    struct ibv_qp_ex *qp = endpoint->qp_ex;
    const uint32_t size = endpoint->plan->size;
    int error;

    ibv_wr_start(qp);
    qp->wr_id = SEND_WR_ID;
    qp->wr_flags = 0;
    ibv_wr_send_imm(qp, to_big_endian32(immediate));
    if (endpoint->send_inline)
        ibv_wr_set_inline_data(qp, endpoint_send_buffer(endpoint), size);
    else
        ibv_wr_set_sge(qp, endpoint->mr->lkey, (uintptr_t)endpoint_send_buffer(endpoint), size);
    ibv_wr_set_ud_addr(qp, endpoint->ah, endpoint->remote.qp_num, endpoint->remote.qkey);
    error = ibv_wr_complete(qp);
    if (error != 0)
        tool_run_error("posting a send failed: %s", tool_errno_text(error));
    return error == 0;
}

static void read_completion(struct ibv_cq_ex *cq, struct pingpong_completion *completion)
{
    memset(completion, 0, sizeof *completion);
    completion->wr_id = cq->wr_id;
    completion->status = cq->status;
    if (cq->status != IBV_WC_SUCCESS) {
        completion->vendor_error = ibv_wc_read_vendor_err(cq);
    } else if (ibv_wc_read_opcode(cq) == IBV_WC_RECV) {
        completion->byte_length = ibv_wc_read_byte_len(cq);
        completion->has_immediate = (ibv_wc_read_wc_flags(cq) & IBV_WC_WITH_IMM) != 0;
        if (completion->has_immediate)
            completion->immediate = from_big_endian32(ibv_wc_read_imm_data(cq));
    }
}

int srd_poll(struct endpoint *endpoint, struct pingpong_completion *completions, int limit)
{
    struct ibv_poll_cq_attr attr;
    int count = 0;
    int error;

    memset(&attr, 0, sizeof attr);
    error = ibv_start_poll(endpoint->cq_ex, &attr);
    if (error == ENOENT)
        return 0;
    while (error == 0) {
        read_completion(endpoint->cq_ex, &completions[count++]);
        if (count == limit)
            break;
        error = ibv_next_poll(endpoint->cq_ex);
    }
    if (count > 0)
        ibv_end_poll(endpoint->cq_ex);
    if (error != 0 && error != ENOENT) {
        tool_run_error("polling for completions failed: %s", tool_errno_text(error));
        return -1;
    }
    return count;
}
