/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The histogram; see histogram.h. */
#include "histogram.h"

#include <string.h>

#define HALF ((uint64_t)TOOL_HISTOGRAM_HALF)

void tool_histogram_clear(struct tool_histogram *histogram)
{
    memset(histogram, 0, sizeof(*histogram));
    histogram->min = UINT64_MAX;
}

/* How far a value is shifted right to have 8 bits. */
static unsigned shift_of(uint64_t value)
{
    unsigned shift = 0;

    for (unsigned step = 32; step > 0; step /= 2) {
        if (value >> (shift + step) >= HALF)
            shift += step;
    }
    return shift;
}

static size_t bucket_of(uint64_t value)
{
    const unsigned shift = shift_of(value);
    const uint64_t bucket = shift * HALF + (value >> shift);

    return bucket < TOOL_HISTOGRAM_BUCKETS ? (size_t)bucket : TOOL_HISTOGRAM_BUCKETS - 1;
}

/* The largest value of a bucket. */
static uint64_t end_of(size_t bucket)
{
    const uint64_t shift = bucket < 2 * HALF ? 0 : bucket / HALF - 1;

    return ((bucket - shift * HALF + 1) << shift) - 1;
}

void tool_histogram_record(struct tool_histogram *histogram, uint64_t value)
{
    histogram->counts[bucket_of(value)]++;
    histogram->total++;
    histogram->sum += value;
    if (value < histogram->min)
        histogram->min = value;
    if (value > histogram->max)
        histogram->max = value;
}

uint64_t tool_histogram_percentile(const struct tool_histogram *histogram, double percentile)
{
    /* A hair less, so that rounding does not ask for one value more. */
    const double wanted = percentile * (double)histogram->total / 100 * (1 - 1e-12);
    uint64_t seen = 0;

    if (histogram->total == 0)
        return 0;
    if (percentile <= 0)
        return histogram->min;
    for (size_t bucket = 0; bucket < TOOL_HISTOGRAM_BUCKETS - 1; bucket++) {
        seen += histogram->counts[bucket];
        if (histogram->counts[bucket] > 0 && (double)seen >= wanted)
            return end_of(bucket) < histogram->max ? end_of(bucket) : histogram->max;
    }
    return histogram->max;
}

double tool_histogram_mean(const struct tool_histogram *histogram)
{
    return histogram->total > 0 ? (double)histogram->sum / (double)histogram->total : 0;
}
