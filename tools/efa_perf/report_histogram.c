/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Latencies in the text form of HdrHistogram's percentile distribution, in microseconds: value,
 * share of the values up to it, their number, and 1/(1-share), which is infinite at the end.
 */
#include "report.h"

#include <inttypes.h>
#include <math.h>

#include "common/histogram.h"

/* Computed from the ends of the buckets, so it is as exact as the buckets are narrow. */
static double deviation_of(const struct tool_histogram *histogram)
{
    const double mean = tool_histogram_mean(histogram);
    double sum = 0;
    uint64_t end;

    for (size_t bucket = 0; tool_histogram_next(histogram, &bucket, &end); bucket++)
        sum += (double)histogram->counts[bucket] * ((double)end - mean) * ((double)end - mean);
    return histogram->total > 0 ? sqrt(sum / (double)histogram->total) : 0;
}

bool perf_write_histogram(FILE *file, const struct perf_results *results, size_t row)
{
    const struct tool_histogram *histogram = &results->histograms[row];
    uint64_t seen = 0, end;

    fprintf(file, "%12s %14s %10s %14s\n\n", "Value", "Percentile", "TotalCount",
            "1/(1-Percentile)");
    for (size_t bucket = 0; tool_histogram_next(histogram, &bucket, &end); bucket++) {
        double share;

        seen += histogram->counts[bucket];
        share = (double)seen / (double)histogram->total;
        fprintf(file, "%12.3f %2.12f %10" PRIu64, (double)end / 1e3, share, seen);
        if (seen < histogram->total)
            fprintf(file, " %14.2f\n", 1 / (1 - share));
        else
            fprintf(file, " %14s\n", "inf");
    }
    fprintf(file, "#[Mean    = %12.3f, StdDeviation   = %12.3f]\n",
            tool_histogram_mean(histogram) / 1e3, deviation_of(histogram) / 1e3);
    fprintf(file, "#[Max     = %12.3f, Total count    = %12" PRIu64 "]\n",
            (double)histogram->max / 1e3, histogram->total);
    fprintf(file, "#[Buckets = %12d, SubBuckets     = %12d]\n", TOOL_HISTOGRAM_OCTAVES,
            2 * TOOL_HISTOGRAM_HALF);
    return fflush(file) == 0 && !ferror(file);
}
