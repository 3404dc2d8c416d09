/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Runs the conformance cases against \\.\EFADevice: the simulated driver under Wine (with
 * `preset = efa-0xefa1`), or whatever stands behind that name. Arguments choose suites by
 * their first letters. The last line has the counts.
 */
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <windows.h>

#include "driver/default_transport.h"
#include "sim_case.h"

/* The adapter works by itself; this long it takes at most to look at what was rung. */
#define LOOK_MILLISECONDS 5

static jmp_buf leave_case;

void sim_case_failed(const char *file, int line, const char *what, unsigned long long left,
                     unsigned long long right)
{
    printf("%s:%d: %s: %llu and %llu\n", file, line, what, left, right);
    longjmp(leave_case, 1);
}

static void progress(void *context)
{
    (void)context;
    Sleep(LOOK_MILLISECONDS);
}

static bool run_case(const struct sim_case *test)
{
    static struct sim_world world;
    bool passed;

    memset(&world, 0, sizeof world);
    world.transport = efa_default_transport(0);
    world.progress = progress;
    passed = setjmp(leave_case) == 0;
    if (passed)
        test->run(&world, test->argument);
    sim_world_close(&world);
    return passed;
}

static bool is_chosen(const struct sim_suite *suite, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strncmp(suite->name, argv[i], strlen(argv[i])) == 0)
            return true;
    }
    return argc <= 1;
}

int main(int argc, char **argv)
{
    static const struct sim_suite *const suites[] = {
        &sim_request_suite, &sim_object_suite,    &sim_state_suite, &sim_delivery_suite,
        &sim_status_suite,  &sim_violation_suite, &sim_batch_suite, &sim_rdma_suite};
    unsigned passed = 0;
    unsigned failed = 0;

    for (unsigned i = 0; i < sizeof suites / sizeof suites[0]; i++) {
        if (!is_chosen(suites[i], argc, argv))
            continue;
        for (size_t k = 0; k < suites[i]->count; k++) {
            if (run_case(&suites[i]->cases[k])) {
                passed++;
            } else {
                failed++;
                printf("FAILED %s: %s\n", suites[i]->name, suites[i]->cases[k].name);
            }
            fflush(stdout);
        }
    }
    printf("%u passed, %u failed\n", passed, failed);
    return failed != 0 || passed == 0;
}
