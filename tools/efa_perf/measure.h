/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Measuring: one size and rate after the other, with the peer on a control connection or in here. */
#ifndef EFA_PERF_MEASURE_H
#define EFA_PERF_MEASURE_H

#include "control.h"
#include "lane.h"

struct perf_run {
    const struct perf_plan *plan;
    bool is_client;
    uint32_t largest;             /* of both devices */
    struct perf_lane *lanes;      /* plan->threads of them */
    struct perf_control *control; /* NULL in a loopback */
    uint32_t phase;               /* of the next measurement, see flow.h */
    bool show_progress;
    bool keep_histograms;
    void (*print_row)(const struct perf_plan *plan, const struct perf_row *row);
    void (*print_interval)(const struct perf_plan *plan, const struct perf_interval *interval,
                           uint32_t size);
    void (*look_after)(void *argument); /* called now and then while measuring, or NULL */
    void *argument;
};

/*
 * False after printing what went wrong; what was found until then is in the results all the same.
 * perf_results_destroy frees what they hold.
 */
bool perf_measure(struct perf_run *run, struct perf_results *results);
void perf_results_destroy(struct perf_results *results);

#endif
