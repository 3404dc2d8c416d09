/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Many queue pairs, deep queues, two threads. */
#include "crowd.h"

#include <stdio.h>
#include <stdlib.h>

#include "device/recv_descriptor.h"
#include "device/send_descriptor.h"
#include "os/compiler.h"
#include "platform.h"
#include "standin.h"

#define MANY 256
#define MANY_DEPTH 1024
#define DEEP 32768

/* A queue pair, and the descriptors of it that the device has read. */
struct member {
    struct ibv_qp *qp;
    uint32_t send_depth, recv_depth;
    uint32_t read_sends, read_recvs;
};

static struct crowd {
    struct ibv_cq_ex *cq;
    struct member many[MANY];
} crowd;

static struct deep {
    struct ibv_cq_ex *cq;
    struct member member;
    uint16_t outstanding[DEEP]; /* request ids, in no order */
    unsigned count;
    uint32_t random;
} deep;

static struct pair {
    struct ibv_cq_ex *cq;
    struct member members[2]; /* of the first and the second thread */
    unsigned posters;         /* how many of them were used */
    void *thread;
    uint32_t ready, go, done; /* atomic */
} threads;

static void make_member(struct bench_run *bench, struct member *member, struct ibv_cq_ex *cq,
                        uint32_t send_depth, uint32_t recv_depth)
{
    member->qp =
        bench_make_qp(bench->context, bench->pd, ibv_cq_ex_to_cq(cq), send_depth, recv_depth);
    member->send_depth = send_depth;
    member->recv_depth = recv_depth;
}

/* The request id of the next descriptor, as the device reads it. */
static uint16_t read_send(struct member *member)
{
    const struct efa_send_descriptor *ring = (const void *)standin_send_ring(member->qp);

    return ring[member->read_sends++ % member->send_depth].request_id;
}

static uint16_t read_recv(struct member *member)
{
    const struct efa_recv_descriptor *ring = (const void *)standin_recv_ring(member->qp);

    return ring[member->read_recvs++ % member->recv_depth].request_id;
}

static void complete_send(struct member *member)
{
    standin_complete_send(standin_cq_of(member->qp->send_cq), standin_sub_cq(member->qp, 0),
                          read_send(member), member->qp->qp_num);
}

static void complete_recv(struct member *member, uint16_t request_id)
{
    standin_complete_recv(standin_cq_of(member->qp->recv_cq), standin_sub_cq(member->qp, 1),
                          request_id, member->qp->qp_num);
}

static void poll_all(struct bench_run *bench, struct ibv_cq_ex *cq, unsigned count)
{
    struct ibv_wc wc[16];
    uint64_t sum = 0;

    for (unsigned i = 0; i < count; i += 16) {
        bench_must(ibv_poll_cq(ibv_cq_ex_to_cq(cq), 16, wc) == 16, "lost completions");
        sum += wc[0].wr_id;
    }
    bench->checksum += sum;
}

/* ---- many queue pairs ---- */

void many_open(struct bench_run *bench)
{
    if (crowd.cq)
        return;
    crowd.cq = bench_make_cq(bench, 4 * CHUNK);
    for (unsigned i = 0; i < MANY; i++)
        make_member(bench, &crowd.many[i], crowd.cq, MANY_DEPTH, MANY_DEPTH);
}

void many_send(struct bench_run *bench)
{
    struct ibv_send_wr *wr = bench_sends(bench, 1), *bad;
    int error = 0;

    for (unsigned i = 0; i < CHUNK; i++)
        error |= ibv_post_send(crowd.many[i % MANY].qp, wr, &bad);
    bench_must(!error, "post_send failed");
}

static void many_complete(void)
{
    for (unsigned i = 0; i < CHUNK; i++)
        complete_send(&crowd.many[i % MANY]);
}

void many_finish(struct bench_run *bench)
{
    many_complete();
    bench_drain(bench, ibv_cq_ex_to_cq(crowd.cq), CHUNK);
}

void many_prepare_poll(struct bench_run *bench)
{
    many_open(bench);
    many_send(bench);
    many_complete();
}

void many_poll(struct bench_run *bench)
{
    poll_all(bench, crowd.cq, CHUNK);
}

/* ---- a deep queue ---- */

static void note_posted(unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        deep.outstanding[deep.count++] = read_recv(&deep.member);
}

static void deep_post(struct bench_run *bench, unsigned count)
{
    struct ibv_recv_wr *bad;
    int error = 0;

    for (unsigned i = 0; i < count; i += 16)
        error |= ibv_post_recv(deep.member.qp, &bench->recv[0], &bad);
    bench_must(!error, "post_recv failed");
}

static void deep_open(struct bench_run *bench)
{
    if (deep.cq)
        return;
    deep.cq = bench_make_cq(bench, 4 * CHUNK);
    deep.random = 1;
    make_member(bench, &deep.member, deep.cq, 16, DEEP);
    deep_post(bench, DEEP);
    note_posted(DEEP);
}

/* The same sequence in every run. */
static uint16_t remove_any(void)
{
    unsigned index;
    uint16_t id;

    deep.random = deep.random * 1664525u + 1013904223u;
    index = (unsigned)(((uint64_t)deep.random * deep.count) >> 32);
    id = deep.outstanding[index];
    deep.outstanding[index] = deep.outstanding[--deep.count];
    return id;
}

void deep_prepare_poll(struct bench_run *bench)
{
    deep_open(bench);
    for (unsigned i = 0; i < CHUNK; i++)
        complete_recv(&deep.member, remove_any());
}

