/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The results of checks, and their output. */
#ifndef EFA_DOCTOR_REPORT_H
#define EFA_DOCTOR_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/windows_files.h" /* lengths of paths and versions */
#include "os/compiler.h"
#include "problems.h"

enum doctor_status { DOCTOR_OK, DOCTOR_WARNING, DOCTOR_FAILED, DOCTOR_SKIPPED };

#define DOCTOR_PROBLEM_NAME(name, code, severity, meaning, advice) DOCTOR_PROBLEM_##name,
enum doctor_problem {
    DOCTOR_PROBLEMS(DOCTOR_PROBLEM_NAME) DOCTOR_PROBLEM_COUNT,
    DOCTOR_NO_PROBLEM = DOCTOR_PROBLEM_COUNT
};
#undef DOCTOR_PROBLEM_NAME

struct doctor_result {
    const char *check;
    const char *title;
    enum doctor_status status;
    enum doctor_problem problem;
    char detail[2 * TOOL_SHOWN_PATH + 256];
};

enum { DOCTOR_RESULT_LIMIT = 24 };

struct doctor_report {
    struct doctor_result results[DOCTOR_RESULT_LIMIT];
    size_t count;
    bool live; /* print each result at once */
};

/*
 * Call one of these for each check. `check` is its name for programs, `title` its name for people;
 * the format describes the result. Skipped: something that it needs is missing, which another check
 * has reported.
 */
void report_ok(struct doctor_report *report, const char *check, const char *title,
               const char *format, ...) EFA_PRINTF(4, 5);
void report_problem(struct doctor_report *report, const char *check, const char *title,
                    enum doctor_problem problem, const char *format, ...) EFA_PRINTF(5, 6);
void report_skipped(struct doctor_report *report, const char *check, const char *title,
                    const char *format, ...) EFA_PRINTF(4, 5);

/* The worst status of all: OK, WARNING or FAILED. */
enum doctor_status report_verdict(const struct doctor_report *report);

void report_print_verdict(const struct doctor_report *report);
/* False if writing failed. */
bool report_print_json(const struct doctor_report *report);

#endif
