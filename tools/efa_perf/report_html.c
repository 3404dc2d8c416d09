/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Results as one page that needs nothing else: a table and two pictures in SVG, in the colours of the
 * reader's system. Points and table cells carry their figures as in the JSON.
 */
#include <inttypes.h>
#include <math.h>

#include "common/version.h"
#include "report.h"

enum {
    WIDTH = 760,
    HEIGHT = 380,
    LEFT = 70,
    RIGHT = 140, /* room for the legend */
    TOP = 30,    /* the unit stands above */
    BOTTOM = 50,
    COLOURS = 6,
    SHOWN_SIZES = 6 /* curves in one picture */
};

/* From a figure's logarithm, or another measure of it, to a place in the picture. */
struct scale {
    double low, high;
    double from, to;
};

static double place(const struct scale *scale, double value)
{
    return scale->from +
           (value - scale->low) / (scale->high - scale->low) * (scale->to - scale->from);
}

static double us(uint64_t nanoseconds)
{
    return (double)nanoseconds / 1e3;
}

static void write_head(FILE *file, const struct perf_plan *plan)
{
    fputs(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width\">\n",
        file);
    fprintf(file, "<title>efa_perf: %s on %s</title>\n<style>\n", perf_test_names[plan->test],
            plan->ud ? "UD" : "SRD");
    fputs(
        ":root{color-scheme:light dark;--back:#fff;--text:#1b1f24;--soft:#57606a;--line:#d0d7de;"
        "--c0:#0550ae;--c1:#a40e26;--c2:#116329;--c3:#6639ba;--c4:#953800;--c5:#3b5b66}\n"
        "@media (prefers-color-scheme:dark){:root{--back:#0d1117;--text:#e6edf3;--soft:#9ba7b4;"
        "--line:#30363d;--c0:#79c0ff;--c1:#ff7b72;--c2:#7ee787;--c3:#d2a8ff;--c4:#ffa657;"
        "--c5:#a5d6e8}}\n"
        "body{background:var(--back);color:var(--text);font:16px/1.5 system-ui,sans-serif;"
        "max-width:62rem;margin:2rem auto;padding:0 1rem}\n"
        "h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}p{color:var(--soft)}\n"
        ".wide{overflow-x:auto}table{border-collapse:collapse;"
        "font-variant-numeric:tabular-nums;width:100%;font-size:.875rem}\n"
        "th,td{text-align:right;white-space:nowrap;padding:.25rem .4rem;"
        "border-bottom:1px solid var(--line)}\n"
        "svg{width:100%;height:auto;min-width:40rem}svg text{fill:var(--text);font-size:13px}\n"
        ".grid{stroke:var(--line)}.curve{fill:none;stroke-width:2}\n",
        file);
    for (int i = 0; i < COLOURS; i++)
        fprintf(file, ".s%d{stroke:var(--c%d)}.f%d{fill:var(--c%d)}\n", i, i, i, i);
    fputs("</style>\n</head>\n<body>\n", file);
}

static void write_intro(FILE *file, const struct perf_plan *plan,
                        const struct perf_results *results)
{
    fprintf(file, "<h1>efa_perf: %s on %s</h1>\n", perf_test_names[plan->test],
            plan->ud ? "UD" : "SRD");
    fprintf(
        file,
        "<p>%u queue pair%s, depth %u, %u request%s a post, inline up to %u bytes, %s posting, "
        "%s polling%s%s%s. Latency: %s. efa_perf %s.%s</p>\n",
        plan->qps, plan->qps == 1 ? "" : "s", plan->depth, plan->post_list,
        plan->post_list == 1 ? "" : "s", plan->inline_limit,
        plan->classic_post ? "classic" : "extended", plan->classic_poll ? "classic" : "extended",
        plan->thread_domain ? ", thread domain" : "", plan->bidirectional ? ", bidirectional" : "",
        plan->verify ? ", verified" : "", perf_latency_meaning(plan), tool_version,
        results->interrupted ? " Interrupted: the results until then." : "");
}

