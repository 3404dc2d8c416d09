/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Counts of values in log-linear buckets: exact below 256, within 1/128 of the value above.
 * Minimum, maximum and mean are exact. The size is fixed, and recording takes a few instructions.
 */
#ifndef EFA_TOOLS_HISTOGRAM_H
#define EFA_TOOLS_HISTOGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    TOOL_HISTOGRAM_HALF = 128, /* buckets for each doubling of the value */
    TOOL_HISTOGRAM_OCTAVES =
        40, /* doublings above the exact part; larger values count as largest */
    TOOL_HISTOGRAM_BUCKETS = TOOL_HISTOGRAM_HALF * (TOOL_HISTOGRAM_OCTAVES + 2)
};

struct tool_histogram {
    uint64_t counts[TOOL_HISTOGRAM_BUCKETS];
    uint64_t total;
    uint64_t sum;
    uint64_t min; /* of the values; UINT64_MAX if there is no value */
    uint64_t max;
};

void tool_histogram_clear(struct tool_histogram *histogram);
void tool_histogram_record(struct tool_histogram *histogram, uint64_t value);

/* Adds the counts of another histogram. */
void tool_histogram_add(struct tool_histogram *histogram, const struct tool_histogram *other);

/*
 * The values recorded since the copy `earlier` was made. Minimum and maximum are the ends of their
 * buckets. `difference` may be `earlier`.
 */
void tool_histogram_subtract(const struct tool_histogram *histogram,
                             const struct tool_histogram *earlier,
                             struct tool_histogram *difference);

/* Finds the first bucket with values, from `bucket` on, and its end; false if all are empty. */
bool tool_histogram_next(const struct tool_histogram *histogram, size_t *bucket, uint64_t *end);

/*
 * The smallest bucket end that at least `percentile` percent of the values do not exceed, at most
 * the maximum. For 0 it is the minimum. Returns 0 if there is no value.
 */
uint64_t tool_histogram_percentile(const struct tool_histogram *histogram, double percentile);

double tool_histogram_mean(const struct tool_histogram *histogram);

#endif
