/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Names, and the checks of a plan; see plan.h. */
#include "plan.h"

#include "common/message.h"

const double perf_percentiles[PERF_PERCENTILES] = {0,  25,   50,   75,    90, 95,
                                                   99, 99.5, 99.9, 99.99, 100};
const char *const perf_test_names[PERF_TEST_COUNT] = {"lat", "bw", "rate", "read"};

static bool is_within(const char *option, uint64_t value, uint64_t min, uint64_t max)
{
    if (value >= min && value <= max)
        return true;
    tool_error("--%s %llu: must be a number from %llu to %llu", option, (unsigned long long)value,
               (unsigned long long)min, (unsigned long long)max);
    return false;
}

/* For plans from a client. The option table checks those of a command line. */
static bool check_ranges(const struct perf_plan *plan)
{
    if ((unsigned)plan->test >= PERF_TEST_COUNT) {
        tool_error("unknown test: use the same efa_perf on both");
        return false;
    }
    for (uint32_t i = 0; i < plan->rate_count && i < PERF_MAX_RATES; i++) {
        if (!is_within("rate", plan->rates[i], 1, PERF_HIGHEST_RATE))
            return false;
    }
    return is_within("size", plan->size, 0, PERF_MAX_READ) &&
           is_within("iters", plan->iterations, 1,
                     plan->duration_ns > 0 ? PERF_UNLIMITED : PERF_MOST_ITERATIONS) &&
           is_within("duration", plan->duration_ns / 1000000000u, 0, PERF_LONGEST_S) &&
           is_within("warmup", plan->warmup, 0, PERF_MOST_ITERATIONS) &&
           is_within("depth", plan->depth, 1, PERF_DEEPEST) &&
           is_within("qps", plan->qps, 1, PERF_MAX_QPS) &&
           is_within("threads", plan->threads, 1, PERF_MAX_THREADS) &&
           is_within("rate", plan->rate_count, 0, PERF_MAX_RATES) &&
           is_within("post-list", plan->post_list, 1, PERF_MAX_POST_LIST) &&
           is_within("inline", plan->inline_limit, 0, PERF_LARGEST_INLINE);
}

/* The silence before the next due message must not look like a peer that is gone. */
static bool check_rates(const struct perf_plan *plan)
{
    for (uint32_t i = 0; i < plan->rate_count; i++) {
        const double gap_ns = 1e9 * plan->threads / plan->rates[i];

        if (gap_ns * 2 > (double)plan->timeout_ns) {
            tool_error(
                "--rate %u: a message of each thread is due every %.3g s; --timeout must be "
                "at least twice that",
                plan->rates[i], gap_ns * 1e-9);
            return false;
        }
    }
    return true;
}

bool perf_check_plan(const struct perf_plan *plan)
{
    if (!check_ranges(plan))
        return false;
    if (plan->test == PERF_READ && plan->ud)
        tool_error("--ud: RDMA read needs SRD");
    else if (plan->test == PERF_READ && plan->classic_post)
        tool_error("--classic-post: reads need the extended calls");
    else if (plan->test == PERF_LAT && plan->bidirectional)
        tool_error("--bidirectional: lat goes both ways already");
    else if (plan->test == PERF_LAT && plan->rate_count > 0)
        tool_error("--rate: lat sends when the answer is there; use bw, rate or read");
    else if (plan->post_list > plan->depth)
        tool_error("--post-list %u: must not be above --depth, which is %u", plan->post_list,
                   plan->depth);
    else if (plan->iterations < plan->threads)
        tool_error("--iters %llu: each of %u threads needs one at least",
                   (unsigned long long)plan->iterations, plan->threads);
    else
        return check_rates(plan);
    return false;
}
