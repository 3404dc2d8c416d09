/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Results as JSON, which docs/schemas/efa_perf.json describes; see report.h. */
#include "report.h"

#include "common/json.h"
#include "common/message.h"
#include "common/version.h"

static void write_parameters(struct tool_json *json, const struct perf_plan *plan)
{
    tool_json_object(json, "parameters");
    tool_json_text(json, "test", perf_test_names[plan->test]);
    tool_json_text(json, "transport", plan->ud ? "UD" : "SRD");
    if (plan->iterations != PERF_UNLIMITED)
        tool_json_number(json, "iterations", plan->iterations);
    else
        tool_json_raw(json, "iterations", "null");
    tool_json_number(json, "duration_s", plan->duration_ns / 1000000000u);
    tool_json_number(json, "warmup", plan->warmup);
    tool_json_number(json, "queue_pairs", (uint64_t)plan->qps * plan->threads);
    tool_json_number(json, "threads", plan->threads);
    tool_json_number(json, "depth", plan->depth);
    tool_json_number(json, "post_list", plan->post_list);
    tool_json_number(json, "inline_bytes", plan->inline_limit);
    tool_json_bool(json, "bidirectional", plan->bidirectional);
    tool_json_bool(json, "verify", plan->verify);
    tool_json_bool(json, "thread_domain", plan->thread_domain);
    tool_json_text(json, "posting", plan->classic_post ? "classic" : "extended");
    tool_json_text(json, "polling", plan->classic_poll ? "classic" : "extended");
    tool_json_end_object(json);
}

static void write_percentiles(struct tool_json *json, const struct perf_latency *latency)
{
    tool_json_array(json, "percentiles");
    for (size_t i = 0; i < PERF_PERCENTILES; i++) {
        tool_json_object(json, NULL);
        tool_json_figure(json, "percentile", perf_percentiles[i]);
        tool_json_figure(json, "us", (double)latency->percentiles[i] / 1e3);
        tool_json_end_object(json);
    }
    tool_json_end_array(json);
}

static void write_columns(struct tool_json *json, const struct perf_row *row)
{
    for (size_t i = 0; i < perf_column_count; i++) {
        if (!perf_columns[i].member && perf_columns[i].value)
            tool_json_figure(json, perf_columns[i].name, perf_value(&perf_columns[i], row));
    }
    tool_json_object(json, "latency_us");
    for (size_t i = 0; i < perf_column_count; i++) {
        if (perf_columns[i].member)
            tool_json_figure(json, perf_columns[i].member, perf_value(&perf_columns[i], row));
    }
    write_percentiles(json, &row->latency);
    tool_json_end_object(json);
}

static void write_intervals(struct tool_json *json, const struct perf_report *report, size_t row)
{
    const struct perf_results *results = report->results;

    tool_json_array(json, "intervals");
    for (size_t i = 0; i < results->interval_count; i++) {
        const struct perf_interval *interval = &results->intervals[i];
        struct perf_row as_row;

        if (interval->row != row)
            continue;
        perf_interval_row(interval, results->rows[row].size, &as_row);
        tool_json_object(json, NULL);
        tool_json_figure(json, "begin_s", (double)interval->begin_ns * 1e-9);
        tool_json_figure(json, "end_s", (double)interval->end_ns * 1e-9);
        write_columns(json, &as_row);
        tool_json_end_object(json);
    }
    tool_json_end_array(json);
}

bool perf_write_json(FILE *file, const struct perf_report *report)
{
    const struct perf_results *results = report->results;
    struct tool_json json;

    tool_json_begin(&json, file);
    tool_json_object(&json, NULL);
    tool_json_text(&json, "tool", tool_name);
    tool_json_text(&json, "version", tool_version);
    tool_write_run(&json, report->run);
    write_parameters(&json, report->plan);
    tool_json_bool(&json, "complete", perf_is_complete(results));
    tool_json_number(&json, "results_wanted", results->wanted);
    tool_json_bool(&json, "interrupted", results->interrupted);
    tool_json_text(&json, "failure", results->failure[0] != '\0' ? results->failure : NULL);
    tool_json_text(&json, "latency_meaning", perf_latency_meaning(report->plan));
    tool_json_array(&json, "results");
    for (size_t i = 0; i < results->count; i++) {
        tool_json_object(&json, NULL);
        write_columns(&json, &results->rows[i]);
        if (report->plan->interval_ns > 0)
            write_intervals(&json, report, i);
        tool_json_end_object(&json);
    }
    tool_json_end_array(&json);
    tool_json_end_object(&json);
    return tool_json_end(&json);
}
