/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Measures the simulated EFA's service between two processes: messages a second, bytes a second,
 * half a round trip, and the processor time of an idle instance. It runs under `efasim run`, is
 * linked with its library, and forks into the two processes.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <infiniband/efadv.h>
#include <infiniband/verbs.h>

#include "os/compiler.h"

#define DEPTH 512u
#define BATCH 32u
#define MTU 8928u
#define QKEY 0x11111111u
#define SIDES 2

/* One process for each side; they share memory for their state. */
struct shared {
    uint32_t arrived[SIDES]; /* how many meeting points each side has reached */
    uint32_t qp_num[SIDES];
    uint32_t failed;
};

struct side {
    struct shared *shared;
    int index;
    uint32_t meetings;
    struct ibv_context *context;
    struct ibv_pd *pd;
    struct ibv_mr *mr;
    struct ibv_cq *cq;
    struct ibv_qp *qp;
    struct ibv_ah *peer;
    unsigned char *memory;
};

static void fail(const struct side *side, const char *what)
{
    fprintf(stderr, "service_bench: %s: %s\n", what, strerror(errno));
    efa_store_release_u32(&side->shared->failed, 1);
    exit(1);
}

static double seconds(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void pause_for(double duration)
{
    struct timespec time = {(time_t)duration, (long)((duration - (double)(time_t)duration) * 1e9)};

    nanosleep(&time, NULL);
}

/* Waits until both sides have reached this point. */
static void meet(struct side *side)
{
    uint32_t *arrived = side->shared->arrived;

    efa_store_release_u32(&arrived[side->index], ++side->meetings);
    while (efa_load_acquire_u32(&arrived[!side->index]) < side->meetings) {
        if (efa_load_acquire_u32(&side->shared->failed))
            exit(1);
        pause_for(0.0001);
    }
}

static void make_qp(struct side *side)
{
    struct efadv_qp_init_attr srd = {.driver_qp_type = EFADV_QP_DRIVER_TYPE_SRD};
    struct ibv_qp_init_attr_ex attr = {
        .send_cq = side->cq,
        .recv_cq = side->cq,
        .cap = {DEPTH, DEPTH, 1, 1, 0},
        .qp_type = IBV_QPT_DRIVER,
        .sq_sig_all = 1,
        .comp_mask = IBV_QP_INIT_ATTR_PD,
        .pd = side->pd,
    };
    struct ibv_qp_attr to = {.qp_state = IBV_QPS_INIT, .port_num = 1, .qkey = QKEY};

    side->qp = efadv_create_qp_ex(side->context, &attr, &srd, sizeof srd);
    if (!side->qp)
        fail(side, "no queue pair");
    errno =
        ibv_modify_qp(side->qp, &to, IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_QKEY);
    to.qp_state = IBV_QPS_RTR;
    if (!errno)
        errno = ibv_modify_qp(side->qp, &to, IBV_QP_STATE);
    to.qp_state = IBV_QPS_RTS;
    if (!errno)
        errno = ibv_modify_qp(side->qp, &to, IBV_QP_STATE | IBV_QP_SQ_PSN);
    if (errno)
        fail(side, "the queue pair does not become ready");
}

static void open_side(struct side *side)
{
    struct ibv_ah_attr address = {.is_global = 1, .port_num = 1};
    struct ibv_device **list = ibv_get_device_list(NULL);
    size_t size = (size_t)DEPTH * MTU;

    if (!list || !list[0])
        fail(side, "no adapter; run this by: efasim run -- service_bench");
    side->context = ibv_open_device(list[0]);
    ibv_free_device_list(list);
    if (!side->context)
        fail(side, "the adapter does not open");
    side->memory = calloc(1, size);
    side->pd = ibv_alloc_pd(side->context);
    if (!side->memory || !side->pd)
        fail(side, "no memory or protection domain");
    side->mr = ibv_reg_mr(side->pd, side->memory, size, IBV_ACCESS_LOCAL_WRITE);
    side->cq = ibv_create_cq(side->context, 4 * DEPTH, NULL, NULL, 0);
    if (!side->mr || !side->cq)
        fail(side, "no memory region or completion queue");
    make_qp(side);
    if (ibv_query_gid(side->context, 1, 0, &address.grh.dgid) == 0)
        side->peer = ibv_create_ah(side->pd, &address);
    if (!side->peer)
        fail(side, "no address handle");
    side->shared->qp_num[side->index] = side->qp->qp_num;
    meet(side);
}

static void close_side(struct side *side)
{
    int failed = ibv_destroy_qp(side->qp) | ibv_destroy_cq(side->cq) | ibv_destroy_ah(side->peer) |
                 ibv_dereg_mr(side->mr) | ibv_dealloc_pd(side->pd) |
                 ibv_close_device(side->context);

    free(side->memory);
    if (failed)
        fail(side, "an object could not be destroyed");
}

static void post_sends(struct side *side, uint64_t first, uint32_t count, uint32_t size)
{
    struct ibv_send_wr wr[BATCH], *bad;
    struct ibv_sge sge[BATCH];

    memset(wr, 0, sizeof wr);
    for (uint32_t i = 0; i < count; i++) {
        sge[i].addr = (uint64_t)(uintptr_t)side->memory + (first + i) % DEPTH * MTU;
        sge[i].length = size;
        sge[i].lkey = side->mr->lkey;
        wr[i].next = i + 1 < count ? &wr[i + 1] : NULL;
        wr[i].sg_list = &sge[i];
        wr[i].num_sge = 1;
        wr[i].opcode = IBV_WR_SEND;
        wr[i].wr.ud.ah = side->peer;
        wr[i].wr.ud.remote_qpn = side->shared->qp_num[!side->index];
        wr[i].wr.ud.remote_qkey = QKEY;
    }
    errno = ibv_post_send(side->qp, wr, &bad);
    if (errno)
        fail(side, "posting sends");
}

static void post_receives(struct side *side, uint64_t first, uint32_t count)
{
    struct ibv_recv_wr wr[BATCH], *bad;
    struct ibv_sge sge[BATCH];

    for (uint32_t i = 0; i < count; i++) {
        sge[i].addr = (uint64_t)(uintptr_t)side->memory + (first + i) % DEPTH * MTU;
        sge[i].length = MTU;
        sge[i].lkey = side->mr->lkey;
        wr[i].wr_id = first + i;
        wr[i].next = i + 1 < count ? &wr[i + 1] : NULL;
        wr[i].sg_list = &sge[i];
        wr[i].num_sge = 1;
    }
    errno = ibv_post_recv(side->qp, wr, &bad);
    if (errno)
        fail(side, "posting receives");
}

/* Polls up to BATCH completions; each must be a success. */
static uint32_t poll(struct side *side)
{
    struct ibv_wc wc[BATCH];
    int count = ibv_poll_cq(side->cq, BATCH, wc);

    for (int i = 0; i < count; i++) {
        if (wc[i].status != IBV_WC_SUCCESS) {
            errno = EIO;
            fail(side, ibv_wc_status_str(wc[i].status));
        }
    }
    if (count < 0)
        fail(side, "polling");
    return (uint32_t)count;
}

static void send_all(struct side *side, uint64_t messages, uint32_t size)
{
    uint64_t posted = 0, done = 0;

    meet(side);
    while (done < messages) {
        while (posted < messages && posted - done <= DEPTH - BATCH) {
            uint32_t count = messages - posted < BATCH ? (uint32_t)(messages - posted) : BATCH;

            post_sends(side, posted, count, size);
            posted += count;
        }
        done += poll(side);
    }
}

static void receive_all(struct side *side, uint64_t messages)
{
    uint64_t posted = 0, done = 0;

    for (bool begun = false; done < messages; done += poll(side)) {
        while (posted < messages && posted - done <= DEPTH - BATCH) {
            uint32_t count = messages - posted < BATCH ? (uint32_t)(messages - posted) : BATCH;

            post_receives(side, posted, count);
            posted += count;
        }
        if (!begun)
            meet(side); /* receives are posted before the first message arrives */
        begun = true;
    }
}

/* The processor time of efasim, the first side's parent. */
static double processor_time(void)
{
    unsigned long user = 0, kernel = 0;
    char path[64];
    FILE *file;

    snprintf(path, sizeof path, "/proc/%jd/stat", (intmax_t)getppid());
    file = fopen(path, "re");
    if (file) {
        if (fscanf(file, "%*d %*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
                   &kernel) != 2)
            user = kernel = 0;
        fclose(file);
    }
    return (double)(user + kernel) / (double)sysconf(_SC_CLK_TCK);
}

/* Side 0 sends to side 1. */
static void measure_flow(struct side *side, const char *name, uint64_t messages, uint32_t size)
{
    double begin = seconds(), used = processor_time(), duration;

    if (side->index == 1)
        receive_all(side, messages);
    else
        send_all(side, messages, size);
    duration = seconds() - begin;
    used = processor_time() - used;
    meet(side);
    if (side->index == 0)
        printf("%-16s %9.0f messages/s %8.3f GB/s, of the service %5.2f us a message\n", name,
               (double)messages / duration, (double)messages * size / duration / 1e9,
               used / (double)messages * 1e6);
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;

    return left < right ? -1 : left > right;
}

/* The same poll may return a completion that the next step waits for. */
static void await(struct side *side, uint64_t *seen, uint64_t completions)
{
    while (*seen < completions)
        *seen += poll(side);
}

/* In each round trip a receive and a send complete on both sides. */
static void measure_latency(struct side *side, uint32_t rounds, uint32_t size)
{
    double *times = calloc(rounds, sizeof *times);
    uint64_t seen = 0;

    if (!times)
        fail(side, "no memory");
    post_receives(side, 0, BATCH);
    meet(side);
    for (uint32_t i = 0; i < rounds; i++) {
        double begin = seconds();

        if (side->index == 0)
            post_sends(side, 1, 1, size);
        else
            await(side, &seen, 2 * i + 1);
        if (side->index == 1)
            post_sends(side, 1, 1, size);
        await(side, &seen, 2 * i + 2);
        post_receives(side, 0, 1);
        times[i] = seconds() - begin;
    }
    meet(side);
    if (side->index == 0) {
        qsort(times, rounds, sizeof *times, compare);
        printf("%-16s %9.1f us median, %.1f us least, %.1f us 99 %%\n", "half round trip",
               times[rounds / 2] / 2 * 1e6, times[0] / 2 * 1e6, times[rounds / 100 * 99] / 2 * 1e6);
    }
    free(times);
}

/* Both sides have queue pairs, and nothing is posted. The first process is efasim's child. */
static void measure_idle(struct side *side, double duration)
{
    double begin;

    meet(side);
    pause_for(0.1);
    begin = processor_time();
    pause_for(duration);
    if (side->index == 0)
        printf("%-16s %9.2f %% of a processor\n", "idle instance",
               (processor_time() - begin) / duration * 100);
    meet(side);
}

static void run(struct shared *shared, int index, double scale)
{
    struct side side = {.shared = shared, .index = index};

    open_side(&side);
    measure_flow(&side, "64 bytes", (uint64_t)(1000000 * scale), 64);
    measure_flow(&side, "8928 bytes", (uint64_t)(300000 * scale), MTU);
    measure_latency(&side, (uint32_t)(20000 * scale), 64);
    measure_idle(&side, 10 * scale);
    close_side(&side);
}

int main(int argc, char **argv)
{
    double scale = argc > 1 ? strtod(argv[1], NULL) : 1;
    struct shared *shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int status = 0;
    pid_t other;

    if (shared == MAP_FAILED || scale <= 0 || scale > 100) {
        fprintf(stderr,
                "Usage: efasim run -- service_bench [SCALE]   (0.01 to 100, of the work)\n");
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    other = fork();
    if (other == 0) {
        run(shared, 1, scale);
        exit(0);
    }
    run(shared, 0, scale);
    waitpid(other, &status, 0);
    return status != 0;
}
