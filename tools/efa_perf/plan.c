/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Names and derived figures; see plan.h. */
#include "plan.h"

const double perf_percentiles[PERF_PERCENTILES] = {0,  25,   50,   75,    90, 95,
                                                   99, 99.5, 99.9, 99.99, 100};
const char *const perf_test_names[PERF_TEST_COUNT] = {"lat", "bw", "rate", "read"};

double perf_megabytes_per_second(const struct perf_row *row)
{
    return (double)(row->messages - row->lost) * row->size * 1e3 / (double)row->elapsed_ns;
}

double perf_million_messages_per_second(const struct perf_row *row)
{
    return (double)(row->messages - row->lost) * 1e3 / (double)row->elapsed_ns;
}
