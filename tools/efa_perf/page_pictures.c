/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The pictures of the page, in SVG: latency by share of messages, a figure by size, percentiles by
 * rate. They fit the width of a phone; wider windows show several side by side. Points have their
 * figures as attributes, as in the JSON.
 */
#include "report.h"

#include <inttypes.h>
#include <math.h>

#include "os/compiler.h"

enum {
    WIDTH = 400,
    HEIGHT = 290,
    LEFT = 52,
    RIGHT = 22,
    TOP = 26, /* the unit stands above */
    BOTTOM = 50,
    LINE = 16, /* from a label to the next one above it */
    COLOURS = 6,
    MOST_CURVES = 6
};

/* Maps a figure's logarithm, or another measure of it, to a coordinate. */
struct scale {
    double low, high;
    double from, to;
};

static double position_of(const struct scale *scale, double value)
{
    if (scale->high <= scale->low)
        return (scale->from + scale->to) / 2;
    return scale->from +
           (value - scale->low) / (scale->high - scale->low) * (scale->to - scale->from);
}

static void begin_picture(FILE *file, const char *id, const char *title)
{
    fprintf(file,
            "<figure><h2>%s</h2>\n<svg id=\"%s\" viewBox=\"0 0 %d %d\" role=\"img\" "
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
                LEFT, WIDTH - RIGHT, position, position, value, LEFT - 6, position, label);
    else
        fprintf(file,
                "<line class=\"grid\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/>"
                "<text class=\"x\" data-value=\"%g\" x=\"%.1f\" y=\"%d\" "
                "text-anchor=\"middle\">%s</text>\n",
                position, position, TOP, HEIGHT - BOTTOM, value, position, HEIGHT - BOTTOM + 20,
                label);
}

/* The power of ten at or below a value, with a tolerance for rounding. */
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

    for (size_t i = 0; i < EFA_ARRAY_SIZE(steps); i++) {
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
        const double position = position_of(&scale, log10(value));
        char label[32];

        /*
         * For many decades, only the powers of ten and the ends have lines, and of two that are too
         * near each other only the end.
         */
        if (!is_end && scale.high - scale.low >= 2.5 &&
            (!is_power_of_ten || position < TOP + LINE || position > HEIGHT - BOTTOM - LINE))
            continue;
        snprintf(label, sizeof label, "%g", value);
        write_tick(file, true, position, value, label);
    }
    fprintf(file, "<text x=\"2\" y=\"12\">%s</text>\n", unit);
    return scale;
}

