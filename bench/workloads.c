/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The workloads. A chunk has only the library's calls and the loop around them. The device's part,
 * and restoring the queues, are in prepare and finish.
 */
#include <stdio.h>
#include <stdlib.h>

#include "device/recv_descriptor.h"
#include "device/send_descriptor.h"
#include "crowd.h"
#include "direct.h"
#include "standin.h"
#include "workload.h"

/* Writes a completion for each outstanding request, which it reads from the rings like a device. */
static void complete_sends(struct bench_run *bench, struct ibv_qp *qp, int which, unsigned count)
{
    const struct efa_send_descriptor *ring = (const void *)standin_send_ring(qp);
    struct standin_cq *cq = standin_cq_of(qp->send_cq);

    for (unsigned i = 0; i < count; i++)
        standin_complete_send(cq, standin_sub_cq(qp, 0),
                              ring[bench->posted_sends[which]++ % CHUNK].request_id, qp->qp_num);
}

static void complete_recvs(struct bench_run *bench, struct ibv_qp *qp, int which, unsigned count)
{
    const struct efa_recv_descriptor *ring = (const void *)standin_recv_ring(qp);
    struct standin_cq *cq = standin_cq_of(qp->recv_cq);

    for (unsigned i = 0; i < count; i++)
        standin_complete_recv(cq, standin_sub_cq(qp, 1),
                              ring[bench->posted_recvs[which]++ % CHUNK].request_id, qp->qp_num);
}

static void nothing(struct bench_run *bench)
{
    (void)bench;
}

/* ---- posting ---- */

static void finish_sends(struct bench_run *bench)
{
    complete_sends(bench, bench->qp, 0, CHUNK);
    bench_drain(bench, bench->qp->send_cq, CHUNK);
}

static void finish_recvs(struct bench_run *bench)
{
    complete_recvs(bench, bench->qp, 0, CHUNK);
    bench_drain(bench, bench->qp->recv_cq, CHUNK);
}

static void post_send_1(struct bench_run *bench)
{
    struct ibv_qp *qp = bench->qp;
    struct ibv_send_wr *wr = &bench->send[63], *bad;
    int error = 0;

    for (unsigned i = 0; i < CHUNK; i++)
        error |= ibv_post_send(qp, wr, &bad);
    bench_must(!error, "post_send failed");
}

/*
 * As programs do: the request is built on the stack just before the call, member by member. So the
 * call loads what was stored very recently.
 */
static inline struct ibv_sge fresh_buffer(const struct bench_run *bench, unsigned i)
{
    struct ibv_sge sge = {(uintptr_t)bench->payload + i % 2, bench->sge.length, bench->sge.lkey};

    return sge;
}

static void post_send_fresh(struct bench_run *bench)
{
    struct ibv_qp *qp = bench->qp;
    struct ibv_ah *ah = bench->ah;
    struct ibv_send_wr *bad;
    int error = 0;

    for (unsigned i = 0; i < CHUNK; i++) {
        struct ibv_sge sge = fresh_buffer(bench, i);
        struct ibv_send_wr wr = {.wr_id = i, .sg_list = &sge, .num_sge = 1};

        wr.opcode = bench->send[63].opcode;
        wr.send_flags = bench->send[63].send_flags;
        wr.wr.ud.ah = ah;
        wr.wr.ud.remote_qpn = 1;
        wr.wr.ud.remote_qkey = 0x11111111;
        error |= ibv_post_send(qp, &wr, &bad);
    }
    bench_must(!error, "post_send failed");
}

static void post_send_16(struct bench_run *bench)
{
    struct ibv_send_wr *bad;
    int error = 0;

    for (unsigned i = 0; i < CHUNK; i += 16)
        error |= ibv_post_send(bench->qp, &bench->send[48], &bad);
    bench_must(!error, "post_send failed");
}

static void post_send_64(struct bench_run *bench)
{
    struct ibv_send_wr *bad;
    int error = 0;

    for (unsigned i = 0; i < CHUNK; i += 64)
        error |= ibv_post_send(bench->qp, &bench->send[0], &bad);
    bench_must(!error, "post_send failed");
}

