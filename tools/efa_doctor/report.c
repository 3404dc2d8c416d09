/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Results of checks, as text and as JSON; see report.h. */
#include "report.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include "common/json.h"
#include "common/message.h"
#include "common/version.h"

#define TITLE_COLUMN 24

struct problem_text {
    const char *code;
    enum doctor_status severity;
    const char *meaning;
    const char *advice;
};

#define PROBLEM_TEXT(name, code, severity, meaning, advice) \
    {code, DOCTOR_##severity, meaning, advice},
static const struct problem_text problem_texts[] = {DOCTOR_PROBLEMS(PROBLEM_TEXT)};

static const char *const status_names[] = {"ok", "warning", "failed", "skipped"};

static void print_result(const struct doctor_result *result)
{
    printf("%-8s %-*s %s\n", status_names[result->status], TITLE_COLUMN, result->title,
           result->detail);
    if (result->problem != DOCTOR_NO_PROBLEM) {
        const struct problem_text *text = &problem_texts[result->problem];

        printf("%9s%s\n%9sTo do: %s [%s]\n", "", text->meaning, "", text->advice, text->code);
    }
    fflush(stdout);
}

static void add(struct doctor_report *report, const char *check, const char *title,
                enum doctor_status status, enum doctor_problem problem, const char *format,
                va_list arguments)
{
    struct doctor_result *result = &report->results[report->count++];

    assert(report->count <= DOCTOR_RESULT_LIMIT);
    result->check = check;
    result->title = title;
    result->status = status;
    result->problem = problem;
    vsnprintf(result->detail, sizeof result->detail, format, arguments);
    if (report->live)
        print_result(result);
}

void report_ok(struct doctor_report *report, const char *check, const char *title,
               const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    add(report, check, title, DOCTOR_OK, DOCTOR_NO_PROBLEM, format, arguments);
    va_end(arguments);
}

void report_problem(struct doctor_report *report, const char *check, const char *title,
                    enum doctor_problem problem, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    add(report, check, title, problem_texts[problem].severity, problem, format, arguments);
    va_end(arguments);
}

void report_skipped(struct doctor_report *report, const char *check, const char *title,
                    const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    add(report, check, title, DOCTOR_SKIPPED, DOCTOR_NO_PROBLEM, format, arguments);
    va_end(arguments);
}

static size_t count_of(const struct doctor_report *report, enum doctor_status status)
{
    size_t count = 0;

    for (size_t i = 0; i < report->count; i++)
        count += report->results[i].status == status;
    return count;
}

enum doctor_status report_verdict(const struct doctor_report *report)
{
    if (count_of(report, DOCTOR_FAILED) > 0)
        return DOCTOR_FAILED;
    return count_of(report, DOCTOR_WARNING) > 0 ? DOCTOR_WARNING : DOCTOR_OK;
}

void report_print_verdict(const struct doctor_report *report)
{
    const size_t warnings = count_of(report, DOCTOR_WARNING);

    printf("\n%zu ok, %zu warning%s, %zu failed, %zu skipped: ", count_of(report, DOCTOR_OK),
           warnings, warnings == 1 ? "" : "s", count_of(report, DOCTOR_FAILED),
           count_of(report, DOCTOR_SKIPPED));
    switch (report_verdict(report)) {
    case DOCTOR_OK:
        printf("EFA works here.\n");
        break;
    case DOCTOR_WARNING:
        printf("EFA works here; look at the warnings.\n");
        break;
    default:
        printf("EFA does not work here; begin with the first failure.\n");
        break;
    }
}

bool report_print_json(const struct doctor_report *report)
{
    struct tool_json json;

    tool_json_begin(&json, stdout);
    tool_json_object(&json, NULL);
    tool_json_text(&json, "tool", tool_name);
    tool_json_text(&json, "version", tool_version);
    tool_json_text(&json, "verdict", status_names[report_verdict(report)]);
    tool_json_array(&json, "checks");
    for (size_t i = 0; i < report->count; i++) {
        const struct doctor_result *result = &report->results[i];

        tool_json_object(&json, NULL);
        tool_json_text(&json, "check", result->check);
        tool_json_text(&json, "title", result->title);
        tool_json_text(&json, "status", status_names[result->status]);
        tool_json_text(&json, "detail", result->detail);
        if (result->problem != DOCTOR_NO_PROBLEM) {
            const struct problem_text *text = &problem_texts[result->problem];

            tool_json_object(&json, "problem");
            tool_json_text(&json, "code", text->code);
            tool_json_text(&json, "meaning", text->meaning);
            tool_json_text(&json, "advice", text->advice);
            tool_json_end_object(&json);
        }
        tool_json_end_object(&json);
    }
    tool_json_end_array(&json);
    tool_json_end_object(&json);
    return tool_json_end(&json);
}