static void write_cell(FILE *file, const char *name, double value, int decimals)
{
    fprintf(file, "<td data-name=\"%s\">%.*f</td>", name, decimals, value);
}

static void write_table(FILE *file, const struct perf_results *results)
{
    fputs(
        "<div class=\"wide\"><table>\n<thead><tr><th>bytes</th><th>messages</th><th>lost</th>"
        "<th>MB/s</th><th>Mmsg/s</th><th>min us</th><th>median</th><th>average</th><th>99%</th>"
        "<th>99.9%</th><th>max</th></tr></thead>\n<tbody>\n",
        file);
    for (size_t i = 0; i < results->count; i++) {
        const struct perf_row *row = &results->rows[i];
        const struct perf_latency *latency = &row->latency;

        fputs("<tr>", file);
        write_cell(file, "size_bytes", row->size, 0);
        write_cell(file, "messages", (double)row->messages, 0);
        write_cell(file, "lost", (double)row->lost, 0);
        write_cell(file, "megabytes_per_second", perf_megabytes_per_second(row), 2);
        write_cell(file, "million_messages_per_second", perf_million_messages_per_second(row), 4);
        write_cell(file, "min", us(latency->min), 3);
        write_cell(file, "p50", us(latency->percentiles[PERF_P50]), 3);
        write_cell(file, "mean", latency->mean / 1e3, 3);
        write_cell(file, "p99", us(latency->percentiles[PERF_P99]), 3);
        write_cell(file, "p99.9", us(latency->percentiles[PERF_P999]), 3);
        write_cell(file, "max", us(latency->max), 3);
        fputs("</tr>\n", file);
    }
    fputs("</tbody>\n</table></div>\n", file);
}

/* ---- Pictures ---- */

static void begin_picture(FILE *file, const char *id, const char *title)
{
    fprintf(file,
            "<h2>%s</h2>\n<div class=\"wide\"><svg id=\"%s\" viewBox=\"0 0 %d %d\" role=\"img\" "
            "aria-label=\"%s\">\n",
            title, id, WIDTH, HEIGHT, title);
}

static void write_tick(FILE *file, bool vertical, double position, double value, const char *label)
{
    if (vertical)
        fprintf(file,
                "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>"
                "<text class=\"y\" data-value=\"%g\" x=\"%d\" y=\"%.1f\" text-anchor=\"end\" "
                "dominant-baseline=\"middle\">%s</text>\n",
                LEFT, WIDTH - RIGHT, position, position, value, LEFT - 8, position, label);
    else
        fprintf(file,
                "<line class=\"grid\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/>"
                "<text class=\"x\" data-value=\"%g\" x=\"%.1f\" y=\"%d\" "
                "text-anchor=\"middle\">%s</text>\n",
                position, position, TOP, HEIGHT - BOTTOM, value, position, HEIGHT - BOTTOM + 20,
                label);
}

/* The power of ten at or below a value. A hair aside, so that one that is a power of ten stays. */
static double decade_of(double value)
{
    double decade = 1e-6;

    while (decade * 10 <= value * 1.0000001)
        decade *= 10;
    return decade;
}

/* The next power of ten, or twice or five times one, at or below a value, or at or above it. */
static double round_figure(double value, bool up)
{
    static const double steps[] = {1, 2, 5, 10};
    const double decade = decade_of(value);
    double below = decade;

    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        const double step = decade * steps[i];

        if (up && step >= value * 0.9999999)
            return step;
        if (step <= value * 1.0000001)
            below = step;
    }
    return below;
}

/* A logarithmic scale between round figures, with lines at them. */
static struct scale write_log_scale(FILE *file, double low, double high, const char *unit)
{
    struct scale scale = {0, 0, HEIGHT - BOTTOM, TOP};
    const double bottom = round_figure(low > 1e-6 ? low : 1e-6, false);
    const double top = round_figure(high > bottom * 2 ? high : bottom * 2, true);

