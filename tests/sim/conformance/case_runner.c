/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Runs the conformance cases without a test framework: chooses, runs, counts and reports. */
#include "case_runner.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

struct counts {
    unsigned passed, failed;
};

static jmp_buf leave_case;

void sim_case_failed(const char *file, int line, const char *what, unsigned long long left,
                     unsigned long long right)
{
    printf("%s:%d: %s: %llu and %llu\n", file, line, what, left, right);
    longjmp(leave_case, 1);
}

static bool run_case(const struct case_front *front, const struct sim_case *test)
{
    static struct sim_world world;
    bool passed;

    memset(&world, 0, sizeof world);
    front->open(&world);
    passed = setjmp(leave_case) == 0;
    if (passed)
        test->run(&world, test->argument);
    sim_world_close(&world);
    return (!front->is_clean || front->is_clean()) && passed;
}

static void run_suite(const struct case_front *front, const struct sim_suite *suite,
                      struct counts *counts)
{
    for (size_t i = 0; i < suite->count; i++) {
        if (run_case(front, &suite->cases[i])) {
            counts->passed++;
        } else {
            counts->failed++;
            printf("FAILED %s: %s\n", suite->name, suite->cases[i].name);
        }
        fflush(stdout);
    }
}

static bool is_among(const char *name, int name_count, char *const *names)
{
    for (int i = 0; i < name_count; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return name_count == 0;
}

static bool is_suite(const char *name)
{
    for (size_t i = 0; i < SIM_SUITES; i++)
        if (strcmp(name, sim_suites[i]->name) == 0)
            return true;
    return false;
}

static bool are_suites(int name_count, char *const *names)
{
    for (int i = 0; i < name_count; i++) {
        if (is_suite(names[i]))
            continue;
        fprintf(stderr, "unknown suite '%s'; the suites are:", names[i]);
        for (size_t k = 0; k < SIM_SUITES; k++)
            fprintf(stderr, " '%s'", sim_suites[k]->name);
        fprintf(stderr, "\n");
        return false;
    }
    return true;
}

int run_cases(const struct case_front *front, int name_count, char *const *names)
{
    struct counts counts = {0, 0};

    if (!are_suites(name_count, names))
        return 2;
    for (size_t i = 0; i < SIM_SUITES; i++)
        if (is_among(sim_suites[i]->name, name_count, names))
            run_suite(front, sim_suites[i], &counts);
    if (front->close)
        counts.failed += !front->close();
    printf("%u passed, %u failed\n", counts.passed, counts.failed);
    return counts.failed != 0 || counts.passed == 0;
}
