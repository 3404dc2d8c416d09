/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Results as columns, JSON, CSV and a page. A figure has the same digits in all of them: latencies in
 * microseconds with three decimals, MB/s (10^6 bytes) with two, million messages a second with four.
 */
#ifndef EFA_PERF_REPORT_H
#define EFA_PERF_REPORT_H

#include <stdio.h>

#include "plan.h"

/* What latencies are of in this test, in a few words. */
const char *perf_latency_meaning(const struct perf_plan *plan);

void perf_print_header(const struct perf_plan *plan);
void perf_print_row(const struct perf_row *row);
void perf_print_end(const struct perf_plan *plan, const struct perf_results *results);

/* Each writes a whole file; false where that failed. */
bool perf_write_json(FILE *file, const struct perf_plan *plan, const struct perf_results *results);
bool perf_write_csv(FILE *file, const struct perf_plan *plan, const struct perf_results *results);
bool perf_write_html(FILE *file, const struct perf_plan *plan, const struct perf_results *results);

#endif