    scale.low = log10(bottom);
    scale.high = log10(top);
    for (double value = bottom; value <= top * 1.0000001; value = round_figure(value * 1.5, true)) {
        const bool is_power_of_ten = value < decade_of(value) * 1.1;
        const bool is_end = value < bottom * 1.1 || value > top * 0.9;
        char label[32];

        /* Over many decades the powers of ten and the ends are enough. */
        if (!is_power_of_ten && !is_end && scale.high - scale.low >= 2.5)
            continue;
        snprintf(label, sizeof(label), "%g", value);
        write_tick(file, true, place(&scale, log10(value)), value, label);
    }
    fprintf(file, "<text x=\"%d\" y=\"14\">%s</text>\n", LEFT - 60, unit);
    return scale;
}

static void write_legend(FILE *file, size_t entry, const char *label)
{
    const double y = TOP + 14 + 22 * (double)entry;

    fprintf(file,
            "<line class=\"curve s%zu\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>"
            "<text x=\"%d\" y=\"%.1f\" dominant-baseline=\"middle\">%s</text>\n",
            entry % COLOURS, WIDTH - RIGHT + 12, WIDTH - RIGHT + 36, y, y, WIDTH - RIGHT + 42, y,
            label);
}

/* One point of a curve: the line to it, then its mark with the figures. */
static void write_mark(FILE *file, size_t colour, double x, double y, const char *series,
                       double x_value, int x_decimals, double y_value, int y_decimals)
{
    fprintf(file,
            "<circle class=\"f%zu\" r=\"3.5\" cx=\"%.2f\" cy=\"%.2f\" data-series=\"%s\" "
            "data-x=\"%.*f\" data-y=\"%.*f\"><title>%s: %.*f, %.*f</title></circle>\n",
            colour % COLOURS, x, y, series, x_decimals, x_value, y_decimals, y_value, series,
            x_decimals, x_value, y_decimals, y_value);
}

/* 0 at 0%, 1 at 90%, 2 at 99% and so on; all that lies beyond 99.99% is at the right end. */
static double nines(double percentile)
{
    return percentile >= 100 ? 4.5 : -log10(1 - percentile / 100);
}

