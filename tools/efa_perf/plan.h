/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* What a run of efa_perf is to do, and what it found for each size. */
#ifndef EFA_PERF_PLAN_H
#define EFA_PERF_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum perf_test { PERF_LAT, PERF_BW, PERF_RATE, PERF_READ, PERF_TEST_COUNT };

enum {
    PERF_MAX_QPS = 64,
    PERF_MAX_POST_LIST = 64,
    PERF_MAX_SIZES = 40,
    PERF_PERCENTILES = 11,
    /* Bytes of a read where the device sets no lower limit. */
    PERF_MAX_READ = 1 << 20,
    /* Bytes up to which data goes inline where nothing else is said and the device does so. */
    PERF_USUAL_INLINE = 32
};

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
    uint32_t iterations;   /* for each size and direction; with a duration the limit */
    uint32_t warmup;       /* as many before those, which do not count */
    uint64_t duration_ns;  /* 0: iterations alone decide */
    uint32_t depth;        /* sends and receives outstanding on each queue pair */
    uint32_t post_list;    /* requests posted at a time */
    uint32_t inline_limit; /* bytes up to which a send carries its data inline */
    uint32_t qps;
    uint64_t timeout_ns; /* the longest wait for anything */
};

/* Latencies are in nanoseconds. */
struct perf_latency {
    uint64_t count;
    uint64_t min;
    uint64_t max;
    double mean;
    uint64_t percentiles[PERF_PERCENTILES]; /* for each of perf_percentiles */
};

/* Of one size, as both sides know it in the end. */
struct perf_row {
    uint32_t size;
    uint64_t messages; /* both directions */
    uint64_t lost;     /* sent and not arrived: UD alone */
    uint64_t elapsed_ns;
    struct perf_latency latency; /* of what the client sent */
};

struct perf_results {
    struct perf_row rows[PERF_MAX_SIZES];
    size_t count;
    bool interrupted;
};

extern const double perf_percentiles[PERF_PERCENTILES];
extern const char *const perf_test_names[PERF_TEST_COUNT];

/* Places in perf_percentiles. */
enum { PERF_P50 = 2, PERF_P99 = 6, PERF_P999 = 8 };

double perf_megabytes_per_second(const struct perf_row *row);
double perf_million_messages_per_second(const struct perf_row *row);

#endif