static void set_inline_flag(struct bench_run *bench)
{
    for (unsigned i = 0; i < 64; i++)
        bench->send[i].send_flags = IBV_SEND_SIGNALED | IBV_SEND_INLINE;
}

static void finish_inline_sends(struct bench_run *bench)
{
    for (unsigned i = 0; i < 64; i++)
        bench->send[i].send_flags = IBV_SEND_SIGNALED;
    finish_sends(bench);
}

static inline void session_send(struct bench_run *bench, struct ibv_qp_ex *qp, struct ibv_ah *ah,
                                uint64_t wr_id)
{
    qp->wr_id = wr_id;
    qp->wr_flags = IBV_SEND_SIGNALED;
    ibv_wr_send(qp);
    ibv_wr_set_sge(qp, 0x1234, (uintptr_t)bench->payload, 32);
    ibv_wr_set_ud_addr(qp, ah, 1, 0x11111111);
}

static void wr_session_1(struct bench_run *bench)
{
    struct ibv_qp_ex *qp = bench->qp_ex;
    struct ibv_ah *ah = bench->ah;
    int error = 0;

    for (unsigned i = 0; i < CHUNK; i++) {
        ibv_wr_start(qp);
        session_send(bench, qp, ah, i);
        error |= ibv_wr_complete(qp);
    }
    bench_must(!error, "wr_complete failed");
}

static inline void wr_sessions(struct bench_run *bench, unsigned size)
{
    struct ibv_qp_ex *qp = bench->qp_ex;
    struct ibv_ah *ah = bench->ah;
    int error = 0;

    for (unsigned i = 0; i < CHUNK; i += size) {
        ibv_wr_start(qp);
        for (unsigned j = 0; j < size; j++)
            session_send(bench, qp, ah, i + j);
        error |= ibv_wr_complete(qp);
    }
    bench_must(!error, "wr_complete failed");
}

static void wr_session_16(struct bench_run *bench)
{
    wr_sessions(bench, 16);
}

static void wr_session_64(struct bench_run *bench)
{
    wr_sessions(bench, 64);
}

static void wr_session_inline(struct bench_run *bench)
{
    struct ibv_qp_ex *qp = bench->qp_ex;
    struct ibv_ah *ah = bench->ah;
    int error = 0;

    for (unsigned i = 0; i < CHUNK; i++) {
        ibv_wr_start(qp);
        qp->wr_id = i;
        qp->wr_flags = IBV_SEND_SIGNALED;
        ibv_wr_send(qp);
        ibv_wr_set_inline_data(qp, bench->payload, 32);
        ibv_wr_set_ud_addr(qp, ah, 1, 0x11111111);
        error |= ibv_wr_complete(qp);
    }
    bench_must(!error, "wr_complete failed");
}

static void post_recv_1(struct bench_run *bench)
{
    struct ibv_qp *qp = bench->qp;
    struct ibv_recv_wr *wr = &bench->recv[15], *bad;
    int error = 0;

    for (unsigned i = 0; i < CHUNK; i++)
        error |= ibv_post_recv(qp, wr, &bad);
    bench_must(!error, "post_recv failed");
}

static void post_recv_fresh(struct bench_run *bench)
{
    struct ibv_qp *qp = bench->qp;
    struct ibv_recv_wr *bad;
    int error = 0;

    for (unsigned i = 0; i < CHUNK; i++) {
        struct ibv_sge sge = fresh_buffer(bench, i);
        struct ibv_recv_wr wr = {.wr_id = i, .sg_list = &sge, .num_sge = 1};

        error |= ibv_post_recv(qp, &wr, &bad);
    }
    bench_must(!error, "post_recv failed");
}

