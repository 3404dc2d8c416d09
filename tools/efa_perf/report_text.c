/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Results as columns for people, as JSON and as CSV for programs; see report.h. */
#include <inttypes.h>

#include "common/json.h"
#include "common/message.h"
#include "common/version.h"
#include "report.h"

const char *perf_latency_meaning(const struct perf_plan *plan)
{
    return plan->test == PERF_LAT ? "half round trip" : "post to completion";
}

static double us(uint64_t nanoseconds)
{
    return (double)nanoseconds / 1e3;
}

void perf_print_header(const struct perf_plan *plan)
{
    printf("%s on %s, %u queue pair%s, depth %u%s%s; latency: %s, in us\n",
           perf_test_names[plan->test], plan->ud ? "UD" : "SRD", plan->qps,
           plan->qps == 1 ? "" : "s", plan->depth, plan->bidirectional ? ", bidirectional" : "",
           plan->verify ? ", verified" : "", perf_latency_meaning(plan));
    printf("%8s %10s %10s %9s %9s %9s %9s %9s %9s %9s\n", "bytes", "messages", "MB/s", "Mmsg/s",
           "min", "median", "average", "99%", "99.9%", "max");
    fflush(stdout);
}

void perf_print_row(const struct perf_row *row)
{
    const struct perf_latency *latency = &row->latency;

    printf("%8u %10" PRIu64 " %10.2f %9.4f %9.3f %9.3f %9.3f %9.3f %9.3f %9.3f\n", row->size,
           row->messages, perf_megabytes_per_second(row), perf_million_messages_per_second(row),
           us(latency->min), us(latency->percentiles[PERF_P50]), latency->mean / 1e3,
           us(latency->percentiles[PERF_P99]), us(latency->percentiles[PERF_P999]),
           us(latency->max));
    if (row->lost > 0)
        printf("%8s %" PRIu64 " of the messages were lost, as UD may\n", "", row->lost);
    fflush(stdout);
}

void perf_print_end(const struct perf_plan *plan, const struct perf_results *results)
{
    uint64_t messages = 0, lost = 0;

    for (size_t i = 0; i < results->count; i++) {
        messages += results->rows[i].messages;
        lost += results->rows[i].lost;
    }
    if (plan->verify && results->count > 0)
        printf("verified: %" PRIu64 " messages arrived as they were sent\n", messages - lost);
    if (results->interrupted)
        printf("interrupted: these are the results until then\n");
}

bool perf_write_json(FILE *file, const struct perf_plan *plan, const struct perf_results *results)
{
    struct tool_json json;

    tool_json_begin(&json, file);
    tool_json_object(&json, NULL);
    tool_json_text(&json, "tool", tool_name);
    tool_json_text(&json, "version", tool_version);
    tool_json_object(&json, "parameters");
    tool_json_text(&json, "test", perf_test_names[plan->test]);
    tool_json_text(&json, "transport", plan->ud ? "UD" : "SRD");
    tool_json_number(&json, "iterations", plan->iterations);
    tool_json_number(&json, "warmup", plan->warmup);
    tool_json_number(&json, "queue_pairs", plan->qps);
    tool_json_number(&json, "depth", plan->depth);
    tool_json_number(&json, "post_list", plan->post_list);
    tool_json_number(&json, "inline_bytes", plan->inline_limit);
    tool_json_bool(&json, "bidirectional", plan->bidirectional);
    tool_json_bool(&json, "verify", plan->verify);
    tool_json_bool(&json, "thread_domain", plan->thread_domain);
    tool_json_text(&json, "posting", plan->classic_post ? "classic" : "extended");
    tool_json_text(&json, "polling", plan->classic_poll ? "classic" : "extended");
    tool_json_real(&json, "duration_s", (double)plan->duration_ns * 1e-9, 0);
    tool_json_end_object(&json);
    tool_json_bool(&json, "interrupted", results->interrupted);
    tool_json_text(&json, "latency_meaning", perf_latency_meaning(plan));
    tool_json_array(&json, "results");
    for (size_t i = 0; i < results->count; i++) {
        const struct perf_row *row = &results->rows[i];

        tool_json_object(&json, NULL);
        tool_json_number(&json, "size_bytes", row->size);
        tool_json_number(&json, "messages", row->messages);
        tool_json_number(&json, "lost", row->lost);
        tool_json_number(&json, "elapsed_ns", row->elapsed_ns);
        tool_json_real(&json, "megabytes_per_second", perf_megabytes_per_second(row), 2);
        tool_json_real(&json, "million_messages_per_second", perf_million_messages_per_second(row),
                       4);
        tool_json_object(&json, "latency_us");
        tool_json_number(&json, "count", row->latency.count);
        tool_json_real(&json, "min", us(row->latency.min), 3);
        tool_json_real(&json, "mean", row->latency.mean / 1e3, 3);
        tool_json_real(&json, "max", us(row->latency.max), 3);
        tool_json_array(&json, "percentiles");
        for (size_t p = 0; p < PERF_PERCENTILES; p++) {
            tool_json_object(&json, NULL);
            tool_json_real(&json, "percentile", perf_percentiles[p], 2);
            tool_json_real(&json, "us", us(row->latency.percentiles[p]), 3);
            tool_json_end_object(&json);
        }
        tool_json_end_array(&json);
        tool_json_end_object(&json);
        tool_json_end_object(&json);
    }
    tool_json_end_array(&json);
    tool_json_end_object(&json);
    return tool_json_end(&json);
}

bool perf_write_csv(FILE *file, const struct perf_plan *plan, const struct perf_results *results)
{
    fputs(
        "test,transport,size_bytes,messages,lost,elapsed_ns,megabytes_per_second,"
        "million_messages_per_second,min_us,mean_us,max_us",
        file);
    for (size_t p = 0; p < PERF_PERCENTILES; p++)
        fprintf(file, ",p%g_us", perf_percentiles[p]);
    fputc('\n', file);
    for (size_t i = 0; i < results->count; i++) {
        const struct perf_row *row = &results->rows[i];

        fprintf(file, "%s,%s,%u,%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%.2f,%.4f,%.3f,%.3f,%.3f",
                perf_test_names[plan->test], plan->ud ? "UD" : "SRD", row->size, row->messages,
                row->lost, row->elapsed_ns, perf_megabytes_per_second(row),
                perf_million_messages_per_second(row), us(row->latency.min),
                row->latency.mean / 1e3, us(row->latency.max));
        for (size_t p = 0; p < PERF_PERCENTILES; p++)
            fprintf(file, ",%.3f", us(row->latency.percentiles[p]));
        fputc('\n', file);
    }
    return fflush(file) == 0 && !ferror(file);
}