static void write_axis_title(FILE *file, const char *title)
{
    fprintf(file, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>\n",
            (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, title);
}

/* ---- Curves ---- */

struct point {
    double x, y;             /* in the picture */
    double x_value, y_value; /* the figures */
};

static void write_curve(FILE *file, size_t colour, const char *series, const struct point *points,
                        size_t count)
{
    fprintf(file, "<polyline class=\"curve s%zu\" points=\"", colour % COLOURS);
    for (size_t i = 0; i < count; i++)
        fprintf(file, "%.2f,%.2f ", points[i].x, points[i].y);
    fputs("\"/>\n", file);
    for (size_t i = 0; i < count; i++)
        fprintf(file,
                "<circle class=\"f%zu\" r=\"3\" cx=\"%.2f\" cy=\"%.2f\" data-series=\"%s\" "
                "data-x=\"%.15g\" data-y=\"%.15g\"><title>%s: %.6g, %.6g</title></circle>\n",
                colour % COLOURS, points[i].x, points[i].y, series, points[i].x_value,
                points[i].y_value, series, points[i].x_value, points[i].y_value);
}

struct legend {
    size_t count;
    char labels[MOST_CURVES][32];
};

static void end_picture(FILE *file, const struct legend *legend, const char *note)
{
    fputs("</svg>\n<ul class=\"legend\">", file);
    for (size_t i = 0; i < legend->count; i++)
        fprintf(file, "<li><span class=\"l%zu\"></span>%s</li>", i % COLOURS, legend->labels[i]);
    fputs("</ul>\n", file);
    if (note[0] != '\0')
        fprintf(file, "<p>%s</p>\n", note);
    fputs("</figure>\n", file);
}

static double us(uint64_t nanoseconds)
{
    return (double)nanoseconds / 1e3;
}

static double log_of(double value)
{
    return log10(value + 1e-6);
}

/* ---- Latency by share of messages ---- */

/* 0 at 0%, 1 at 90%, 2 at 99% and so on; all beyond 99.99% is at the right end. */
static double nines(double percentile)
{
    return percentile >= 100 ? 4.75 : -log10(1 - percentile / 100);
}

static void describe_series(const struct perf_report *report, const struct perf_row *row,
                            char *text, size_t size)
{
    if (report->plan->rate_count > 0)
        snprintf(text, size, "%u bytes, %u/s", row->size, row->rate);
    else
        snprintf(text, size, row->size == 1 ? "%u byte" : "%u bytes", row->size);
}

static void write_distribution(FILE *file, const struct perf_report *report)
{
    static const struct {
        double percentile;
        const char *label;
    } ticks[] = {{50, "50%"},     {90, "90%"},       {99, "99%"},
                 {99.9, "99.9%"}, {99.99, "99.99%"}, {100, "max"}};
    const struct perf_results *results = report->results;
    const struct scale across = {0, 4.75, LEFT, WIDTH - RIGHT};
    struct legend legend = {0};
    double low = 1e18, high = 0;
    struct scale up;
    char title[80], note[120] = "";

    legend.count = results->count < MOST_CURVES ? results->count : MOST_CURVES;
    for (size_t i = 0; i < results->count; i++) {
        low = us(results->rows[i].latency.min) < low ? us(results->rows[i].latency.min) : low;
        high = us(results->rows[i].latency.max) > high ? us(results->rows[i].latency.max) : high;
    }
    begin_picture(file, "distribution", "Latency by share of messages");
    up = write_log_scale(file, low, high, "latency, us");
    for (size_t i = 0; i < EFA_ARRAY_SIZE(ticks); i++)
        write_tick(file, false, position_of(&across, nines(ticks[i].percentile)),
                   ticks[i].percentile, ticks[i].label);
    snprintf(title, sizeof title, "messages not slower (%s)", perf_latency_meaning(report->plan));
    write_axis_title(file, title);
    for (size_t curve = 0; curve < legend.count; curve++) {
        /* The first, the last, and others at equal distances. */
        const size_t index =
            legend.count > 1 ? curve * (results->count - 1) / (legend.count - 1) : 0;
        const struct perf_row *row = &results->rows[index];
        struct point points[PERF_PERCENTILES];

        for (size_t p = 0; p < PERF_PERCENTILES; p++) {
            points[p].x_value = perf_percentiles[p];
            points[p].y_value = us(row->latency.percentiles[p]);
            points[p].x = position_of(&across, nines(points[p].x_value));
            points[p].y = position_of(&up, log_of(points[p].y_value));
        }
        describe_series(report, row, legend.labels[curve], sizeof legend.labels[curve]);
        write_curve(file, curve, legend.labels[curve], points, PERF_PERCENTILES);
    }
    if (legend.count < results->count)
        snprintf(note, sizeof note, "%zu of %zu measurements are drawn; the table has all.",
                 legend.count, results->count);
    end_picture(file, &legend, note);
}

/* ---- Columns by size, and by rate ---- */

struct sweep {
    const char *id, *title, *unit, *axis;
    const char *columns[3]; /* by name; NULL from the first that is not used */
    bool by_rate;
};

static double sweep_x(const struct sweep *sweep, const struct perf_row *row)
{
    return sweep->by_rate ? row->rate : row->size;
}

/* Rows of one size, if the rates differ. */
static void write_sweep_curve(FILE *file, const struct perf_results *results, size_t first,
                              size_t count, const struct sweep *sweep, const char *name,
                              const char *series, size_t colour, const struct scale *across,
                              const struct scale *up)
{
    const struct perf_column *column = perf_find_column(name);
    struct point points[PERF_MAX_SIZES];

    for (size_t i = 0; i < count; i++) {
        points[i].x_value = sweep_x(sweep, &results->rows[first + i]);
        points[i].y_value = perf_value(column, &results->rows[first + i]);
        points[i].x = position_of(across, log2(points[i].x_value));
        points[i].y = position_of(up, log_of(points[i].y_value));
    }
    write_curve(file, colour, series, points, count);
}

static void write_size_ticks(FILE *file, const struct scale *across, uint32_t from, uint32_t to)
{
    for (uint32_t size = from; size <= to && size > 0; size *= 4) {
        char label[16];

        snprintf(label, sizeof label, size >= 1024 ? "%uk" : "%u",
                 size >= 1024 ? size / 1024 : size);
        write_tick(file, false, position_of(across, log2(size)), size, label);
    }
}

static void write_rate_ticks(FILE *file, const struct scale *across,
                             const struct perf_results *results, size_t first, size_t count)
{
    double last = -100;

    for (size_t i = 0; i < count; i++) {
        const uint32_t rate = results->rows[first + i].rate;
        const double position = position_of(across, log2(rate));
        char label[16];

        if (position - last < 40)
            continue; /* it would overlap the previous label */
        snprintf(label, sizeof label,
                 rate >= 1000000 ? "%gm"
                 : rate >= 1000  ? "%gk"
                                 : "%g",
                 rate >= 1000000 ? rate / 1e6
                 : rate >= 1000  ? rate / 1e3
                                 : rate);
        write_tick(file, false, position, rate, label);
        last = position;
    }
}

static void write_sweep(FILE *file, const struct perf_results *results, size_t first, size_t count,
                        const struct sweep *sweep, const char *note)
{
    const double left = sweep_x(sweep, &results->rows[first]);
    const double right = sweep_x(sweep, &results->rows[first + count - 1]);
    const struct scale across = {log2(left), log2(right), LEFT, WIDTH - RIGHT};
    struct legend legend = {0};
    double low = 1e18, high = 0;
    struct scale up;

    for (size_t c = 0; c < EFA_ARRAY_SIZE(sweep->columns) && sweep->columns[c]; c++) {
        for (size_t i = 0; i < count; i++) {
            const double value =
                perf_value(perf_find_column(sweep->columns[c]), &results->rows[first + i]);

            low = value < low ? value : low;
            high = value > high ? value : high;
        }
        snprintf(legend.labels[c], sizeof legend.labels[c], "%s",
                 perf_find_column(sweep->columns[c])->heading);
        legend.count++;
    }
    begin_picture(file, sweep->id, sweep->title);
    up = write_log_scale(file, low, high, sweep->unit);
    if (sweep->by_rate)
        write_rate_ticks(file, &across, results, first, count);
    else
        write_size_ticks(file, &across, results->rows[first].size,
                         results->rows[first + count - 1].size);
    write_axis_title(file, sweep->axis);
    for (size_t c = 0; c < legend.count; c++)
        write_sweep_curve(file, results, first, count, sweep, sweep->columns[c], legend.labels[c],
                          c, &across, &up);
    end_picture(file, &legend, note);
}

/* Takes the last size that has all rates. */
static void write_rates(FILE *file, const struct perf_report *report)
{
    static const struct sweep sweep = {"rates",
                                       "Latency by rate",
                                       "latency, us",
                                       "messages a second offered by each sender",
                                       {"p50_us", "p99_us", "p99.9_us"},
                                       true};
    const size_t rates = report->plan->rate_count;
    const size_t first = (report->results->count / rates - 1) * rates;
    char note[64];

    snprintf(note, sizeof note, "Messages of %u bytes.", report->results->rows[first].size);
    write_sweep(file, report->results, first, rates, &sweep, note);
}

static void write_sizes(FILE *file, const struct perf_report *report)
{
    static const struct sweep latency = {
        "sweep", "Latency by size", "latency, us", "bytes of a message", {"p50_us", "p99_us"},
        false};
    static const struct sweep rate = {"sweep",
                                      "Throughput by size",
                                      "Mmsg/s",
                                      "bytes of a message",
                                      {"million_messages_per_second"},
                                      false};
    static const struct sweep bandwidth = {
        "sweep", "Throughput by size", "Gbit/s", "bytes of a message", {"gigabits_per_second"},
        false};
    const struct sweep *sweep = report->plan->test == PERF_LAT    ? &latency
                                : report->plan->test == PERF_RATE ? &rate
                                                                  : &bandwidth;

    write_sweep(file, report->results, 0, report->results->count, sweep, "");
}

void perf_write_pictures(FILE *file, const struct perf_report *report)
{
    const uint32_t rates = report->plan->rate_count;

    fputs("<div class=\"pictures\">\n", file);
    write_distribution(file, report);
    if (rates > 1 && report->results->count >= rates)
        write_rates(file, report);
    else if (rates <= 1 && report->results->count > 1)
        write_sizes(file, report);
    fputs("</div>\n", file);
}
