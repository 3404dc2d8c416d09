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
    struct efasim_inprocess *inprocess;
    struct efasim *model;
    struct sim_world worlds[EFASIM_MAX_DEVICES]; /* one a device */
    uint64_t round;                              /* nanoseconds a look takes */
    struct lines log;
    struct lines trace;
    struct lines violations;
};

/* In virtual time; each look of a case lets a microsecond pass. */
void bench_start(struct bench *bench, const struct efasim_config *config);
void bench_stop(struct bench *bench);
struct efasim_counters bench_counters(struct bench *bench);
struct efasim_objects bench_objects(struct bench *bench);
bool lines_contain(const struct lines *lines, const char *text);

void bench_fault(struct bench *bench, const struct efasim_fault *fault);

#endif
