/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Results as text for people, JSON, CSV, a page, and histograms. The figures come from the table of
 * columns. People read rounded ones, programs all digits.
 */
#ifndef EFA_PERF_REPORT_H
#define EFA_PERF_REPORT_H

#include <stdio.h>

#include "columns.h"
#include "common/run_facts.h"

struct perf_report {
    const struct perf_plan *plan;
    const struct perf_results *results;
    const struct tool_run *run;
};

/* What the latencies of this test measure, in a few words. */
const char *perf_latency_meaning(const struct perf_plan *plan);
/* The parameters of a test in one line. */
void perf_describe_plan(const struct perf_plan *plan, char *text, size_t size);
/* Whether all measurements were made. */
bool perf_is_complete(const struct perf_results *results);
/* Why the results are incomplete, in one line; empty if they are complete. */
void perf_describe_end(const struct perf_results *results, char *text, size_t size);

void perf_print_header(const struct perf_report *report);
void perf_print_row(const struct perf_plan *plan, const struct perf_row *row);
void perf_print_interval(const struct perf_plan *plan, const struct perf_interval *interval,
                         uint32_t size);
void perf_print_end(const struct perf_report *report);

/* The figures of an interval as a row, for the columns. */
void perf_interval_row(const struct perf_interval *interval, uint32_t size, struct perf_row *row);

/* Each writes a whole file; false if that failed. */
typedef bool perf_write(FILE *file, const struct perf_report *report);
perf_write perf_write_json, perf_write_csv, perf_write_html;

/* The latencies of one row in the text form of HdrHistogram, which plotters read. */
bool perf_write_histogram(FILE *file, const struct perf_results *results, size_t row);

/* ---- Parts of the page ---- */

void perf_write_escaped(FILE *file, const char *text);
void perf_write_pictures(FILE *file, const struct perf_report *report);

#endif
