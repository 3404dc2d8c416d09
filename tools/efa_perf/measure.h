/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Measures one size and rate after the other, with a peer on a control connection or in this
 * process. */
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
    void (*look_after)(void *argument); /* called from time to time during a measurement, or NULL */
    void *argument;
};

/*
 * False after printing the reason; the results so far are in `results` even then.
 * perf_results_destroy frees them.
 */
bool perf_measure(struct perf_run *run, struct perf_results *results);
void perf_results_destroy(struct perf_results *results);

#endif