void deep_poll(struct bench_run *bench)
{
    poll_all(bench, deep.cq, CHUNK);
}

void deep_finish_poll(struct bench_run *bench)
{
    deep_post(bench, CHUNK);
    note_posted(CHUNK);
}

void deep_prepare_recv(struct bench_run *bench)
{
    deep_prepare_poll(bench);
    bench_drain(bench, ibv_cq_ex_to_cq(deep.cq), CHUNK);
}

void deep_recv(struct bench_run *bench)
{
    deep_post(bench, CHUNK);
}

void deep_finish_recv(struct bench_run *bench)
{
    (void)bench;
    note_posted(CHUNK);
}

/* ---- two threads ---- */

static void post_half(struct bench_run *bench, struct ibv_qp *qp)
{
    struct ibv_send_wr *wr = bench_sends(bench, 1), *bad;
    int error = 0;

    for (unsigned i = 0; i < CHUNK / 2; i++)
        error |= ibv_post_send(qp, wr, &bad);
    bench_must(!error, "post_send failed");
}

static void recv_half(struct bench_run *bench)
{
    struct ibv_recv_wr *bad;
    int error = 0;

    for (unsigned i = 0; i < CHUNK / 2; i += 16)
        error |= ibv_post_recv(threads.members[0].qp, &bench->recv[0], &bad);
    bench_must(!error, "post_recv failed");
}

/* On a busy machine the other thread may need this one's processor. */
static void wait_until_set(const uint32_t *flag)
{
    for (unsigned spins = 0; !efa_load_acquire_u32(flag); spins++) {
        if (spins < 1000)
            efa_cpu_relax();
        else
            platform_yield();
    }
}

static void wait_for_start(void)
{
    efa_store_release_u32(&threads.ready, 1);
    wait_until_set(&threads.go);
}

static void other_sender(void *bench)
{
    wait_for_start();
    post_half(bench, threads.members[threads.posters - 1].qp);
    efa_store_release_u32(&threads.done, 1);
}

static void other_receiver(void *bench)
{
    wait_for_start();
    recv_half(bench);
    efa_store_release_u32(&threads.done, 1);
}

/* The thread waits for the chunk to begin, so that its creation is not measured. */
static void start_other(struct bench_run *bench, void (*body)(void *bench))
{
    efa_store_relaxed_u32(&threads.ready, 0);
    efa_store_relaxed_u32(&threads.go, 0);
    efa_store_relaxed_u32(&threads.done, 0);
    threads.thread = platform_start_thread(body, bench);
    wait_until_set(&threads.ready);
}

static void threads_open(struct bench_run *bench)
{
    if (threads.cq)
        return;
    threads.cq = bench_make_cq(bench, 4 * CHUNK);
    for (unsigned i = 0; i < 2; i++)
        make_member(bench, &threads.members[i], threads.cq, CHUNK, CHUNK);
}

void threads_prepare_send(struct bench_run *bench)
{
    threads_open(bench);
    threads.posters = 1;
    start_other(bench, other_sender);
}

void threads_prepare_apart(struct bench_run *bench)
{
    threads_open(bench);
    threads.posters = 2;
    start_other(bench, other_sender);
}

void threads_send(struct bench_run *bench)
{
    efa_store_release_u32(&threads.go, 1);
    post_half(bench, threads.members[0].qp);
    wait_until_set(&threads.done);
}

void threads_finish_send(struct bench_run *bench)
{
    platform_join_thread(threads.thread);
    for (unsigned i = 0; i < CHUNK; i++)
        complete_send(&threads.members[i % threads.posters]);
    bench_drain(bench, ibv_cq_ex_to_cq(threads.cq), CHUNK);
}

/* Half the queue was posted and has completed; the other half is posted meanwhile. */
void threads_prepare_poll(struct bench_run *bench)
{
    threads_open(bench);
    recv_half(bench);
    for (unsigned i = 0; i < CHUNK / 2; i++)
        complete_recv(&threads.members[0], read_recv(&threads.members[0]));
    start_other(bench, other_receiver);
}

void threads_poll(struct bench_run *bench)
{
    efa_store_release_u32(&threads.go, 1);
    poll_all(bench, threads.cq, CHUNK / 2);
    wait_until_set(&threads.done);
}

void threads_finish_poll(struct bench_run *bench)
{
    platform_join_thread(threads.thread);
    for (unsigned i = 0; i < CHUNK / 2; i++)
        complete_recv(&threads.members[0], read_recv(&threads.members[0]));
    bench_drain(bench, ibv_cq_ex_to_cq(threads.cq), CHUNK / 2);
}

/* ---- the end ---- */

static void close_queue(struct ibv_cq_ex *cq)
{
    if (cq)
        bench_succeed(ibv_destroy_cq(ibv_cq_ex_to_cq(cq)), "ibv_destroy_cq");
}

static void close_member(const struct member *member)
{
    if (member->qp)
        bench_succeed(ibv_destroy_qp(member->qp), "ibv_destroy_qp");
}

void crowd_close(void)
{
    for (unsigned i = 0; i < MANY; i++)
        close_member(&crowd.many[i]);
    close_queue(crowd.cq);
    close_member(&deep.member);
    close_queue(deep.cq);
    for (unsigned i = 0; i < 2; i++)
        close_member(&threads.members[i]);
    close_queue(threads.cq);
}
