/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The intervals of one measurement, printed and kept. */
#ifndef EFA_PERF_INTERVAL_H
#define EFA_PERF_INTERVAL_H

#include "measure.h"

struct perf_intervals {
    struct perf_run *run;
    struct perf_results *results;
    uint64_t begin;    /* of the measurement */
    uint64_t last_end; /* of the last interval */
    uint64_t next_end;
    uint64_t messages; /* until the last interval's end */
    bool waits;        /* for the lanes' snapshots */
    struct tool_histogram *before, *now;
};

void perf_intervals_init(struct perf_intervals *intervals, struct perf_run *run,
                         struct perf_results *results);
void perf_intervals_begin(struct perf_intervals *intervals, uint64_t now);
/* Ends the interval if its time is over. */
void perf_intervals_check(struct perf_intervals *intervals, uint64_t now);
/* Ends the last interval; all lanes must be parked. */
void perf_intervals_end(struct perf_intervals *intervals, uint64_t now);

void perf_describe_latency(const struct tool_histogram *histogram, struct perf_latency *latency);

#endif