/* Like libfabric: a list of buffers, usually with one. */
static void wr_session_list(struct bench_run *bench)
{
    struct ibv_qp_ex *qp = bench->qp_ex;
    struct ibv_ah *ah = bench->ah;
    int error = 0;

    for (unsigned i = 0; i < CHUNK; i++) {
        struct ibv_sge sge = fresh_buffer(bench, i);

        ibv_wr_start(qp);
        qp->wr_id = i;
        qp->wr_flags = IBV_SEND_SIGNALED;
        ibv_wr_send(qp);
        ibv_wr_set_sge_list(qp, 1, &sge);
        ibv_wr_set_ud_addr(qp, ah, 1, 0x11111111);
        error |= ibv_wr_complete(qp);
    }
    bench_must(!error, "wr_complete failed");
}

static void post_recv_16(struct bench_run *bench)
{
    struct ibv_recv_wr *bad;
    int error = 0;

    for (unsigned i = 0; i < CHUNK; i += 16)
        error |= ibv_post_recv(bench->qp, &bench->recv[0], &bad);
    bench_must(!error, "post_recv failed");
}

/* ---- polling ---- */

static void post_recvs_on(struct bench_run *bench, struct ibv_qp *qp, unsigned count)
{
    struct ibv_recv_wr *bad;

    for (unsigned i = 0; i < count; i += 16)
        bench_must(!ibv_post_recv(qp, &bench->recv[0], &bad), "post_recv failed");
}

static void post_sends_on(struct bench_run *bench, struct ibv_qp *qp, unsigned count)
{
    struct ibv_send_wr *bad;

    for (unsigned i = 0; i < count; i += 16)
        bench_must(!ibv_post_send(qp, &bench->send[48], &bad), "post_send failed");
}

static void prepare_recvs_plain(struct bench_run *bench)
{
    post_recvs_on(bench, bench->qp_plain, CHUNK);
    complete_recvs(bench, bench->qp_plain, 1, CHUNK);
}

static void prepare_recvs(struct bench_run *bench)
{
    post_recvs_on(bench, bench->qp, CHUNK);
    complete_recvs(bench, bench->qp, 0, CHUNK);
}

static void prepare_sends(struct bench_run *bench)
{
    post_sends_on(bench, bench->qp, CHUNK);
    complete_sends(bench, bench->qp, 0, CHUNK);
}

static void poll_1(struct bench_run *bench)
{
    struct ibv_cq *cq = bench->cq;
    struct ibv_wc wc;
    uint64_t sum = 0;

    for (unsigned i = 0; i < CHUNK; i++) {
        bench_must(ibv_poll_cq(cq, 1, &wc) == 1, "lost a completion");
        sum += wc.wr_id;
    }
    bench->checksum += sum;
}

static void poll_16(struct bench_run *bench)
{
    struct ibv_wc wc[16];
    uint64_t sum = 0;

    for (unsigned i = 0; i < CHUNK; i += 16) {
        bench_must(ibv_poll_cq(bench->cq, 16, wc) == 16, "lost completions");
        sum += wc[0].wr_id;
    }
    bench->checksum += sum;
}

static void poll_empty(struct bench_run *bench)
{
    struct ibv_cq *cq = bench->cq;
    struct ibv_wc wc;
    int sum = 0;

    for (unsigned i = 0; i < CHUNK; i++)
        sum += ibv_poll_cq(cq, 1, &wc);
    bench_must(sum == 0, "a completion from nowhere");
}

/* 32-bit sums, because the values have 32 bits and the loop should cost very little. */
static inline uint32_t read_7(struct ibv_cq_ex *cq)
{
    return (uint32_t)cq->wr_id + ibv_wc_read_opcode(cq) + ibv_wc_read_qp_num(cq) +
           ibv_wc_read_vendor_err(cq) + ibv_wc_read_wc_flags(cq) + ibv_wc_read_byte_len(cq) +
           ibv_wc_read_src_qp(cq) + ibv_wc_read_slid(cq);
}

static inline uint32_t read_3(struct ibv_cq_ex *cq)
{
    return (uint32_t)cq->wr_id + ibv_wc_read_opcode(cq) + ibv_wc_read_qp_num(cq) +
           ibv_wc_read_vendor_err(cq);
}

