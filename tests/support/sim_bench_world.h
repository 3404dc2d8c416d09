/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * An in-process device for tests that look inside the model: configuration, counters, faults, time.
 * The conformance cases do without it.
 */
#ifndef TESTS_SIM_BENCH_WORLD_H
#define TESTS_SIM_BENCH_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "inprocess/inprocess.h"
#include "sim_support.h"

#define LINE_COUNT 64
#define LINE_SIZE 512

/* Lines that the model logged, traced or reported as violations. */
struct lines {
    unsigned count;
    char text[LINE_COUNT][LINE_SIZE];
};

struct bench {
    struct efasim_config config; /* what a start takes: the default, unless a test changes it */
    struct efasim_inprocess *inprocess;
    struct efasim *model;
    struct sim_world worlds[EFASIM_MAX_DEVICES]; /* one a device */
    uint64_t round;                              /* nanoseconds a look takes; at first 1000 */
    /* Of the first device; stopping closes what is open. */
    struct raw_client client;
    struct raw_endpoint from;
    struct raw_endpoint to;
    struct lines log;
    struct lines trace;
    struct lines violations;
};

/* A test that finds a bench, not yet started, in *state; the bench is stopped at the test's end. */
#define BENCH_TEST(test) cmocka_unit_test_setup_teardown(test, bench_set_up, bench_tear_down)
int bench_set_up(void **state);
int bench_tear_down(void **state);

/* In virtual time; each look of a case lets `round` pass. The same with a client, with `from`, with
 * both endpoints. */
void bench_start(struct bench *bench);
void bench_start_client(struct bench *bench);
void bench_start_endpoint(struct bench *bench, const struct raw_options *options);
void bench_start_pair(struct bench *bench, const struct raw_options *options);
/* Nothing may be left of what was open. The bench may be started again. */
void bench_stop(struct bench *bench);

/* A receive of 200 bytes, and a message of 64 for it, with one request id. */
void bench_send(struct raw_endpoint *from, struct raw_endpoint *to, uint16_t id);
/* Opens `from` and `to` on two devices, with an AH from the first to the second. */
void bench_open_between(struct bench *bench, unsigned from, unsigned to);

struct efasim_counters bench_counters(struct bench *bench);
struct efasim_objects bench_objects(struct bench *bench);
bool lines_contain(const struct lines *lines, const char *text);

uint32_t bench_fault(struct bench *bench, const struct efasim_fault *fault); /* its id */

#endif
