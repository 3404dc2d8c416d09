/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The table of columns, and the figures computed from measurements; see columns.h. */
#include "columns.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/json.h"
#include "os/compiler.h"

static double size_of(const struct perf_row *row)
{
    return row->size;
}

static double messages_of(const struct perf_row *row)
{
    return (double)row->messages;
}

static double lost_of(const struct perf_row *row)
{
    return (double)row->lost;
}

static double elapsed_of(const struct perf_row *row)
{
    return (double)row->elapsed_ns;
}

static double megabytes_of(const struct perf_row *row)
{
    return (double)(row->messages - row->lost) * row->size * 1e3 / (double)row->elapsed_ns;
}

static double rate_of(const struct perf_row *row)
{
    return (double)(row->messages - row->lost) * 1e3 / (double)row->elapsed_ns;
}

static double gigabits_of(const struct perf_row *row)
{
    return megabytes_of(row) * 8 / 1e3;
}

/* Of one CPU; a process with several threads may have more than 100. */
static double processor_share(const struct perf_row *row, uint64_t processor_ns)
{
    return 100 * (double)processor_ns / (double)row->elapsed_ns;
}

static double client_processor_of(const struct perf_row *row)
{
    return row->processor_is_unknown ? NAN : processor_share(row, row->client_processor_ns);
}

static double server_processor_of(const struct perf_row *row)
{
    if (row->processor_is_unknown || !row->has_server)
        return NAN;
    return processor_share(row, row->server_processor_ns);
}

static double offered_of(const struct perf_row *row)
{
    return row->rate > 0 ? (double)row->rate : (double)NAN;
}

static double count_of(const struct perf_row *row)
{
    return (double)row->latency.count;
}

static double min_of(const struct perf_row *row)
{
    return (double)row->latency.min / 1e3;
}

static double mean_of(const struct perf_row *row)
{
    return row->latency.mean / 1e3;
}

static double max_of(const struct perf_row *row)
{
    return (double)row->latency.max / 1e3;
}

#define LAT (1u << PERF_LAT)
#define FLOOD (1u << PERF_BW | 1u << PERF_RATE | 1u << PERF_READ)
#define EVERY (LAT | FLOOD)

#define FIGURE(value) value, 0
/* A column of perf_percentiles, by its index. */
#define PERCENTILE(index) NULL, index

/* No text is wider than 80 characters. */
const struct perf_column perf_columns[] = {
    {"size_bytes", NULL, "bytes", 7, 0, EVERY, PERF_ALWAYS, FIGURE(size_of)},
    {"messages", NULL, "messages", 10, 0, EVERY, PERF_ALWAYS, FIGURE(messages_of)},
    {"lost", NULL, "lost", 0, 0, 0, PERF_ALWAYS, FIGURE(lost_of)},
    {"elapsed_ns", NULL, NULL, 0, 0, 0, PERF_ALWAYS, FIGURE(elapsed_of)},
    {"offered_per_second", NULL, "offered/s", 10, 0, FLOOD, PERF_WITH_RATE, FIGURE(offered_of)},
    {"megabytes_per_second", NULL, "MB/s", 9, 2, FLOOD, PERF_WITHOUT_RATE, FIGURE(megabytes_of)},
    {"gigabits_per_second", NULL, "Gbit/s", 9, 3, FLOOD, PERF_ALWAYS, FIGURE(gigabits_of)},
    {"million_messages_per_second", NULL, "Mmsg/s", 9, 4, FLOOD, PERF_ALWAYS, FIGURE(rate_of)},
    {"client_processor_percent", NULL, "CPU%", 5, 0, FLOOD, PERF_ALWAYS,
     FIGURE(client_processor_of)},
    {"server_processor_percent", NULL, "server CPU%", 0, 0, 0, PERF_ALWAYS,
     FIGURE(server_processor_of)},
    {"count", "count", NULL, 0, 0, 0, PERF_ALWAYS, FIGURE(count_of)},
    {"min_us", "min", "min", 10, 3, LAT, PERF_ALWAYS, FIGURE(min_of)},
    {"mean_us", "mean", "average", 10, 3, LAT, PERF_ALWAYS, FIGURE(mean_of)},
    {"p0_us", NULL, NULL, 0, 0, 0, PERF_ALWAYS, PERCENTILE(0)},
    {"p25_us", NULL, NULL, 0, 0, 0, PERF_ALWAYS, PERCENTILE(1)},
    {"p50_us", NULL, "median", 10, 3, EVERY, PERF_ALWAYS, PERCENTILE(PERF_P50)},
    {"p75_us", NULL, NULL, 0, 0, 0, PERF_ALWAYS, PERCENTILE(3)},
    {"p90_us", NULL, NULL, 0, 0, 0, PERF_ALWAYS, PERCENTILE(4)},
    {"p95_us", NULL, NULL, 0, 0, 0, PERF_ALWAYS, PERCENTILE(5)},
    {"p99_us", NULL, "99%", 10, 3, EVERY, PERF_ALWAYS, PERCENTILE(PERF_P99)},
    {"p99.5_us", NULL, NULL, 0, 0, 0, PERF_ALWAYS, PERCENTILE(7)},
    {"p99.9_us", NULL, "99.9%", 10, 3, LAT, PERF_ALWAYS, PERCENTILE(PERF_P999)},
    {"p99.99_us", NULL, NULL, 0, 0, 0, PERF_ALWAYS, PERCENTILE(9)},
    {"p100_us", NULL, NULL, 0, 0, 0, PERF_ALWAYS, PERCENTILE(10)},
    {"max_us", "max", "max", 11, 3, EVERY, PERF_ALWAYS, FIGURE(max_of)},
};
const size_t perf_column_count = EFA_ARRAY_SIZE(perf_columns);

double perf_value(const struct perf_column *column, const struct perf_row *row)
{
    return column->value ? column->value(row)
                         : (double)row->latency.percentiles[column->percentile] / 1e3;
}

const struct perf_column *perf_find_column(const char *name)
{
    size_t i = 0;

    while (strcmp(perf_columns[i].name, name) != 0)
        i++;
    return &perf_columns[i];
}

/* The number of decimals that leaves at least three significant digits, so that a small figure
 * is not shown as 0. */
static int decimals_for(double value, int decimals)
{
    double smallest = 100;

    for (int i = 0; i < decimals; i++)
        smallest /= 10;
    while (value > 0 && value < smallest && decimals < 9) {
        smallest /= 10;
        decimals++;
    }
    return decimals;
}

const char *perf_show_value(const struct perf_column *column, const struct perf_row *row,
                            size_t room, char *text)
{
    const double value = perf_value(column, row);
    int decimals = column->decimals;

    if (tool_is_nan(value)) {
        snprintf(text, PERF_VALUE_TEXT, "-");
        return text;
    }
    if (decimals > 0)
        decimals = decimals_for(value, decimals);
    while ((size_t)snprintf(text, PERF_VALUE_TEXT, "%.*f", decimals, value) > room && room > 0 &&
           decimals > 0)
        decimals--;
    return text;
}

const char *perf_exact_value(const struct perf_column *column, const struct perf_row *row,
                             char *text)
{
    const double value = perf_value(column, row);

    if (tool_is_nan(value))
        text[0] = '\0';
    else
        snprintf(text, PERF_VALUE_TEXT, "%.15g", value);
    return text;
}
