/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Measures the simulated EFA in process, and tests it under load: SRD messages from one client to
 * another, with one thread for each and one for the engine. The sender sends only as many messages
 * as receives are posted, as programs do, so no retries for receivers that are not ready are
 * measured. With --verify each message carries its number, and no message may be missing,
 * duplicated or damaged.
 */
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "inprocess/inprocess.h"
#include "os/compiler.h"
#include "sim_support.h"

enum { DEPTH = 512, SLOT = 16384, BURST = 32, PATIENCE_SECONDS = 60 };

struct rate {
    struct efasim_config config;
    uint64_t messages;
    uint32_t size;
    bool verify;
    struct raw_endpoint from, to;
    uint8_t *source, *target;
    struct efa_mr_info source_mr, target_mr;
    uint8_t *seen;
    /* receives posted since the first DEPTH; the receiver writes it, the sender reads it */
    uint64_t reposted;
};

void sim_case_failed(const char *file, int line, const char *what, unsigned long long left,
                     unsigned long long right)
{
    fprintf(stderr, "%s:%d: %s: %llu and %llu\n", file, line, what, left, right);
    exit(1);
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static void progress(void *context)
{
    (void)context;
    sched_yield();
}

/* Fails if there was no progress for a minute. */
static void wait_a_little(double *since)
{
    if (*since == 0)
        *since = now();
    CHECK(now() - *since < (double)PATIENCE_SECONDS);
    sched_yield();
}

static void post_recv(struct rate *rate, uint16_t id)
{
    uint64_t address = (uint64_t)(uintptr_t)(rate->target + (size_t)(id % 64) * SLOT);
    struct efa_recv_descriptor d = {0};
    if (rate->verify)
        address = (uint64_t)(uintptr_t)(rate->target + (size_t)id * SLOT);
    d.address_low = (uint32_t)address;
    d.address_high = (uint32_t)(address >> 32);
    d.request_id = id;
    d.length = 9000;
    d.lkey_ctrl = rate->target_mr.lkey | EFA_RECV_FIRST | EFA_RECV_LAST;
    raw_write_recv(&rate->to.qp, &d);
}

static void check_message(struct rate *rate, const struct efa_completion_entry *entry)
{
    const uint8_t *message = rate->target + (size_t)entry->request_id * SLOT;
    uint64_t number;

    CHECK_EQUAL(entry->length, rate->size);
    memcpy(&number, message, sizeof number);
    CHECK(number < rate->messages);
    CHECK_EQUAL(rate->seen[number / 8] >> (number % 8) & 1, 0);
    rate->seen[number / 8] = (uint8_t)(rate->seen[number / 8] | 1u << (number % 8));
    for (uint32_t i = sizeof number; i < rate->size; i++)
        CHECK_EQUAL(message[i], (uint8_t)(number * 7 + i));
}

static void *receive_all(void *argument)
{
    struct rate *rate = argument;
    struct efa_completion_entry entry;
    uint16_t ids[BURST];
    uint64_t received = 0;
    double idle_since = 0;

    while (received < rate->messages) {
        unsigned count = 0;
        while (count < BURST && raw_poll(&rate->to.recv_cq, &entry)) {
            CHECK_EQUAL(entry.status, EFA_STATUS_OK);
            if (rate->verify)
                check_message(rate, &entry);
            ids[count++] = entry.request_id;
        }
        for (unsigned i = 0; i < count; i++)
            post_recv(rate, ids[i]);
        received += count;
        if (count == 0) {
            wait_a_little(&idle_since);
        } else {
            idle_since = 0;
            raw_ring_recv(&rate->to.qp);
            efa_store_release_u64(&rate->reposted, received);
        }
    }
    return NULL;
}

static void post_send(struct rate *rate, uint16_t id, uint64_t number)
{
    struct efa_send_descriptor d = raw_send_descriptor(&rate->from, &rate->to, id, 0, rate->size);
    uint8_t *message = rate->source + (size_t)(rate->verify ? id : id % 64) * SLOT;

    if (rate->verify) {
        memcpy(message, &number, sizeof number);
        for (uint32_t i = sizeof number; i < rate->size; i++)
            message[i] = (uint8_t)(number * 7 + i);
    }
    d.payload.buffers[0].lkey = rate->source_mr.lkey;
    d.payload.buffers[0].address_low = (uint32_t)(uintptr_t)message;
    d.payload.buffers[0].address_high = (uint32_t)((uint64_t)(uintptr_t)message >> 32);
    raw_write_send(&rate->from.qp, &d);
}

static void *send_all(void *argument)
{
    struct rate *rate = argument;
    struct efa_completion_entry entry;
    uint16_t free_ids[DEPTH];
    unsigned free_count = DEPTH;
    uint64_t sent = 0;
    uint64_t completed = 0;
    double idle_since = 0;

    for (unsigned i = 0; i < DEPTH; i++)
        free_ids[i] = (uint16_t)i;
    while (completed < rate->messages) {
        uint64_t limit = efa_load_acquire_u64(&rate->reposted) + DEPTH;
        unsigned count = 0;

        if (limit > rate->messages)
            limit = rate->messages;
        for (unsigned i = 0; i < BURST && free_count != 0 && sent < limit; i++)
            post_send(rate, free_ids[--free_count], sent++);
        raw_ring_send(&rate->from.qp);
        while (count < BURST && raw_poll(&rate->from.send_cq, &entry)) {
            CHECK_EQUAL(entry.status, EFA_STATUS_OK);
            free_ids[free_count++] = entry.request_id;
            count++;
        }
        completed += count;
        if (count == 0)
            wait_a_little(&idle_since);
        else
            idle_since = 0;
    }
    return NULL;
}

static void run(struct rate *rate)
{
    const struct raw_options options = {
        .state = EFA_DRIVER_QP_RTS, .depth = DEPTH, .cq_depth = 2 * DEPTH};
    struct efasim_inprocess *inprocess = efasim_inprocess_create(&rate->config);
    struct efasim_counters counters;
    struct sim_world world = {0};
    pthread_t sender, receiver;

    CHECK(inprocess != NULL);
    world.transport = efasim_inprocess_transport(inprocess, 0);
    world.progress = progress;
    CHECK(efasim_inprocess_start_engine(inprocess));
    raw_endpoint_open(&world, &rate->from, &options);
    raw_endpoint_open(&world, &rate->to, &options);
    rate->source = calloc(DEPTH, SLOT);
    rate->target = calloc(DEPTH, SLOT);
    rate->seen = calloc(1, rate->messages / 8 + 1);
    CHECK(rate->source && rate->target && rate->seen);
    CHECK_EQUAL(raw_reg_mr(&rate->from.client, rate->from.pdn, rate->source, DEPTH * SLOT,
                           EFA_MR_LOCAL_WRITE, &rate->source_mr),
                0);
    CHECK_EQUAL(raw_reg_mr(&rate->to.client, rate->to.pdn, rate->target, DEPTH * SLOT,
                           EFA_MR_LOCAL_WRITE, &rate->target_mr),
                0);
    for (uint16_t i = 0; i < DEPTH; i++)
        post_recv(rate, i);
    raw_ring_recv(&rate->to.qp);

    double start = now();
    CHECK_EQUAL(pthread_create(&receiver, NULL, receive_all, rate), 0);
    CHECK_EQUAL(pthread_create(&sender, NULL, send_all, rate), 0);
    pthread_join(sender, NULL);
    pthread_join(receiver, NULL);
    double seconds = now() - start;

    efasim_get_counters(efasim_inprocess_model(inprocess), 0, &counters);
    CHECK_EQUAL(counters.receives, rate->messages);
    CHECK_EQUAL(counters.violations, 0);
    printf("%llu messages of %u bytes in %.2f s: %.2f million/s, %.2f GB/s%s\n",
           (unsigned long long)rate->messages, rate->size, seconds,
           (double)rate->messages / seconds * 1e-6,
           (double)rate->messages * rate->size / seconds * 1e-9,
           rate->verify ? ", each arrived once and whole" : "");
    printf(
        "retransmissions %llu, duplicates recognised %llu, reordered %llu, receiver not ready "
        "%llu\n",
        (unsigned long long)counters.retransmissions, (unsigned long long)counters.duplicates,
        (unsigned long long)counters.reordered, (unsigned long long)counters.rnr_retries);
    raw_endpoint_close(&rate->from);
    raw_endpoint_close(&rate->to);
    efasim_inprocess_destroy(inprocess);
    free(rate->source);
    free(rate->target);
    free(rate->seen);
}

static int usage(FILE *out, int code)
{
    fprintf(out,
            "usage: sim_rate [--messages N] [--size BYTES] [--verify] [--rough] [--seed N]\n"
            "  --messages N   how many (default 2000000)\n"
            "  --size BYTES   of each, 8 to 8928 (default 64)\n"
            "  --verify       number them and check each one\n"
            "  --rough        a fabric that reorders a fifth and loses 1 %% of the packets\n"
            "  --seed N       of the rough fabric\n");
    return code;
}

static bool is_number(const char *text, uint64_t *value)
{
    char *end;
    *value = strtoull(text, &end, 0);
    return *text != '\0' && *text != '-' && *end == '\0';
}

int main(int argc, char **argv)
{
    static struct rate rate;

    efasim_config_default(&rate.config);
    rate.messages = 2000000;
    rate.size = 64;
    for (int i = 1; i < argc; i++) {
        uint64_t value = 0;
        bool has_number = i + 1 < argc && is_number(argv[i + 1], &value);
        if (strcmp(argv[i], "--help") == 0) {
            return usage(stdout, 0);
        } else if (strcmp(argv[i], "--verify") == 0) {
            rate.verify = true;
        } else if (strcmp(argv[i], "--rough") == 0) {
            rate.config.reorder_window = 16;
            rate.config.reorder_probability = 200000;
            rate.config.loss = 10000;
        } else if (strcmp(argv[i], "--messages") == 0 && has_number && value != 0) {
            rate.messages = value;
            i++;
        } else if (strcmp(argv[i], "--size") == 0 && has_number && value >= 8 && value <= 8928) {
            rate.size = (uint32_t)value;
            i++;
        } else if (strcmp(argv[i], "--seed") == 0 && has_number) {
            rate.config.seed = value;
            i++;
        } else {
            fprintf(stderr, "sim_rate: bad argument: %s\n", argv[i]);
            return usage(stderr, 2);
        }
    }
    run(&rate);
    return 0;
}
