/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Runs the workloads and prints a line for each: `name <tab> median ns <tab> least ns <tab>
 * spread`. With --count: `name <tab> operations`, for a tool that counts instructions. A few chunks
 * then run inside measured_chunk(). Natively the tool counts in that function only, on Windows
 * between two marks.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control.h"
#include "crowd.h"
#include "direct.h"
#include "os/compiler.h"
#include "platform.h"
#include "standin.h"
#include "workload.h"

#define ROUNDS 301
#define COUNTED_CHUNKS 1

/* A separate function, so that a counter can collect in it. */
EFA_NOINLINE void measured_chunk(const struct workload *workload, struct bench_run *bench);
EFA_NOINLINE void measured_chunk(const struct workload *workload, struct bench_run *bench)
{
    workload->chunk(bench);
    efa_compiler_barrier(); /* no tail call, because the counter must see the return */
}

/* On an adapter without a limit of a batch, and on one with a limit. */
static struct bench_run benches[2];

static void time_workload(const struct workload *workload, struct bench_run *bench)
{
    static double rounds[ROUNDS];

    for (int i = 0; i < ROUNDS; i++) {
        workload->prepare(bench);
        double begin = platform_now_ns();
        measured_chunk(workload, bench);
        rounds[i] = (platform_now_ns() - begin) / CHUNK;
        workload->finish(bench);
    }
    bench_sort(rounds, ROUNDS);
    printf("%s\t%.1f\t%.1f\t%.1f\n", workload->name, rounds[ROUNDS / 2], rounds[0],
           rounds[ROUNDS * 3 / 4] - rounds[ROUNDS / 4]);
    fflush(stdout);
}

static void count_workload(const struct workload *workload, struct bench_run *bench)
{
    for (int i = 0; i < COUNTED_CHUNKS; i++) {
        workload->prepare(bench);
        platform_count_begin();
        measured_chunk(workload, bench);
        platform_count_end();
        workload->finish(bench);
    }
    printf("%s\t%d\n", workload->name, COUNTED_CHUNKS * CHUNK);
    fflush(stdout);
}

static int usage(FILE *out, int status)
{
    fprintf(out,
            "usage: efa_bench [--thread-domain] [--count] [--list] [WORKLOAD]\n"
            "       efa_bench --control\n"
            "Measures the cost of the data path's calls, on a device that does nothing.\n"
            "  --thread-domain  promise one thread: no locks\n"
            "  --count          count instructions instead of timing\n"
            "  --list           list the workloads, and whether each is counted (1) or not (0)\n"
            "  --control        measure creating and destroying objects, and their memory\n");
    return status;
}

static int list(void)
{
    for (unsigned i = 0; i < workload_count; i++)
        printf("%s\t%s\t%d\n", workloads[i].name, workloads[i].label, !workloads[i].threads);
    return 0;
}

int main(int argc, char **argv)
{
    const char *only = NULL;
    int thread_domain = 0, count = 0, control = 0;
    unsigned ran = 0;

    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--thread-domain"))
            thread_domain = 1;
        else if (!strcmp(argv[i], "--count"))
            count = 1;
        else if (!strcmp(argv[i], "--control"))
            control = 1;
        else if (!strcmp(argv[i], "--list"))
            return list();
        else if (!strcmp(argv[i], "--help"))
            return usage(stdout, 0);
        else if (argv[i][0] == '-' || only)
            return usage(stderr, 2);
        else
            only = argv[i];
    }
    if (control && (thread_domain || count || only)) {
        fprintf(stderr, "efa_bench: --control takes no workload and no other option\n");
        return usage(stderr, 2);
    }
    if (platform_install_standin())
        return 1;
    if (control)
        return control_run();
    bench_open(&benches[0], thread_domain);
    standin_set_device_version(0xefa1);
    bench_open(&benches[1], thread_domain);
    standin_set_device_version(0xefa0);
    direct_open();
    for (unsigned i = 0; i < workload_count; i++) {
        if (only && strcmp(only, workloads[i].name))
            continue;
        if (workloads[i].threads && (count || thread_domain)) {
            if (!only)
                continue;
            fprintf(stderr,
                    "efa_bench: %s runs two threads: it is neither counted nor run with "
                    "--thread-domain\n",
                    only);
            return 2;
        }
        if (count)
            count_workload(&workloads[i], &benches[workloads[i].limited]);
        else
            time_workload(&workloads[i], &benches[workloads[i].limited]);
        ran++;
    }
    crowd_close();
    direct_close();
    bench_close(&benches[1]);
    bench_close(&benches[0]);
    if (!ran) {
        fprintf(stderr, "efa_bench: there is no workload %s; --list shows them\n", only);
        return 2;
    }
    return 0;
}
