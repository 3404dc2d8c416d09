/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The workloads of the data path benchmark. Each has a set-up for one chunk of operations, which is
 * not measured, and the chunk, which is measured.
 */
#ifndef BENCH_WORKLOAD_H
#define BENCH_WORKLOAD_H

#include <stddef.h>

#include "infiniband/efadv.h"

#define CHUNK 1024 /* operations between two set-ups; also the queues' depth */

struct bench_run {
    struct ibv_context *context;
    int thread_domain;
    struct ibv_pd *pd; /* with or without a thread domain */
    struct ibv_cq *cq;
    struct ibv_cq_ex *cq_ex;
    struct ibv_qp *qp; /* on cq_ex */
    struct ibv_qp_ex *qp_ex;
    struct ibv_qp *qp_plain; /* on cq */
    struct ibv_ah *ah;
    struct ibv_send_wr send[64];
    struct ibv_recv_wr recv[16];
    struct ibv_sge sge;
    unsigned char payload[64];
    uint64_t checksum; /* of the values read, so that the compiler cannot drop the reads */
    uint32_t posted_sends[2], posted_recvs[2]; /* on qp, qp_plain: descriptors since the start */
};

struct workload {
    const char *name;
    const char *label;
    void (*prepare)(struct bench_run *bench);
    void (*chunk)(struct bench_run *bench); /* CHUNK operations */
    void (*finish)(struct bench_run *bench);
    int limited; /* on the adapter with a limit of a batch */
    int threads; /* runs two threads: not counted, not run with a thread domain */
};

extern const struct workload workloads[];
extern const unsigned workload_count;

/* These end the program with a message if they fail. */
void *bench_need(void *object, const char *what);
void bench_succeed(int error, const char *what);
void bench_fail(const char *what);

/* Inline, because chunks call it. */
static inline void bench_must(int condition, const char *what)
{
    if (!condition)
        bench_fail(what);
}

/* In ascending order. */
void bench_sort(double *values, size_t count);

struct ibv_context *bench_open_device(void);
struct ibv_cq_ex *bench_make_cq(struct bench_run *bench, uint32_t depth);
/* Of type SRD. */
struct ibv_qp *bench_create_qp(struct ibv_context *context, struct ibv_pd *pd, struct ibv_cq *cq,
                               uint32_t send_depth, uint32_t recv_depth);
/* Makes it ready to send. */
void bench_make_ready(struct ibv_qp *qp);
/* Both. */
struct ibv_qp *bench_make_qp(struct ibv_context *context, struct ibv_pd *pd, struct ibv_cq *cq,
                             uint32_t send_depth, uint32_t recv_depth);

/* Of the list of 64 requests: the last 1, 16 or 64. */
struct ibv_send_wr *bench_sends(struct bench_run *bench, unsigned count);
/* Polls all completions, and exits if the number is not `count`. */
void bench_drain(struct bench_run *bench, struct ibv_cq *cq, unsigned count);

void bench_open(struct bench_run *bench, int thread_domain);
void bench_close(struct bench_run *bench);

#endif