/* One completion a session, like the reference figures. */
static void poll_ex_7(struct bench_run *bench)
{
    struct ibv_poll_cq_attr attr = {0};
    struct ibv_cq_ex *cq = bench->cq_ex;
    uint32_t sum = 0;

    for (unsigned i = 0; i < CHUNK; i++) {
        bench_must(!ibv_start_poll(cq, &attr), "lost a completion");
        sum += read_7(cq);
        ibv_end_poll(cq);
    }
    bench->checksum += sum;
}

static void poll_ex_3(struct bench_run *bench)
{
    struct ibv_poll_cq_attr attr = {0};
    struct ibv_cq_ex *cq = bench->cq_ex;
    uint32_t sum = 0;

    for (unsigned i = 0; i < CHUNK; i++) {
        bench_must(!ibv_start_poll(cq, &attr), "lost a completion");
        sum += read_3(cq);
        ibv_end_poll(cq);
    }
    bench->checksum += sum;
}

/*
 * The call pattern of libfabric's EFA provider, half sends and half receives: sessions of 16 sends,
 * reads of up to 50 completions of both, receives reposted in lists of 16. An operation is a
 * completion and a post.
 */
static void prepare_user(struct bench_run *bench)
{
    post_sends_on(bench, bench->qp, CHUNK / 2);
    complete_sends(bench, bench->qp, 0, CHUNK / 2);
    post_recvs_on(bench, bench->qp, CHUNK / 2);
    complete_recvs(bench, bench->qp, 0, CHUNK / 2);
}

static void user(struct bench_run *bench)
{
    struct ibv_poll_cq_attr attr = {0};
    struct ibv_qp_ex *qp = bench->qp_ex;
    struct ibv_ah *ah = bench->ah;
    struct ibv_recv_wr *bad;
    unsigned read = 0, reposted = 0;
    uint64_t sum = 0;
    int error = 0;

    for (unsigned i = 0; i < CHUNK / 2; i += 16) {
        ibv_wr_start(qp);
        for (unsigned j = 0; j < 16; j++)
            session_send(bench, qp, ah, i + j);
        error |= ibv_wr_complete(qp);
    }
    while (read < CHUNK) {
        unsigned batch = 0;

        error |= ibv_start_poll(bench->cq_ex, &attr);
        for (;;) {
            sum += read_7(bench->cq_ex);
            read++;
            if (++batch == 50 || ibv_next_poll(bench->cq_ex))
                break;
        }
        ibv_end_poll(bench->cq_ex);
        for (; 2 * (reposted + 16) <= read; reposted += 16)
            error |= ibv_post_recv(bench->qp, &bench->recv[0], &bad);
    }
    bench->checksum += sum;
    bench_must(!error, "the user's profile failed");
}

static void finish_user(struct bench_run *bench)
{
    complete_sends(bench, bench->qp, 0, CHUNK / 2);
    complete_recvs(bench, bench->qp, 0, CHUNK / 2);
    bench_drain(bench, bench->qp->send_cq, CHUNK);
}

