/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The steps of a life that move data. */
#include <string.h>

#include "life_internal.h"

static struct ibv_sge sge(const struct life *life, int mr, uint32_t offset, uint32_t length)
{
    return (struct ibv_sge){.addr = (uintptr_t)life->mrs[mr]->addr + offset,
                            .length = length,
                            .lkey = life->mrs[mr]->lkey};
}

static int post_recv(struct life *life, struct ibv_qp *qp, uint64_t wr_id)
{
    struct ibv_sge in = sge(life, MR_RECV, 0, LIFE_MEMORY / LIFE_MRS);
    struct ibv_recv_wr wr = {.wr_id = wr_id, .sg_list = &in, .num_sge = 1}, *bad = NULL;

    return ibv_post_recv(qp, &wr, &bad);
}

static int post_send(struct life *life, struct ibv_qp *qp, struct ibv_qp *to, uint64_t wr_id)
{
    struct ibv_sge out = sge(life, MR_SEND, 0, MESSAGE);
    struct ibv_send_wr wr, *bad = NULL;

    memset(&wr, 0, sizeof wr);
    wr.wr_id = wr_id;
    wr.sg_list = &out;
    wr.num_sge = 1;
    wr.opcode = IBV_WR_SEND_WITH_IMM;
    wr.imm_data = 0x01020304;
    wr.send_flags = IBV_SEND_SIGNALED;
    wr.wr.ud.ah = life->ahs[0];
    wr.wr.ud.remote_qpn = to->qp_num;
    wr.wr.ud.remote_qkey = LIFE_QKEY;
    return ibv_post_send(qp, &wr, &bad);
}

static void fresh_pattern(struct life *life)
{
    static unsigned char next = 1;

    next++;
    for (int i = 0; i < LIFE_MEMORY; i++)
        life->memory[i] = (unsigned char)(i < LIFE_MEMORY / LIFE_MRS ? i * 3 + next : 0);
}

static bool arrived(const struct life *life, uint32_t offset)
{
    const unsigned char *recv = life->mrs[MR_RECV]->addr;
    const unsigned char *send = life->mrs[MR_SEND]->addr;

    return memcmp(recv + offset, send, MESSAGE) == 0;
}

/* `count` completions of `status` come and no more; of a device that is gone, any or none. */
static int expect(struct life *life, struct ibv_cq *cq, int count, enum ibv_wc_status status)
{
    struct ibv_wc wc[2 * DEPTH];
    int got;

    efasim_inprocess_run(life->sim);
    got = ibv_poll_cq(cq, 2 * DEPTH, wc);
    if (life->is_gone)
        return 0;
    if (got != count)
        return life_wrong("the number of completions");
    for (int i = 0; i < got; i++)
        if (wc[i].status != status)
            return life_wrong("the status of a completion");
    return 0;
}

static int exchange(struct life *life, struct ibv_qp *from, struct ibv_qp *to, struct ibv_cq *cq,
                    uint32_t offset)
{
    int error;

    fresh_pattern(life);
    error = post_recv(life, to, 1);
    if (!error)
        error = post_send(life, from, to, 2);
    if (!error)
        error = expect(life, cq, 2, IBV_WC_SUCCESS);
    if (!error && !life->is_gone && !arrived(life, offset))
        return life_wrong("what arrived is not what was sent");
    return error;
}

static bool has_all(const struct life *life)
{
    for (int i = 0; i < LIFE_QPS; i++)
        if (!life->qps[i] || life->qps[i]->state != IBV_QPS_RTS)
            return false;
    for (int i = 0; i < LIFE_MRS; i++)
        if (!life->mrs[i])
            return false;
    return life->ahs[0] != NULL;
}

int life_ud_traffic(struct life *life, int unused)
{
    int error;

    (void)unused;
    NEEDS(has_all(life));
    error = exchange(life, life->qps[QP_UD], life->qps[QP_UD_EX], life->cq, GRH);
    if (error)
        return error;
    return exchange(life, life->qps[QP_UD_EX], life->qps[QP_UD], life->cq, GRH);
}

