/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The data path's operations as calls. */
#include <string.h>

#include "exec_internal.h"

static uint8_t *region(struct walk_client *client, uint64_t wr_id)
{
    uint32_t mr = (uint32_t)(wr_id >> 8) & 0xff;

    return client->memory + (size_t)(mr < WALK_MRS ? mr : 0) * WALK_REGION;
}

static int buffers(struct walk_client *client, const struct walk_wr *wr, struct ibv_sge *list)
{
    uint64_t at = (uintptr_t)region(client, wr->wr_id) + wr->offset;

    for (int i = 0; i < wr->sges; i++) {
        list[i].addr = at;
        list[i].length = wr->length[i];
        list[i].lkey = wr->lkey;
        at += wr->length[i];
    }
    return wr->sges;
}

static void fill(struct walk_client *client, const struct walk_wr *wr)
{
    uint8_t *bytes = region(client, wr->wr_id) + wr->offset;
    uint32_t total = wr->length[0] + wr->length[1];

    for (uint32_t i = 0; i < total && i < WALK_SEND_CHUNK; i++)
        bytes[i] = walk_byte(wr->content, i);
}

int walk_exec_post_recv(struct walk_client *client, const struct walk_plan *plan,
                        struct walk_result *result)
{
    struct ibv_sge list[WALK_LIST][3];
    struct ibv_recv_wr wr[WALK_LIST], *bad = NULL;
    int error;

    for (int i = 0; i < plan->count; i++) {
        wr[i].wr_id = plan->wr[i].wr_id;
        wr[i].sg_list = list[i];
        wr[i].num_sge = buffers(client, &plan->wr[i], list[i]);
        wr[i].next = i + 1 < plan->count ? &wr[i + 1] : NULL;
    }
    error = ibv_post_recv(client->qps[plan->op.a[1]], wr, &bad);
    result->count = bad ? (int)(bad - wr) : plan->count;
    return error;
}

int walk_exec_post_send(struct walk_client *client, const struct walk_plan *plan,
                        struct walk_result *result)
{
    int ah = plan->op.a[4];
    struct ibv_sge list[WALK_LIST][3];
    struct ibv_send_wr wr[WALK_LIST], *bad = NULL;
    int error;

    memset(wr, 0, sizeof wr);
    for (int i = 0; i < plan->count; i++) {
        const struct walk_wr *from = &plan->wr[i];

        fill(client, from);
        wr[i].wr_id = from->wr_id;
        wr[i].sg_list = list[i];
        wr[i].num_sge = buffers(client, from, list[i]);
        wr[i].next = i + 1 < plan->count ? &wr[i + 1] : NULL;
        wr[i].opcode = from->shape == SEND_IMMEDIATE    ? IBV_WR_SEND_WITH_IMM
                       : from->shape == SEND_NO_ADDRESS ? IBV_WR_RDMA_WRITE
                                                        : IBV_WR_SEND;
        wr[i].send_flags = from->shape == SEND_UNSIGNALED ? 0 : IBV_SEND_SIGNALED;
        if (from->shape == SEND_FENCED)
            wr[i].send_flags |= IBV_SEND_FENCE;
        if (from->shape == SEND_INLINE || from->shape == SEND_INLINE_LONG)
            wr[i].send_flags |= IBV_SEND_INLINE;
        wr[i].imm_data = from->immediate;
        wr[i].wr.ud.ah = ah < WALK_AHS ? client->ahs[ah] : NULL;
        wr[i].wr.ud.remote_qpn = plan->dest_number;
        wr[i].wr.ud.remote_qkey = from->qkey;
    }
    error = ibv_post_send(client->qps[plan->op.a[1]], wr, &bad);
    result->count = bad ? (int)(bad - wr) : plan->count;
    return error;
}

