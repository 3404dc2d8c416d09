/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * A small frame for test programs that run on Windows, where the native tests' framework is not to
 * be had: named cases, checks that name their place, and a closing line with the counts.
 */
#ifndef EFAWIN_TESTS_CASES_H
#define EFAWIN_TESTS_CASES_H

#include <stdbool.h>
#include <stddef.h>

struct test_case {
    const char *name;
    void (*run)(void);
};

#define TEST_CASE(function) {#function, function}

/* Runs all, or those that the command line names; returns the program's exit code. */
int run_cases(const struct test_case *cases, size_t count, int argc, char **argv);

/* Notes a failure of the running case; the macros below also leave the function. */
void check_failed(const char *file, int line, const char *what, unsigned long long got,
                  unsigned long long wanted);

#define CHECK(condition)                                        \
    do {                                                        \
        if (!(condition)) {                                     \
            check_failed(__FILE__, __LINE__, #condition, 0, 1); \
            return;                                             \
        }                                                       \
    } while (0)

#define CHECK_EQUAL(got, wanted)                                                  \
    do {                                                                          \
        unsigned long long got_ = (got), wanted_ = (wanted);                      \
                                                                                  \
        if (got_ != wanted_) {                                                    \
            check_failed(__FILE__, __LINE__, #got " is " #wanted, got_, wanted_); \
            return;                                                               \
        }                                                                         \
    } while (0)

#endif
