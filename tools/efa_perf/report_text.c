/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Results for people, in 80 columns; see report.h. */
#include "report.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "os/compiler.h"

const char *perf_latency_meaning(const struct perf_plan *plan)
{
    if (plan->test == PERF_LAT)
        return "half round trip";
    return plan->rate_count > 0 ? "due to completion" : "post to completion";
}

static void append(char *text, size_t size, const char *format, ...) EFA_PRINTF(3, 4);

static void append(char *text, size_t size, const char *format, ...)
{
    const size_t used = strlen(text);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text + used, size - used, format, arguments);
    va_end(arguments);
}

void perf_describe_plan(const struct perf_plan *plan, char *text, size_t size)
{
    text[0] = '\0';
    append(text, size, "%s on %s, %u queue pair%s", perf_test_names[plan->test],
           plan->ud ? "UD" : "SRD", plan->qps * plan->threads,
           plan->qps * plan->threads == 1 ? "" : "s");
    if (plan->threads > 1)
        append(text, size, ", %u threads", plan->threads);
    append(text, size, ", depth %u%s%s%s", plan->depth,
           plan->bidirectional ? ", bidirectional" : "", plan->verify ? ", verified" : "",
           plan->rate_count > 0 ? ", fixed rate" : "");
}

bool perf_is_complete(const struct perf_results *results)
{
    return results->count == results->wanted && !results->interrupted &&
           results->failure[0] == '\0';
}

void perf_describe_end(const struct perf_results *results, char *text, size_t size)
{
    text[0] = '\0';
    if (perf_is_complete(results))
        return;
    append(text, size, "%s: %zu of %zu measurements",
           results->interrupted ? "interrupted" : "failed", results->count, results->wanted);
    if (results->interrupted && results->count > 0)
        append(text, size, ", the last one in part");
    if (results->failure[0] != '\0')
        append(text, size, "; %s", results->failure);
}

static bool is_shown(const struct perf_plan *plan, const struct perf_column *column)
{
    if (column->shown_in == (plan->rate_count > 0 ? PERF_WITHOUT_RATE : PERF_WITH_RATE))
        return false;
    return (column->tests >> plan->test & 1) != 0;
}

void perf_print_header(const struct perf_report *report)
{
    const struct perf_plan *plan = report->plan;
    char text[200];

    tool_print_run(report->run);
    perf_describe_plan(plan, text, sizeof text);
    printf("%s\nlatency in us: %s\n", text, perf_latency_meaning(plan));
    for (size_t i = 0; i < perf_column_count; i++) {
        if (is_shown(plan, &perf_columns[i]))
            printf("%*s", perf_columns[i].width, perf_columns[i].heading);
    }
    printf("\n");
    fflush(stdout);
}

/* `first` is the text of the first column; NULL: the row's own. */
static void print_columns(const struct perf_plan *plan, const struct perf_row *row,
                          const char *first)
{
    char text[PERF_VALUE_TEXT];

    for (size_t i = 0; i < perf_column_count; i++) {
        const struct perf_column *column = &perf_columns[i];

        if (is_shown(plan, column))
            printf("%*s", column->width,
                   i == 0 && first ? first
                                   : perf_show_value(column, row, (size_t)column->width - 1, text));
    }
}

void perf_print_row(const struct perf_plan *plan, const struct perf_row *row)
{
    print_columns(plan, row, NULL);
    printf("\n");
    if (row->lost > 0)
        printf("%7s %" PRIu64 " of the messages were lost (UD is unreliable)\n", "", row->lost);
    fflush(stdout);
}

void perf_interval_row(const struct perf_interval *interval, uint32_t size, struct perf_row *row)
{
    memset(row, 0, sizeof *row);
    row->size = size;
    row->messages = interval->messages;
    row->elapsed_ns =
        interval->end_ns > interval->begin_ns ? interval->end_ns - interval->begin_ns : 1;
    row->processor_is_unknown = true;
    row->latency = interval->latency;
}

void perf_print_interval(const struct perf_plan *plan, const struct perf_interval *interval,
                         uint32_t size)
{
    struct perf_row row;
    char end[32];

    perf_interval_row(interval, size, &row);
    snprintf(end, sizeof end, "%.0f s", (double)interval->end_ns * 1e-9);
    print_columns(plan, &row, end);
    printf("\n");
    fflush(stdout);
}

void perf_print_end(const struct perf_report *report)
{
    uint64_t messages = 0, lost = 0;
    char text[600];

    for (size_t i = 0; i < report->results->count; i++) {
        messages += report->results->rows[i].messages;
        lost += report->results->rows[i].lost;
    }
    if (report->plan->verify && messages > 0)
        printf("verified: %" PRIu64 " messages arrived as they were sent\n", messages - lost);
    perf_describe_end(report->results, text, sizeof text);
    if (text[0] != '\0' && report->results->count > 0)
        printf("%s\n", text);
    /* With --serve-forever the output may go to a pipe, so it is flushed. */
    fflush(stdout);
}