const struct workload workloads[] = {
    {"post_send_1", "post_send, 1 request a call", nothing, post_send_1, finish_sends, 0, 0},
    {"post_send_fresh", "post_send, request just written", nothing, post_send_fresh, finish_sends,
     0, 0},
    {"post_send_16", "post_send, list of 16", nothing, post_send_16, finish_sends, 0, 0},
    {"post_send_64", "post_send, list of 64", nothing, post_send_64, finish_sends, 0, 0},
    {"post_send_inline", "post_send, 32 bytes inline", set_inline_flag, post_send_1,
     finish_inline_sends, 0, 0},
    {"post_send_inline_16", "post_send, 32 bytes inline, list of 16", set_inline_flag, post_send_16,
     finish_inline_sends, 0, 0},
    {"wr_session_1", "wr_* session of 1", nothing, wr_session_1, finish_sends, 0, 0},
    {"wr_session_16", "wr_* session of 16", nothing, wr_session_16, finish_sends, 0, 0},
    {"wr_session_64", "wr_* session of 64", nothing, wr_session_64, finish_sends, 0, 0},
    {"wr_list", "wr_* session of 1, list just written", nothing, wr_session_list, finish_sends, 0,
     0},
    {"wr_inline", "wr_* session of 1, 32 bytes inline", nothing, wr_session_inline, finish_sends, 0,
     0},
    {"poll_cq_1", "poll_cq, 1 a call", prepare_recvs_plain, poll_1, nothing, 0, 0},
    {"poll_cq_16", "poll_cq, 16 a call", prepare_recvs_plain, poll_16, nothing, 0, 0},
    {"poll_cq_empty", "poll_cq, empty, two sub-CQs", nothing, poll_empty, nothing, 0, 0},
    {"poll_ex_7", "start/end_poll with 7 reads, receive", prepare_recvs, poll_ex_7, nothing, 0, 0},
    {"poll_ex_3", "start/end_poll with 3 reads, send", prepare_sends, poll_ex_3, nothing, 0, 0},
    {"post_recv_1", "post_recv, 1 a call", nothing, post_recv_1, finish_recvs, 0, 0},
    {"post_recv_fresh", "post_recv, request just written", nothing, post_recv_fresh, finish_recvs,
     0, 0},
    {"post_recv_16", "post_recv, list of 16", nothing, post_recv_16, finish_recvs, 0, 0},
    {"large_user", "one large user: 16 sends, 50 reads", prepare_user, user, finish_user, 0, 0},
    {"limited_post_1", "limited: post_send, 1 request a call", nothing, post_send_1, finish_sends,
     1, 0},
    {"limited_post_16", "limited: post_send, list of 16", nothing, post_send_16, finish_sends, 1,
     0},
    {"limited_post_64", "limited: post_send, list of 64", nothing, post_send_64, finish_sends, 1,
     0},
    {"limited_inline", "limited: post_send, 32 bytes inline", set_inline_flag, post_send_1,
     finish_inline_sends, 1, 0},
    {"limited_session_1", "limited: wr_* session of 1", nothing, wr_session_1, finish_sends, 1, 0},
    {"limited_session_16", "limited: wr_* session of 16", nothing, wr_session_16, finish_sends, 1,
     0},
    {"limited_session_64", "limited: wr_* session of 64", nothing, wr_session_64, finish_sends, 1,
     0},
    {"limited_user", "limited: one large user", prepare_user, user, finish_user, 1, 0},
    {"many_send", "post_send, 256 queue pairs in turn", many_open, many_send, many_finish, 0, 0},
    {"many_poll", "poll_cq, 16 a call, of 256 queue pairs", many_prepare_poll, many_poll, nothing,
     0, 0},
    {"deep_recv", "post_recv x16, 32,768 in shuffled order", deep_prepare_recv, deep_recv,
     deep_finish_recv, 0, 0},
    {"deep_poll", "poll_cq x16, 32,768 in shuffled order", deep_prepare_poll, deep_poll,
     deep_finish_poll, 0, 0},
    {"threads_send", "2 threads: post_send, one queue pair", threads_prepare_send, threads_send,
     threads_finish_send, 0, 1},
    {"threads_apart", "2 threads: post_send, a queue pair each", threads_prepare_apart,
     threads_send, threads_finish_send, 0, 1},
    {"threads_poll", "2 threads: one posts, one polls", threads_prepare_poll, threads_poll,
     threads_finish_poll, 0, 1},
    {"direct_send_1", "direct: a send, a doorbell each", nothing, direct_send_1,
     direct_finish_sends, 0, 0},
    {"direct_send_16", "direct: sends, a doorbell for 16", nothing, direct_send_16,
     direct_finish_sends, 0, 0},
    {"direct_poll", "direct: a completion, 7 fields read", direct_prepare_poll, direct_poll,
     nothing, 0, 0},
    {"direct_recv_1", "direct: a receive, a doorbell each", nothing, direct_recv_1,
     direct_finish_recvs, 0, 0},
    {"direct_recv_16", "direct: receives, a doorbell for 16", nothing, direct_recv_16,
     direct_finish_recvs, 0, 0},
};

const unsigned workload_count = sizeof workloads / sizeof workloads[0];
