/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Runs the workloads and prints a line each: `name <tab> median ns <tab> least ns <tab> spread`.
 * With --count-only NAME: a few chunks of one workload inside measured_chunk(), for an instruction
 * counter that collects in that function alone.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "driver/default_transport.h"
#include "os/compiler.h"
#include "standin.h"
#include "workload.h"

#define ROUNDS 301
#define COUNTED_CHUNKS 4

/* Its own function, so that a counter can be told to collect in it. */
EFA_NOINLINE void measured_chunk(const struct workload *workload, struct bench *bench);
EFA_NOINLINE void measured_chunk(const struct workload *workload, struct bench *bench)
{
    workload->chunk(bench);
    efa_compiler_barrier(); /* no tail call: the counter must see the return */
}

static double now_ns(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void time_workload(const struct workload *workload, struct bench *bench)
{
    static double rounds[ROUNDS];

    for (int i = 0; i < ROUNDS; i++) {
        workload->prepare(bench);
        double begin = now_ns();
        measured_chunk(workload, bench);
        rounds[i] = (now_ns() - begin) / CHUNK;
        workload->finish(bench);
    }
    qsort(rounds, ROUNDS, sizeof rounds[0], compare);
    printf("%s\t%.1f\t%.1f\t%.1f\n", workload->name, rounds[ROUNDS / 2], rounds[0],
           rounds[ROUNDS * 3 / 4] - rounds[ROUNDS / 4]);
    fflush(stdout);
}

static void count_workload(const struct workload *workload, struct bench *bench)
{
    for (int i = 0; i < COUNTED_CHUNKS; i++) {
        workload->prepare(bench);
        measured_chunk(workload, bench);
        workload->finish(bench);
    }
    printf("%d\n", COUNTED_CHUNKS * CHUNK);
}

static int usage(FILE *out, int status)
{
    fprintf(out, "usage: efa_bench [--thread-domain] [--list | --count-only WORKLOAD]\n");
    return status;
}

int main(int argc, char **argv)
{
    const char *only = NULL;
    int thread_domain = 0;
    static struct bench bench;
    unsigned ran = 0;

    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--thread-domain")) {
            thread_domain = 1;
        } else if (!strcmp(argv[i], "--list")) {
            for (unsigned w = 0; w < workload_count; w++)
                printf("%s\t%s\n", workloads[w].name, workloads[w].label);
            return 0;
        } else if (!strcmp(argv[i], "--count-only") && i + 1 < argc) {
            only = argv[++i];
        } else {
            return usage(strcmp(argv[i], "--help") ? stderr : stdout,
                         strcmp(argv[i], "--help") ? 2 : 0);
        }
    }
    efa_set_default_transport(standin_transport());
    bench_open(&bench, thread_domain);
    for (unsigned w = 0; w < workload_count; w++) {
        if (only && strcmp(only, workloads[w].name))
            continue;
        if (only)
            count_workload(&workloads[w], &bench);
        else
            time_workload(&workloads[w], &bench);
        ran++;
    }
    bench_close(&bench);
    if (!ran) {
        fprintf(stderr, "efa_bench: there is no workload %s; --list shows them\n", only);
        return 2;
    }
    return 0;
}
