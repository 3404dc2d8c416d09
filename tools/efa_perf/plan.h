/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The parameters of a run of efa_perf, and its results. */
#ifndef EFA_PERF_PLAN_H
#define EFA_PERF_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum perf_test { PERF_LAT, PERF_BW, PERF_RATE, PERF_READ, PERF_TEST_COUNT };

enum {
    PERF_MAX_QPS = 64, /* of a thread */
    PERF_MAX_THREADS = 16,
    PERF_MAX_POST_LIST = 64,
    PERF_MAX_SIZES = 40,
    PERF_MAX_RATES = 8,
    PERF_MAX_ROWS = PERF_MAX_SIZES * PERF_MAX_RATES,
    PERF_PERCENTILES = 11,
    /* The largest read, unless the device has a lower limit. */
    PERF_MAX_READ = 1 << 20,
    /* The maximum values of options. */
    PERF_DEEPEST = 32768,
    PERF_LARGEST_INLINE = 1024,
    PERF_LONGEST_S = 86400,
    PERF_HIGHEST_RATE = 1000000000,
    /* The default of --inline, if the device supports it. */
    PERF_USUAL_INLINE = 32
};

/* perf_plan.iterations if a duration is given. */
#define PERF_UNLIMITED UINT64_MAX
#define PERF_MOST_ITERATIONS 4000000000u

struct perf_plan {
    enum perf_test test;
    bool ud;
    bool all_sizes;
    bool verify;
    bool bidirectional;
    bool classic_post;
    bool classic_poll;
    bool thread_domain;
    uint32_t size;
    uint64_t iterations;   /* for each size and direction, or PERF_UNLIMITED */
    uint32_t warmup;       /* warm-up messages, which do not count */
    uint64_t duration_ns;  /* 0: the iterations decide */
    uint32_t depth;        /* sends and receives outstanding on each queue pair */
    uint32_t post_list;    /* requests posted at a time */
    uint32_t inline_limit; /* bytes up to which a send carries its data inline */
    bool inline_is_given;  /* given by the user, so never lowered */
    uint32_t qps;          /* of each thread */
    uint32_t threads;
    uint32_t rates[PERF_MAX_RATES]; /* messages a second that each sender offers */
    uint32_t rate_count;            /* 0: as fast as possible */
    uint64_t interval_ns;           /* 0: no intervals */
    uint64_t timeout_ns;            /* the longest wait for anything */
};

/* Latencies are in nanoseconds. */
struct perf_latency {
    uint64_t count;
    uint64_t min;
    uint64_t max;
    double mean;
    uint64_t percentiles[PERF_PERCENTILES]; /* for each of perf_percentiles */
};

/* What one side found. */
struct perf_result {
    uint64_t sent;
    uint64_t lost; /* of what the other side sent */
    uint64_t elapsed_ns;
    uint64_t processor_ns; /* of the whole process */
    bool interrupted;
    struct perf_latency latency;
};

/* One measurement, with the results of both sides. */
struct perf_row {
    uint32_t size;
    uint32_t rate;     /* offered by each sender, in messages a second; 0: as fast as possible */
    uint64_t messages; /* both directions */
    uint64_t lost;     /* sent and not arrived: UD only */
    uint64_t elapsed_ns;
    bool has_server; /* false: one process has both sides */
    bool processor_is_unknown;
    uint64_t client_processor_ns;
    uint64_t server_processor_ns;
    struct perf_latency latency; /* of what the client sent */
};

/* An interval of a measurement, as this side saw it. */
struct perf_interval {
    size_t row;        /* of which measurement */
    uint64_t begin_ns; /* since the measurement began */
    uint64_t end_ns;
    uint64_t messages; /* completed and received */
    struct perf_latency latency;
};

struct tool_histogram;

struct perf_results {
    struct perf_row rows[PERF_MAX_ROWS];
    size_t count;
    size_t wanted; /* rows of the whole run */
    bool interrupted;
    char failure[400]; /* why the run ended early; empty: it did not */
    struct perf_interval *intervals;
    size_t interval_count;
    size_t interval_limit;
    struct tool_histogram *histograms; /* one a row, where they are kept */
};

/* False after printing the error: a value out of its range, or options that exclude each other. */
bool perf_check_plan(const struct perf_plan *plan);

extern const double perf_percentiles[PERF_PERCENTILES];
extern const char *const perf_test_names[PERF_TEST_COUNT];

/* Indices in perf_percentiles. */
enum { PERF_P50 = 2, PERF_P99 = 6, PERF_P999 = 8 };

#endif
