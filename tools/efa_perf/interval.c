/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Intervals: differences between snapshots of the lanes; see interval.h. */
#include "interval.h"

#include <stdlib.h>
#include <string.h>

#include "os/compiler.h"

void perf_describe_latency(const struct tool_histogram *histogram, struct perf_latency *latency)
{
    latency->count = histogram->total;
    latency->min = histogram->total > 0 ? histogram->min : 0;
    latency->max = histogram->max;
    latency->mean = tool_histogram_mean(histogram);
    for (size_t i = 0; i < PERF_PERCENTILES; i++)
        latency->percentiles[i] = tool_histogram_percentile(histogram, perf_percentiles[i]);
}

void perf_intervals_init(struct perf_intervals *intervals, struct perf_run *run,
                         struct perf_results *results)
{
    memset(intervals, 0, sizeof *intervals);
    intervals->run = run;
    intervals->results = results;
}

void perf_intervals_begin(struct perf_intervals *intervals, uint64_t now)
{
    intervals->begin = intervals->last_end = now;
    intervals->next_end = now + intervals->run->plan->interval_ns;
    /* Without memory the measurement goes on without intervals. */
    intervals->before = (struct tool_histogram *)calloc(1, sizeof *intervals->before);
    intervals->now = (struct tool_histogram *)calloc(1, sizeof *intervals->now);
    if (!intervals->before || !intervals->now)
        intervals->next_end = UINT64_MAX;
}

/* Both directions, as this side sees them. In lat each reply is one of them. */
static uint64_t messages_of(const struct perf_run *run)
{
    const bool is_lat = run->plan->test == PERF_LAT;
    uint64_t sum = 0;

    for (uint32_t t = 0; t < run->plan->threads; t++) {
        const struct perf_lane *lane = &run->lanes[t];

        for (size_t i = 0; i < lane->flow_count; i++)
            sum += efa_load_acquire_u64(&lane->shown[i].completed);
        if (lane->flow_count == 1 && (is_lat || run->plan->bidirectional || !run->is_client))
            sum += efa_load_acquire_u64(&lane->shown[0].received);
    }
    return sum;
}

static struct perf_interval *new_interval(struct perf_results *results)
{
    if (results->interval_count == results->interval_limit) {
        const size_t limit = results->interval_limit ? 2 * results->interval_limit : 64;
        struct perf_interval *more =
            (struct perf_interval *)realloc(results->intervals, limit * sizeof *results->intervals);

        if (!more)
            return NULL;
        results->intervals = more;
        results->interval_limit = limit;
    }
    return &results->intervals[results->interval_count++];
}

static void end_interval(struct perf_intervals *intervals, uint64_t now)
{
    struct perf_run *run = intervals->run;
    const uint64_t messages = messages_of(run);
    struct perf_interval *interval = new_interval(intervals->results);
    struct tool_histogram *swap = intervals->before;

    if (!interval)
        return;
    interval->row = intervals->results->count;
    interval->begin_ns = intervals->last_end - intervals->begin;
    interval->end_ns = now - intervals->begin;
    interval->messages = messages - intervals->messages;
    tool_histogram_clear(intervals->now);
    for (uint32_t t = 0; t < run->plan->threads; t++)
        tool_histogram_add(intervals->now, run->lanes[t].snapshot);
    tool_histogram_subtract(intervals->now, intervals->before, intervals->before);
    perf_describe_latency(intervals->before, &interval->latency);
    intervals->before = intervals->now;
    intervals->now = swap;
    intervals->messages = messages;
    intervals->last_end = now;
    /* The rest at the end of a measurement is too short to compare with other intervals. */
    if (interval->end_ns - interval->begin_ns >= run->plan->interval_ns / 20)
        run->print_interval(run->plan, interval, run->lanes[0].flows[0].size);
}

void perf_intervals_check(struct perf_intervals *intervals, uint64_t now)
{
    struct perf_run *run = intervals->run;
    bool all = true;

    if (now < intervals->next_end)
        return;
    if (!intervals->waits) {
        intervals->waits = true;
        for (uint32_t t = 0; t < run->plan->threads; t++)
            perf_lane_want_snapshot(&run->lanes[t]);
    }
    for (uint32_t t = 0; t < run->plan->threads; t++)
        all = all && perf_lane_has_snapshot(&run->lanes[t]);
    if (!all)
        return;
    intervals->waits = false;
    end_interval(intervals, now);
    intervals->next_end += run->plan->interval_ns;
    if (intervals->next_end <= now)
        intervals->next_end = now + run->plan->interval_ns;
}

void perf_intervals_end(struct perf_intervals *intervals, uint64_t now)
{
    struct perf_run *run = intervals->run;

    if (intervals->next_end != UINT64_MAX) {
        for (uint32_t t = 0; t < run->plan->threads; t++)
            *run->lanes[t].snapshot = *run->lanes[t].flows[0].latencies;
        if (messages_of(run) != intervals->messages)
            end_interval(intervals, now);
    }
    free(intervals->before);
    free(intervals->now);
    intervals->before = intervals->now = NULL;
}