int life_srd_traffic(struct life *life, int unused)
{
    struct ibv_cq *cq = ibv_cq_ex_to_cq(life->extended);
    int error;

    (void)unused;
    NEEDS(has_all(life));
    error = exchange(life, life->qps[QP_SRD], life->qps[QP_SRD_EX], cq, 0);
    return error ? error : exchange(life, life->qps[QP_SRD_EX], life->qps[QP_SRD], cq, 0);
}

/* One session of a send, an inline send and a read, polled by a session. */
int life_sessions(struct life *life, int unused)
{
    struct ibv_qp_ex *qp = ibv_qp_to_qp_ex(life->qps[QP_SRD_EX]);
    struct ibv_poll_cq_attr attr = {0};
    struct ibv_sge out, in;
    int count = 0;

    (void)unused;
    NEEDS(has_all(life));
    fresh_pattern(life);
    memcpy(life->mrs[MR_REMOTE]->addr, life->mrs[MR_SEND]->addr, MESSAGE);
    out = sge(life, MR_SEND, 0, MESSAGE);
    in = sge(life, MR_RECV, 0, MESSAGE);
    for (int i = 0; i < 2; i++)
        if (post_recv(life, life->qps[QP_SRD], 10) && !life->is_gone)
            return life_wrong("a receive was rejected");
    ibv_wr_start(qp);
    qp->wr_flags = IBV_SEND_SIGNALED;
    ibv_wr_send(qp);
    ibv_wr_set_sge(qp, out.lkey, out.addr, out.length);
    ibv_wr_set_ud_addr(qp, life->ahs[0], life->qps[QP_SRD]->qp_num, LIFE_QKEY);
    ibv_wr_send_imm(qp, 7);
    ibv_wr_set_inline_data(qp, life->memory, 16);
    ibv_wr_set_ud_addr(qp, life->ahs[0], life->qps[QP_SRD]->qp_num, LIFE_QKEY);
    ibv_wr_rdma_read(qp, life->mrs[MR_REMOTE]->rkey, (uintptr_t)life->mrs[MR_REMOTE]->addr);
    ibv_wr_set_sge(qp, in.lkey, in.addr, in.length);
    ibv_wr_set_ud_addr(qp, life->ahs[0], life->qps[QP_SRD]->qp_num, LIFE_QKEY);
    if (ibv_wr_complete(qp))
        return life_wrong("a session was rejected");
    efasim_inprocess_run(life->sim);
    if (ibv_start_poll(life->extended, &attr) == 0) {
        do {
            count++;
            if (!life->is_gone && life->extended->status != IBV_WC_SUCCESS)
                return life_wrong("the status of a completion in a session");
        } while (ibv_next_poll(life->extended) == 0);
        ibv_end_poll(life->extended);
    }
    if (life->is_gone)
        return 0;
    return count == 5 && arrived(life, 0) ? 0 : life_wrong("what the sessions moved");
}

/* The queue pair without receives, on the CQ that one thread has for itself. */
int life_send_alone(struct life *life, int unused)
{
    int error;

    (void)unused;
    NEEDS(has_all(life));
    error = post_recv(life, life->qps[QP_SRD], 20);
    if (!error)
        error = post_send(life, life->qps[QP_SENDER], life->qps[QP_SRD], 21);
    /* The address handle and the buffer belong to the PD below its parent domain. */
    if (!error)
        error = expect(life, life->single, 1, IBV_WC_SUCCESS);
    return error ? error : expect(life, ibv_cq_ex_to_cq(life->extended), 1, IBV_WC_SUCCESS);
}

int life_post_some(struct life *life, int unused)
{
    int error = 0;

    (void)unused;
    NEEDS(has_all(life));
    for (uint64_t i = 0; i < 3 && !error; i++)
        error = post_recv(life, life->qps[QP_UD], i);
    return error;
}

/* What was outstanding in a queue pair that went to ERR. */
int life_flushed(struct life *life, int unused)
{
    (void)unused;
    NEEDS(life->qps[QP_UD] && life->qps[QP_UD]->state == IBV_QPS_ERR);
    return expect(life, life->cq, life->has_no_states ? 0 : 3, IBV_WC_WR_FLUSH_ERR);
}
