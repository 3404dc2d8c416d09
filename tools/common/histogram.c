/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The histogram; see histogram.h. */
#include "histogram.h"

#include <string.h>

#define HALF ((uint64_t)TOOL_HISTOGRAM_HALF)

void tool_histogram_clear(struct tool_histogram *histogram)
{
    memset(histogram, 0, sizeof *histogram);
    histogram->min = UINT64_MAX;
}

/* By how many bits to shift a value right so that 8 bits are left. */
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

/* The smallest one. */
static uint64_t begin_of(size_t bucket)
{
    return bucket == 0 ? 0 : end_of(bucket - 1) + 1;
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

void tool_histogram_add(struct tool_histogram *histogram, const struct tool_histogram *other)
{
    if (other->total == 0)
        return;
    for (size_t bucket = 0; bucket < TOOL_HISTOGRAM_BUCKETS; bucket++)
        histogram->counts[bucket] += other->counts[bucket];
    histogram->total += other->total;
    histogram->sum += other->sum;
    if (other->min < histogram->min)
        histogram->min = other->min;
    if (other->max > histogram->max)
        histogram->max = other->max;
}

void tool_histogram_subtract(const struct tool_histogram *histogram,
                             const struct tool_histogram *earlier,
                             struct tool_histogram *difference)
{
    const uint64_t total = histogram->total - earlier->total;
    const uint64_t sum = histogram->sum - earlier->sum;
    uint64_t min = UINT64_MAX, max = 0;

    for (size_t bucket = 0; bucket < TOOL_HISTOGRAM_BUCKETS; bucket++) {
        const uint64_t count = histogram->counts[bucket] - earlier->counts[bucket];

        difference->counts[bucket] = count;
        if (count == 0)
            continue;
        max = end_of(bucket) < histogram->max ? end_of(bucket) : histogram->max;
        if (min == UINT64_MAX)
            min = begin_of(bucket) > histogram->min ? begin_of(bucket) : histogram->min;
    }
    difference->total = total;
    difference->sum = sum;
    difference->min = min;
    difference->max = max;
}

bool tool_histogram_next(const struct tool_histogram *histogram, size_t *bucket, uint64_t *end)
{
    while (*bucket < TOOL_HISTOGRAM_BUCKETS && histogram->counts[*bucket] == 0)
        ++*bucket;
    if (*bucket == TOOL_HISTOGRAM_BUCKETS)
        return false;
    *end = end_of(*bucket) < histogram->max ? end_of(*bucket) : histogram->max;
    return true;
}

uint64_t tool_histogram_percentile(const struct tool_histogram *histogram, double percentile)
{
    /* Slightly less, so that rounding does not count one value too many. */
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