void walk_exec_wr_add(struct walk_client *client, const struct walk_plan *plan)
{
    struct ibv_qp_ex *qp = ibv_qp_to_qp_ex(client->qps[plan->op.a[1]]);
    const struct walk_wr *wr = &plan->wr[0];
    int ah = plan->op.a[3];
    struct ibv_sge list[3];

    fill(client, wr);
    buffers(client, wr, list);
    qp->wr_id = wr->wr_id;
    qp->wr_flags = IBV_SEND_SIGNALED;
    if (wr->shape == SEND_IMMEDIATE)
        ibv_wr_send_imm(qp, wr->immediate);
    else
        ibv_wr_send(qp);
    if (wr->shape == SEND_INLINE || wr->shape == SEND_INLINE_LONG)
        ibv_wr_set_inline_data(qp, (void *)(uintptr_t)list[0].addr, list[0].length);
    else if (wr->sges == 1)
        ibv_wr_set_sge(qp, list[0].lkey, list[0].addr, list[0].length);
    else
        ibv_wr_set_sge_list(qp, (size_t)wr->sges, list);
    if (wr->shape != SEND_NO_ADDRESS)
        ibv_wr_set_ud_addr(qp, ah < WALK_AHS ? client->ahs[ah] : NULL, plan->dest_number, wr->qkey);
}

int walk_exec_wr_end(struct walk_client *client, const struct walk_op *op)
{
    struct ibv_qp_ex *qp = ibv_qp_to_qp_ex(client->qps[op->a[1]]);

    if (op->a[2] != 0)
        return ibv_wr_complete(qp);
    ibv_wr_abort(qp);
    return 0;
}

static uint32_t hash_received(struct walk_client *client, uint64_t wr_id, uint32_t byte_len)
{
    uint32_t chunk = (uint32_t)(wr_id >> 16) & 0xffff, grh = wr_id & 1 ? WALK_GRH : 0;
    const uint8_t *bytes =
        region(client, wr_id) + WALK_SEND_AREA + (size_t)(chunk % WALK_CHUNKS) * WALK_RECV_CHUNK;
    uint32_t hash = WALK_HASH_START;

    for (uint32_t i = grh; i < byte_len && i < WALK_RECV_CHUNK; i++)
        hash = walk_hash(hash, bytes[i]);
    return hash;
}

static void take(struct walk_client *client, const struct ibv_wc *wc, struct walk_wc *to)
{
    memset(to, 0, sizeof *to);
    to->wr_id = wc->wr_id;
    to->status = (uint32_t)wc->status;
    to->vendor = wc->vendor_err;
    to->opcode = (uint32_t)wc->opcode;
    to->qp_num = wc->qp_num;
    if (wc->opcode != IBV_WC_RECV || wc->status != IBV_WC_SUCCESS)
        return;
    to->byte_len = wc->byte_len;
    to->src_qp = wc->src_qp;
    to->slid = wc->slid;
    to->flags = (uint32_t)wc->wc_flags;
    to->immediate = wc->wc_flags & IBV_WC_WITH_IMM ? wc->imm_data : 0;
    to->hash = hash_received(client, wc->wr_id, wc->byte_len);
}

int walk_exec_poll(struct walk_client *client, const struct walk_plan *plan,
                   struct walk_result *result)
{
    struct ibv_wc wc[WALK_MOST_POLLED];
    int got = ibv_poll_cq(client->cqs[plan->op.a[1]], plan->count, wc);

    if (got < 0)
        return -got;
    for (int i = 0; i < got && i < WALK_MOST_POLLED; i++)
        take(client, &wc[i], &result->wc[i]);
    result->count = got;
    return 0;
}

int walk_exec_poll_session(struct walk_client *client, const struct walk_op *op,
                           struct walk_result *result)
{
    struct ibv_cq_ex *cq = (struct ibv_cq_ex *)(void *)client->cqs[op->a[1]];
    struct ibv_poll_cq_attr attr = {0};
    struct ibv_wc wc;
    int error = op->kind == WALK_START_POLL ? ibv_start_poll(cq, &attr) : ibv_next_poll(cq);

    if (error)
        return error;
    memset(&wc, 0, sizeof wc);
    wc.wr_id = cq->wr_id;
    wc.status = cq->status;
    wc.vendor_err = ibv_wc_read_vendor_err(cq);
    wc.opcode = ibv_wc_read_opcode(cq);
    wc.qp_num = ibv_wc_read_qp_num(cq);
    wc.byte_len = ibv_wc_read_byte_len(cq);
    wc.src_qp = ibv_wc_read_src_qp(cq);
    wc.slid = (uint16_t)ibv_wc_read_slid(cq);
    wc.wc_flags = ibv_wc_read_wc_flags(cq);
    wc.imm_data = ibv_wc_read_imm_data(cq);
    take(client, &wc, &result->wc[0]);
    result->count = 1;
    return 0;
}
