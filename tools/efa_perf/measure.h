/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Measuring: one size after the other, with the other side on a control connection or in here. */
#ifndef EFA_PERF_MEASURE_H
#define EFA_PERF_MEASURE_H

#include "control.h"
#include "flow.h"

struct perf_run {
    const struct perf_plan *plan;
    bool is_client;
    uint32_t largest;             /* of both devices */
    struct perf_flow flows[2];    /* here; in a loopback the first is the client */
    size_t flow_count;            /* 2: loopback, without a control connection */
    struct perf_control *control; /* NULL in a loopback */
    uint32_t phase;               /* of the next measurement, see flow.h */
    bool show_progress;
    void (*print_row)(const struct perf_row *row);
};

/* False after printing what went wrong; what was found until then is in the results all the same. */
bool perf_measure(struct perf_run *run, struct perf_results *results);

#endif
