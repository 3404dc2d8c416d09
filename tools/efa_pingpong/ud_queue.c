/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* UD, by the classic calls: ibv_post_send and ibv_poll_cq. */
#include "endpoint.h"

#include <errno.h>
#include <string.h>

#include "common/byte_order.h"
#include "common/cause.h"
#include "common/message.h"

#define POLL_BATCH 16

bool ud_create_queues(struct endpoint *endpoint)
{
    const struct pingpong_plan *plan = endpoint->plan;
    struct ibv_qp_init_attr attr;

    errno = 0;
    endpoint->cq = ibv_create_cq(endpoint->context, (int)plan->rx_depth + 1, NULL, NULL, 0);
    if (!endpoint->cq) {
        tool_error("creating a completion queue of %u entries failed: %s", plan->rx_depth + 1,
                   tool_errno_text(errno));
        return false;
    }
    memset(&attr, 0, sizeof attr);
    attr.send_cq = endpoint->cq;
    attr.recv_cq = endpoint->cq;
    attr.cap.max_send_wr = 1;
    attr.cap.max_recv_wr = plan->rx_depth;
    attr.cap.max_send_sge = 1;
    attr.cap.max_recv_sge = 1;
    attr.cap.max_inline_data = endpoint->send_inline ? plan->size : 0;
    attr.qp_type = IBV_QPT_UD;
    endpoint->qp = ibv_create_qp(endpoint->pd, &attr);
    if (!endpoint->qp)
        tool_error("creating a UD queue pair failed: %s", tool_errno_text(errno));
    return endpoint->qp != NULL;
}

bool ud_send(struct endpoint *endpoint, uint32_t immediate)
{
    struct ibv_sge sge;
    struct ibv_send_wr request, *bad = NULL;
    int error;

    memset(&sge, 0, sizeof sge);
    sge.addr = (uintptr_t)endpoint_send_buffer(endpoint);
    sge.length = endpoint->plan->size;
    sge.lkey = endpoint->mr->lkey;
    memset(&request, 0, sizeof request);
    request.wr_id = SEND_WR_ID;
    request.sg_list = &sge;
    request.num_sge = 1;
    request.opcode = IBV_WR_SEND_WITH_IMM;
    request.send_flags =
        IBV_SEND_SIGNALED | (endpoint->send_inline ? (unsigned)IBV_SEND_INLINE : 0u);
    request.imm_data = to_big_endian32(immediate);
    request.wr.ud.ah = endpoint->ah;
    request.wr.ud.remote_qpn = endpoint->remote.qp_num;
    request.wr.ud.remote_qkey = endpoint->remote.qkey;
    error = ibv_post_send(endpoint->qp, &request, &bad);
    if (error != 0)
        tool_run_error("posting a send failed: %s", tool_errno_text(error));
    return error == 0;
}

int ud_poll(struct endpoint *endpoint, struct pingpong_completion *completions, int limit)
{
    struct ibv_wc entries[POLL_BATCH];
    const int count = ibv_poll_cq(endpoint->cq, limit < POLL_BATCH ? limit : POLL_BATCH, entries);

    if (count < 0) {
        tool_run_error("polling for completions failed: %s", tool_errno_text(-count));
        return -1;
    }
    for (int i = 0; i < count; i++) {
        struct pingpong_completion *completion = &completions[i];

        memset(completion, 0, sizeof *completion);
        completion->wr_id = entries[i].wr_id;
        completion->status = entries[i].status;
        completion->vendor_error = entries[i].vendor_err;
        if (entries[i].status == IBV_WC_SUCCESS && entries[i].opcode == IBV_WC_RECV) {
            completion->byte_length = entries[i].byte_len - UD_HEADER_SIZE;
            completion->has_immediate = (entries[i].wc_flags & IBV_WC_WITH_IMM) != 0;
            completion->immediate = from_big_endian32(entries[i].imm_data);
        }
    }
    return count;
}
