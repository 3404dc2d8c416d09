/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The objects that workloads run on. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "workload.h"

void *bench_need(void *object, const char *what)
{
    if (!object) {
        perror(what);
        exit(1);
    }
    return object;
}

void bench_succeed(int error, const char *what)
{
    if (error) {
        fprintf(stderr, "%s: %s\n", what, strerror(error));
        exit(1);
    }
}

void bench_fail(const char *what)
{
    fprintf(stderr, "benchmark: %s\n", what);
    exit(1);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

void bench_sort(double *values, size_t count)
{
    qsort(values, count, sizeof values[0], compare);
}

static struct ibv_pd *make_pd(struct ibv_context *context, int thread_domain)
{
    struct ibv_parent_domain_init_attr parent;
    struct ibv_td_init_attr td;

    memset(&parent, 0, sizeof parent);
    memset(&td, 0, sizeof td);
    parent.pd = bench_need(ibv_alloc_pd(context), "ibv_alloc_pd");
    if (!thread_domain)
        return parent.pd;
    parent.td = bench_need(ibv_alloc_td(context, &td), "ibv_alloc_td");
    return bench_need(ibv_alloc_parent_domain(context, &parent), "ibv_alloc_parent_domain");
}

struct ibv_qp *bench_create_qp(struct ibv_context *context, struct ibv_pd *pd, struct ibv_cq *cq,
                               uint32_t send_depth, uint32_t recv_depth)
{
    struct ibv_qp_init_attr_ex attr;
    struct efadv_qp_init_attr efa_attr;

    memset(&attr, 0, sizeof attr);
    memset(&efa_attr, 0, sizeof efa_attr);
    attr.send_cq = cq;
    attr.recv_cq = cq;
    attr.cap.max_send_wr = send_depth;
    attr.cap.max_recv_wr = recv_depth;
    attr.cap.max_send_sge = 2;
    attr.cap.max_recv_sge = 1;
    attr.cap.max_inline_data = 32;
    attr.qp_type = IBV_QPT_DRIVER;
    attr.comp_mask = IBV_QP_INIT_ATTR_PD | IBV_QP_INIT_ATTR_SEND_OPS_FLAGS;
    attr.pd = pd;
    attr.send_ops_flags = IBV_QP_EX_WITH_SEND | IBV_QP_EX_WITH_SEND_WITH_IMM;
    return bench_need(efadv_create_qp_ex(context, &attr, &efa_attr, sizeof efa_attr),
                      "efadv_create_qp_ex");
}

void bench_make_ready(struct ibv_qp *qp)
{
    struct ibv_qp_attr state;

    memset(&state, 0, sizeof state);
    state.port_num = 1;
    state.qp_state = IBV_QPS_INIT;
    bench_succeed(
        ibv_modify_qp(qp, &state, IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_QKEY),
        "ibv_modify_qp to INIT");
    state.qp_state = IBV_QPS_RTR;
    bench_succeed(ibv_modify_qp(qp, &state, IBV_QP_STATE), "ibv_modify_qp to RTR");
    state.qp_state = IBV_QPS_RTS;
    bench_succeed(ibv_modify_qp(qp, &state, IBV_QP_STATE | IBV_QP_SQ_PSN), "ibv_modify_qp to RTS");
}

struct ibv_qp *bench_make_qp(struct ibv_context *context, struct ibv_pd *pd, struct ibv_cq *cq,
                             uint32_t send_depth, uint32_t recv_depth)
{
    struct ibv_qp *qp = bench_create_qp(context, pd, cq, send_depth, recv_depth);

    bench_make_ready(qp);
    return qp;
}

static void make_requests(struct bench_run *bench)
{
    bench->sge.addr = (uintptr_t)bench->payload;
    bench->sge.length = 32;
    bench->sge.lkey = 0x1234;
    for (int i = 0; i < 64; i++) {
        struct ibv_send_wr *send = &bench->send[i];

        send->wr_id = (uint64_t)i;
        /* Lists of 64, 16 and 1, which share their last requests. */
        send->next = i < 63 ? send + 1 : NULL;
        send->sg_list = &bench->sge;
        send->num_sge = 1;
        send->opcode = IBV_WR_SEND;
        send->send_flags = IBV_SEND_SIGNALED;
        send->wr.ud.ah = bench->ah;
        send->wr.ud.remote_qpn = 1;
        send->wr.ud.remote_qkey = 0x11111111;
    }
    for (int i = 0; i < 16; i++) {
        struct ibv_recv_wr *recv = &bench->recv[i];

        recv->wr_id = (uint64_t)i;
        recv->next = i < 15 ? recv + 1 : NULL;
        recv->sg_list = &bench->sge;
        recv->num_sge = 1;
    }
}

struct ibv_context *bench_open_device(void)
{
    struct ibv_device **list = bench_need(ibv_get_device_list(NULL), "ibv_get_device_list");
    struct ibv_context *context =
        bench_need(list[0] ? ibv_open_device(list[0]) : NULL, "ibv_open_device");

    ibv_free_device_list(list);
    return context;
}

struct ibv_cq_ex *bench_make_cq(struct bench_run *bench, uint32_t depth)
{
    struct ibv_cq_init_attr_ex attr;

    memset(&attr, 0, sizeof attr);
    attr.cqe = depth;
    attr.wc_flags = IBV_WC_STANDARD_FLAGS;
    if (bench->thread_domain) {
        attr.comp_mask = IBV_CQ_INIT_ATTR_MASK_PD;
        attr.parent_domain = bench->pd;
    }
    return bench_need(ibv_create_cq_ex(bench->context, &attr), "ibv_create_cq_ex");
}

struct ibv_send_wr *bench_sends(struct bench_run *bench, unsigned count)
{
    return &bench->send[64 - count];
}

void bench_drain(struct bench_run *bench, struct ibv_cq *cq, unsigned count)
{
    struct ibv_wc wc[64];
    unsigned got = 0;

    for (;;) {
        int n = ibv_poll_cq(cq, 64, wc);

        if (n <= 0)
            break;
        got += (unsigned)n;
        bench->checksum += wc[0].wr_id;
    }
    if (got != count) {
        fprintf(stderr, "benchmark: %u of %u completions\n", got, count);
        exit(1);
    }
}

void bench_open(struct bench_run *bench, int thread_domain)
{
    struct ibv_ah_attr ah_attr;

    memset(bench, 0, sizeof *bench);
    bench->context = bench_open_device();
    bench->thread_domain = thread_domain;
    bench->pd = make_pd(bench->context, thread_domain);

    bench->cq_ex = bench_make_cq(bench, 4 * CHUNK);
    bench->cq = ibv_cq_ex_to_cq(bench_make_cq(bench, 4 * CHUNK));

    memset(&ah_attr, 0, sizeof ah_attr);
    ah_attr.is_global = 1;
    ah_attr.port_num = 1;
    bench_succeed(ibv_query_gid(bench->context, 1, 0, &ah_attr.grh.dgid), "ibv_query_gid");
    bench->ah = bench_need(ibv_create_ah(bench->pd, &ah_attr), "ibv_create_ah");
    bench->qp =
        bench_make_qp(bench->context, bench->pd, ibv_cq_ex_to_cq(bench->cq_ex), CHUNK, CHUNK);
    bench->qp_ex = bench_need(ibv_qp_to_qp_ex(bench->qp), "ibv_qp_to_qp_ex");
    bench->qp_plain = bench_make_qp(bench->context, bench->pd, bench->cq, CHUNK, CHUNK);
    make_requests(bench);
}

/* The PDs and the domain are freed with the process, which measures nothing else. */
void bench_close(struct bench_run *bench)
{
    bench_succeed(ibv_destroy_qp(bench->qp), "ibv_destroy_qp");
    bench_succeed(ibv_destroy_qp(bench->qp_plain), "ibv_destroy_qp");
    bench_succeed(ibv_destroy_cq(bench->cq), "ibv_destroy_cq");
    bench_succeed(ibv_destroy_cq(ibv_cq_ex_to_cq(bench->cq_ex)), "ibv_destroy_cq");
}
