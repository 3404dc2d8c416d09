/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Creating and destroying objects on a driver that does nothing. */
#include "control.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "platform.h"
#include "standin.h"
#include "workload.h"

#define ROUNDS 101
#define BATCH 8 /* calls that are timed together */

/* Shared by all measured objects. */
static struct control {
    struct bench_run bench;
    struct ibv_cq *cq;
    unsigned char memory[4096];
    union ibv_gid gid;
} control;

struct object {
    const char *name;
    const char *label;
    void *(*create)(uint32_t depth);
    int (*destroy)(void *object);
    uint32_t depth;
};

static void *create_context(uint32_t depth)
{
    (void)depth;
    return bench_open_device();
}

static int destroy_context(void *context)
{
    return ibv_close_device(context);
}

static void *create_pd(uint32_t depth)
{
    (void)depth;
    return ibv_alloc_pd(control.bench.context);
}

static int destroy_pd(void *pd)
{
    return ibv_dealloc_pd(pd);
}

static void *create_mr(uint32_t depth)
{
    (void)depth;
    return ibv_reg_mr(control.bench.pd, control.memory, sizeof control.memory,
                      IBV_ACCESS_LOCAL_WRITE);
}

static int destroy_mr(void *mr)
{
    return ibv_dereg_mr(mr);
}

static void *create_ah(uint32_t depth)
{
    struct ibv_ah_attr attr;

    (void)depth;
    memset(&attr, 0, sizeof attr);
    attr.is_global = 1;
    attr.port_num = 1;
    attr.grh.dgid = control.gid;
    return ibv_create_ah(control.bench.pd, &attr);
}

static int destroy_ah(void *ah)
{
    return ibv_destroy_ah(ah);
}

static void *create_cq(uint32_t depth)
{
    return bench_make_cq(&control.bench, depth);
}

static int destroy_cq(void *cq)
{
    return ibv_destroy_cq(ibv_cq_ex_to_cq(cq));
}

static uint32_t send_depth(uint32_t depth)
{
    return depth < 4096 ? depth : 4096;
}

static void *create_qp(uint32_t depth)
{
    return bench_create_qp(control.bench.context, control.bench.pd, control.cq, send_depth(depth),
                           depth);
}

static void *create_ready_qp(uint32_t depth)
{
    struct ibv_qp *qp = create_qp(depth);

    bench_make_ready(qp);
    return qp;
}

/* Every slot of both queues is used once, in lists of 16. */
static void *create_qp_and_post(uint32_t depth)
{
    struct ibv_qp *qp = create_ready_qp(depth);
    struct ibv_send_wr *bad_send;
    struct ibv_recv_wr *bad_recv;
    int error = 0;

    for (uint32_t i = 0; i < send_depth(depth); i += 16)
        error |= ibv_post_send(qp, bench_sends(&control.bench, 16), &bad_send);
    for (uint32_t i = 0; i < depth; i += 16)
        error |= ibv_post_recv(qp, &control.bench.recv[0], &bad_recv);
    bench_succeed(error, "the first posts");
    return qp;
}

static int destroy_qp(void *qp)
{
    return ibv_destroy_qp(qp);
}

/* A completion queue with 16 queue pairs; the figures are of the queue. */
static struct ibv_qp *users[16];

static void *create_cq_with_users(uint32_t depth)
{
    struct ibv_cq_ex *cq = create_cq(depth);

    for (unsigned i = 0; i < 16; i++)
        users[i] =
            bench_make_qp(control.bench.context, control.bench.pd, ibv_cq_ex_to_cq(cq), 16, 16);
    return cq;
}

static int destroy_cq_with_users(void *cq)
{
    for (unsigned i = 0; i < 16; i++)
        bench_succeed(ibv_destroy_qp(users[i]), "ibv_destroy_qp");
    return destroy_cq(cq);
}

static const struct object objects[] = {
    {"context", "context", create_context, destroy_context, 0},
    {"pd", "protection domain", create_pd, destroy_pd, 0},
    {"mr", "memory region", create_mr, destroy_mr, 0},
    {"ah", "address handle of a known peer", create_ah, destroy_ah, 0},
    {"cq", "completion queue", create_cq, destroy_cq, 1024},
    {"cq_16", "completion queue, and 16 queue pairs of 16", create_cq_with_users,
     destroy_cq_with_users, 1024},
    {"qp_16", "queue pair, 16 sends, 16 receives", create_qp, destroy_qp, 16},
    {"qp_4096", "queue pair, 4,096 sends, 4,096 receives", create_qp, destroy_qp, 4096},
    {"qp_32768", "queue pair, 4,096 sends, 32,768 receives", create_qp, destroy_qp, 32768},
    {"qp_16_ready", "the same of 16, ready to send", create_ready_qp, destroy_qp, 16},
    {"qp_16_used", "the same of 16, each slot posted once", create_qp_and_post, destroy_qp, 16},
    {"qp_4096_used", "the same of 4,096, each slot posted once", create_qp_and_post, destroy_qp,
     4096},
    {"qp_32768_used", "the same of 32,768, each slot posted once", create_qp_and_post, destroy_qp,
     32768},
};

static double median(double *rounds)
{
    bench_sort(rounds, ROUNDS);
    return rounds[ROUNDS / 2];
}

static void measure(const struct object *object)
{
    static double creations[ROUNDS], destructions[ROUNDS];
    uint64_t bytes = 0, before, after;
    bool counts_memory = false;

    for (unsigned i = 0; i < ROUNDS; i++) {
        void *made[BATCH];
        unsigned count = object->depth > 64 ? 1 : BATCH;
        double begin, middle;

        counts_memory = platform_memory_asked(&before);
        begin = platform_now_ns();
        for (unsigned j = 0; j < count; j++)
            made[j] = bench_need(object->create(object->depth), object->name);
        middle = platform_now_ns();
        if (counts_memory && platform_memory_asked(&after))
            bytes = (after - before) / count;
        creations[i] = (middle - begin) / count;
        begin = platform_now_ns();
        for (unsigned j = count; j-- > 0;)
            bench_succeed(object->destroy(made[j]), object->name);
        destructions[i] = (platform_now_ns() - begin) / count;
    }
    printf("%s\t%s\t%.0f\t%.0f\t", object->name, object->label, median(creations),
           median(destructions));
    if (counts_memory)
        printf("%llu\n", (unsigned long long)bytes);
    else
        printf("-\n");
    fflush(stdout);
}

int control_run(void)
{
    bench_open(&control.bench, 0);
    control.cq = ibv_cq_ex_to_cq(bench_make_cq(&control.bench, 1024));
    bench_succeed(ibv_query_gid(control.bench.context, 1, 0, &control.gid), "ibv_query_gid");
    for (unsigned i = 0; i < sizeof objects / sizeof objects[0]; i++)
        measure(&objects[i]);
    bench_succeed(ibv_destroy_cq(control.cq), "ibv_destroy_cq");
    bench_close(&control.bench);
    return 0;
}
