/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Posting: sends as a list or as a session, reads as a session, receives as a list. */
#include <string.h>

#include "common/byte_order.h"
#include "common/cause.h"
#include "common/message.h"
#include "side.h"

static bool posted(int error, const char *what)
{
    if (error != 0)
        tool_run_error("posting %s failed: %s", what, tool_errno_text(error));
    return error == 0;
}

static bool post_list(struct perf_side *side, uint32_t qp, const uint32_t *slots, uint32_t count,
                      uint32_t size, uint32_t number)
{
    struct ibv_send_wr requests[PERF_MAX_POST_LIST], *bad = NULL;
    struct ibv_sge buffers[PERF_MAX_POST_LIST];

    memset(requests, 0, sizeof requests[0] * count);
    for (uint32_t i = 0; i < count; i++) {
        struct ibv_send_wr *request = &requests[i];

        buffers[i].addr = (uintptr_t)perf_send_slot(side, slots[i]);
        buffers[i].length = size;
        buffers[i].lkey = side->mr->lkey;
        request->wr_id = slots[i];
        request->next = i + 1 < count ? request + 1 : NULL;
        request->sg_list = &buffers[i];
        request->num_sge = 1;
        request->opcode = IBV_WR_SEND_WITH_IMM;
        request->send_flags =
            IBV_SEND_SIGNALED | (size <= side->plan->inline_limit ? (unsigned)IBV_SEND_INLINE : 0u);
        request->imm_data = to_big_endian32(number + i);
        request->wr.ud.ah = side->ah;
        request->wr.ud.remote_qpn = side->remote.qp_num[qp];
        request->wr.ud.remote_qkey = side->remote.qkey;
    }
    return posted(ibv_post_send(side->qps[qp], requests, &bad), "sends");
}

static bool post_session(struct perf_side *side, uint32_t qp, const uint32_t *slots, uint32_t count,
                         uint32_t size, uint32_t number)
{
    struct ibv_qp_ex *qp_ex = side->qps_ex[qp];
    const bool reads = side->plan->test == PERF_READ;

    ibv_wr_start(qp_ex);
    for (uint32_t i = 0; i < count; i++) {
        qp_ex->wr_id = slots[i];
        qp_ex->wr_flags = 0;
        if (reads)
            ibv_wr_rdma_read(qp_ex, side->remote.rkey, side->remote.read_address);
        else
            ibv_wr_send_imm(qp_ex, to_big_endian32(number + i));
        if (!reads && size <= side->plan->inline_limit)
            ibv_wr_set_inline_data(qp_ex, perf_send_slot(side, slots[i]), size);
        else
            ibv_wr_set_sge(qp_ex, side->mr->lkey, (uintptr_t)perf_send_slot(side, slots[i]), size);
        ibv_wr_set_ud_addr(qp_ex, side->ah, side->remote.qp_num[qp], side->remote.qkey);
    }
    return posted(ibv_wr_complete(qp_ex), reads ? "reads" : "sends");
}

bool perf_post(struct perf_side *side, uint32_t qp, const uint32_t *slots, uint32_t count,
               uint32_t size, uint32_t number)
{
    return side->plan->classic_post ? post_list(side, qp, slots, count, size, number)
                                    : post_session(side, qp, slots, count, size, number);
}

bool perf_post_receives(struct perf_side *side, uint32_t qp, const uint32_t *slots, uint32_t count)
{
    struct ibv_recv_wr requests[PERF_POLL_LIMIT], *bad = NULL;
    struct ibv_sge buffers[PERF_POLL_LIMIT];

    for (uint32_t i = 0; i < count; i++) {
        buffers[i].addr = (uintptr_t)perf_recv_slot(side, slots[i]);
        buffers[i].length = (uint32_t)side->slot_size;
        buffers[i].lkey = side->mr->lkey;
        requests[i].wr_id = slots[i];
        requests[i].next = i + 1 < count ? &requests[i + 1] : NULL;
        requests[i].sg_list = &buffers[i];
        requests[i].num_sge = 1;
    }
    return posted(ibv_post_recv(side->qps[qp], requests, &bad), "receives");
}
