/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Runs the conformance cases on the in-process front, in virtual time, so that nothing waits: once
 * with memory addressed directly, once moved by the platform as the kernel driver has to, and once
 * through a fabric that takes time; then on a part of the first kind. After each case nothing may
 * be left of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "inprocess/inprocess.h"
#include "sim_case.h"

#define ROUND 1000000u /* nanoseconds that pass for each look of a case */

struct way {
    const char *name;
    uint32_t part;
    bool indirect;
    uint64_t latency;
};

struct run {
    const struct way *way;
    const struct sim_case *test;
    struct efasim_inprocess *inprocess;
    struct sim_world world;
};

void sim_case_failed(const char *file, int line, const char *what, unsigned long long left,
                     unsigned long long right)
{
    print_error("%s: %llu and %llu\n", what, left, right);
    _fail(file, line);
    abort(); /* cmocka does not declare that _fail does not return */
}

static void progress(void *context)
{
    efasim_inprocess_advance(context, ROUND);
}

static void ignore_line(void *context, enum efasim_log_level level, const char *line)
{
    (void)context;
    (void)level;
    assert_true(strlen(line) != 0);
}

static int start(void **state)
{
    static const struct efasim_inprocess_hooks hooks = {NULL, ignore_line, NULL, NULL};
    struct run *run = *state;
    struct efasim_config config;

    assert_true(efasim_config_part(&config, run->way->part));
    config.latency = run->way->latency;
    config.poison_send_ring = true;
    run->inprocess = efasim_inprocess_create(&config);
    assert_non_null(run->inprocess);
    efasim_inprocess_set_virtual_time(run->inprocess);
    efasim_inprocess_set_hooks(run->inprocess, &hooks);
    efasim_inprocess_set_indirect(run->inprocess, run->way->indirect);
    memset(&run->world, 0, sizeof run->world);
    run->world.transport = efasim_inprocess_transport(run->inprocess, 0);
    run->world.progress = progress;
    run->world.context = run->inprocess;
    return 0;
}

static int stop(void **state)
{
    struct run *run = *state;
    struct efasim_objects objects;

    sim_world_close(&run->world);
    efasim_get_objects(efasim_inprocess_model(run->inprocess), EFASIM_ALL_DEVICES, &objects);
    assert_int_equal(objects.clients, 0);
    assert_int_equal(objects.pds, 0);
    assert_int_equal(objects.mrs, 0);
    assert_int_equal(objects.cqs, 0);
    assert_int_equal(objects.qps, 0);
    assert_int_equal(objects.ahs, 0);
    assert_int_equal(objects.messages, 0);
    efasim_inprocess_destroy(run->inprocess);
    return 0;
}

static void run_case(void **state)
{
    struct run *run = *state;
    run->test->run(&run->world, run->test->argument);
}

static int run_suite(const struct way *way, const struct sim_suite *suite)
{
    char name[128];
    struct run *runs = calloc(suite->count, sizeof *runs);
    struct CMUnitTest *tests = calloc(suite->count, sizeof *tests);
    assert_true(runs && tests);
    for (size_t i = 0; i < suite->count; i++) {
        runs[i].way = way;
        runs[i].test = &suite->cases[i];
        tests[i].name = suite->cases[i].name;
        tests[i].test_func = run_case;
        tests[i].setup_func = start;
        tests[i].teardown_func = stop;
        tests[i].initial_state = &runs[i];
    }
    snprintf(name, sizeof name, "%s, %s", suite->name, way->name);
    int failed = _cmocka_run_group_tests(name, tests, suite->count, NULL, NULL);
    free(tests);
    free(runs);
    return failed;
}

/* Suites about RDMA read and RNR retry, which the first part lacks. */
static bool needs_second_part(const struct sim_suite *suite)
{
    return suite == &sim_state_suite || suite == &sim_status_suite || suite == &sim_rdma_suite;
}

int main(void)
{
    static const struct way ways[] = {{"memory addressed", 0xefa1, false, 0},
                                      {"memory moved", 0xefa1, true, 0},
                                      {"with latency", 0xefa1, false, 20000},
                                      {"part 0xefa0", 0xefa0, false, 0}};
    int failed = 0;

    for (unsigned w = 0; w < sizeof ways / sizeof ways[0]; w++) {
        for (unsigned i = 0; i < SIM_SUITES; i++)
            if (ways[w].part != 0xefa0 || !needs_second_part(sim_suites[i]))
                failed += run_suite(&ways[w], sim_suites[i]);
    }
    return failed != 0;
}
