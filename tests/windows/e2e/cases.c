/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Runs the cases of a test program and counts (cases.h). */
#include "cases.h"

#include <stdio.h>
#include <string.h>

static bool case_failed;

void check_failed(const char *file, int line, const char *what, unsigned long long got,
                  unsigned long long wanted)
{
    const char *name = strrchr(file, '/');

    case_failed = true;
    printf("    %s:%d: not so: %s (%llu, should be %llu)\n", name ? name + 1 : file, line, what,
           got, wanted);
}

static bool is_wanted(const char *name, int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], name) == 0)
            return true;
    return argc <= 1;
}

int run_cases(const struct test_case *cases, size_t count, int argc, char **argv)
{
    unsigned passed = 0, failed = 0;

    for (size_t i = 0; i < count; i++) {
        if (!is_wanted(cases[i].name, argc, argv))
            continue;
        case_failed = false;
        cases[i].run();
        printf("%s %s\n", case_failed ? "FAILED" : "ok    ", cases[i].name);
        fflush(stdout);
        if (case_failed)
            failed++;
        else
            passed++;
    }
    if (passed + failed == 0)
        printf("no case of that name\n");
    printf("%u passed, %u failed\n", passed, failed);
    return failed != 0 || passed == 0;
}