static void write_distribution(FILE *file, const struct perf_plan *plan,
                               const struct perf_results *results)
{
    static const struct {
        double percentile;
        const char *label;
    } ticks[] = {{0, "min"},      {50, "50%"},       {90, "90%"}, {99, "99%"},
                 {99.9, "99.9%"}, {99.99, "99.99%"}, {100, "max"}};
    const struct scale across = {0, 4.5, LEFT, WIDTH - RIGHT};
    const size_t shown = results->count < SHOWN_SIZES ? results->count : SHOWN_SIZES;
    double low = 1e18, high = 0;
    struct scale up;

    for (size_t i = 0; i < results->count; i++) {
        low = us(results->rows[i].latency.min) < low ? us(results->rows[i].latency.min) : low;
        high = us(results->rows[i].latency.max) > high ? us(results->rows[i].latency.max) : high;
    }
    begin_picture(file, "distribution", "Latency by share of messages");
    up = write_log_scale(file, low, high, "latency, us");
    for (size_t i = 0; i < sizeof(ticks) / sizeof(ticks[0]); i++)
        write_tick(file, false, place(&across, nines(ticks[i].percentile)), ticks[i].percentile,
                   ticks[i].label);
    fprintf(file,
            "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">messages not slower (%s)</text>\n",
            (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, perf_latency_meaning(plan));
    for (size_t curve = 0; curve < shown; curve++) {
        /* The first, the last, and others evenly between. */
        const size_t index = shown > 1 ? curve * (results->count - 1) / (shown - 1) : 0;
        const struct perf_row *row = &results->rows[index];
        char series[32];

        snprintf(series, sizeof(series), row->size == 1 ? "%u byte" : "%u bytes", row->size);
        fprintf(file, "<polyline class=\"curve s%zu\" points=\"", curve);
        for (size_t p = 0; p < PERF_PERCENTILES; p++)
            fprintf(file, "%.2f,%.2f ", place(&across, nines(perf_percentiles[p])),
                    place(&up, log10(us(row->latency.percentiles[p]) + 1e-6)));
        fputs("\"/>\n", file);
        for (size_t p = 0; p < PERF_PERCENTILES; p++)
            write_mark(file, curve, place(&across, nines(perf_percentiles[p])),
                       place(&up, log10(us(row->latency.percentiles[p]) + 1e-6)), series,
                       perf_percentiles[p], 2, us(row->latency.percentiles[p]), 3);
        write_legend(file, curve, series);
    }
    fputs("</svg></div>\n", file);
}

/* What the sweep shows: for latency two curves, else one. */
struct measure {
    const char *name;
    double (*of)(const struct perf_row *row);
    int decimals;
};

static double median_of(const struct perf_row *row)
{
    return us(row->latency.percentiles[PERF_P50]);
}

static double p99_of(const struct perf_row *row)
{
    return us(row->latency.percentiles[PERF_P99]);
}

static void write_sweep_curve(FILE *file, const struct perf_results *results,
                              const struct measure *measure, size_t colour,
                              const struct scale *across, const struct scale *up)
{
    fprintf(file, "<polyline class=\"curve s%zu\" points=\"", colour);
    for (size_t i = 0; i < results->count; i++)
        fprintf(file, "%.2f,%.2f ", place(across, log2(results->rows[i].size)),
                place(up, log10(measure->of(&results->rows[i]) + 1e-6)));
    fputs("\"/>\n", file);
    for (size_t i = 0; i < results->count; i++) {
        const struct perf_row *row = &results->rows[i];

        write_mark(file, colour, place(across, log2(row->size)),
                   place(up, log10(measure->of(row) + 1e-6)), measure->name, row->size, 0,
                   measure->of(row), measure->decimals);
    }
    write_legend(file, colour, measure->name);
}

static void write_sweep(FILE *file, const struct perf_plan *plan,
                        const struct perf_results *results)
{
    static const struct measure latencies[] = {{"median", median_of, 3}, {"99%", p99_of, 3}};
    static const struct measure rate = {"Mmsg/s", perf_million_messages_per_second, 4};
    static const struct measure bandwidth = {"MB/s", perf_megabytes_per_second, 2};
    const struct measure *measures = plan->test == PERF_LAT    ? latencies
                                     : plan->test == PERF_RATE ? &rate
                                                               : &bandwidth;
    const size_t count = plan->test == PERF_LAT ? 2 : 1;
    const struct perf_row *last = &results->rows[results->count - 1];
    const struct scale across = {log2(results->rows[0].size), log2(last->size), LEFT,
                                 WIDTH - RIGHT};
    double low = 1e18, high = 0;
    struct scale up;

    for (size_t i = 0; i < results->count * count; i++) {
        const double value = measures[i % count].of(&results->rows[i / count]);

        low = value < low ? value : low;
        high = value > high ? value : high;
    }
    begin_picture(file, "sweep", plan->test == PERF_LAT ? "Latency by size" : "Throughput by size");
    up = write_log_scale(file, low, high, plan->test == PERF_LAT ? "latency, us" : measures->name);
    for (uint32_t size = results->rows[0].size; size <= last->size; size *= 4) {
        char label[16];

        snprintf(label, sizeof(label), size >= 1024 ? "%uK" : "%u",
                 size >= 1024 ? size / 1024 : size);
        write_tick(file, false, place(&across, log2(size)), size, label);
    }
    fprintf(file, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">bytes of a message</text>\n",
            (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8);
    for (size_t i = 0; i < count; i++)
        write_sweep_curve(file, results, &measures[i], i, &across, &up);
    fputs("</svg></div>\n", file);
}

bool perf_write_html(FILE *file, const struct perf_plan *plan, const struct perf_results *results)
{
    write_head(file, plan);
    write_intro(file, plan, results);
    if (results->count > 0) {
        write_table(file, results);
        write_distribution(file, plan, results);
    }
    if (results->count > 1)
        write_sweep(file, plan, results);
    fputs("</body>\n</html>\n", file);
    return fflush(file) == 0 && !ferror(file);
}
