/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Options, their defaults for each test, and invalid combinations; see settings.h. */
#include "settings.h"

#include <stdio.h>
#include <string.h>

#include "common/library.h"
#include "common/message.h"
#include "common/options.h"
#include "common/thread.h"

#define DEFAULT_PORT 18516

static bool usage_error(int *status)
{
    *status = TOOL_USAGE;
    return false;
}

/* The defaults of each test. */
static const struct {
    uint64_t size, iterations, depth, post_list;
} defaults[PERF_TEST_COUNT] = {
    {8, 10000, 16, 1}, {8192, 10000, 128, 8}, {8, 100000, 256, 16}, {65536, 2000, 32, 4}};

#define MOST_WARMUP 1000u

/* Options in --help; those after them are in --help more. */
#define FIRST_OPTIONS 10

static bool find_test(const char *name, struct perf_plan *plan)
{
    for (int test = 0; test < PERF_TEST_COUNT; test++) {
        if (name && strcmp(name, perf_test_names[test]) == 0) {
            plan->test = (enum perf_test)test;
            return true;
        }
    }
    if (!name)
        tool_error("no test given: name lat, bw, rate or read (see --help)");
    else
        tool_error("unknown test '%s': use lat, bw, rate or read", name);
    return false;
}

bool perf_is_screen(const char *path)
{
    return path && strcmp(path, "-") == 0;
}

/* Each report needs its own file, or the later one would overwrite the other. */
static bool check_files(const struct perf_settings *settings)
{
    const struct {
        const char *option, *path;
    } files[] = {{"--json", settings->json},
                 {"--csv", settings->csv},
                 {"--html", settings->html},
                 {"--histogram", settings->histogram}};

    for (size_t i = 0; i < EFA_ARRAY_SIZE(files); i++) {
        for (size_t j = i + 1; j < EFA_ARRAY_SIZE(files); j++) {
            const char *one = files[i].path, *other = files[j].path;

            if (!one || !other || strcmp(one, other) != 0)
                continue;
            if (perf_is_screen(one))
                tool_error("%s and %s: only one of them can go to the screen (-)", files[i].option,
                           files[j].option);
            else
                tool_error("%s and %s: both would be '%s'; give each a file of its own",
                           files[i].option, files[j].option, one);
            return false;
        }
    }
    return true;
}

static bool check_server(const struct perf_settings *settings, const char *test)
{
    if (test)
        tool_error("--serve-forever takes the test from its clients: leave '%s' out", test);
    else if (settings->loopback)
        tool_error("--serve-forever needs clients: leave --loopback out");
    else if (settings->json || settings->csv || settings->html || settings->histogram)
        tool_error("--serve-forever writes no files: give them to the client");
    else
        return true;
    return false;
}

static bool check_combination(const struct perf_settings *settings)
{
    if (!check_files(settings) || !perf_check_plan(&settings->plan))
        return false;
    if (settings->loopback && settings->host)
        tool_error("--loopback has no server: leave '%s' out", settings->host);
    else if (settings->histogram && !settings->loopback && !settings->host)
        tool_error("--histogram: the client has the latencies; give it there");
    else if (settings->cpu != TOOL_ANY_CPU &&
             (unsigned)settings->cpu + settings->plan.threads > tool_cpu_count())
        tool_error("--cpu %d: there are %u CPUs for %u threads", settings->cpu, tool_cpu_count(),
                   settings->plan.threads);
    else
        return settings->loopback || settings->serve_forever || tool_reaches_other_processes();
    return false;
}

/* Parses figures separated by commas: messages a second, with k or m for thousands and millions. */
static bool read_rates(const char *text, struct perf_plan *plan)
{
    const char *next = text;

    for (;;) {
        const size_t length = strcspn(next, ",");
        uint64_t rate;

        if (!tool_parse_figure(next, length, 1000, &rate) || rate < 1 || rate > PERF_HIGHEST_RATE) {
            tool_error(
                "--rate %s: must be messages a second from 1 to 1000m, such as 50k or "
                "10k,20k,50k",
                text);
            return false;
        }
        if (plan->rate_count == PERF_MAX_RATES) {
            tool_error("--rate %s: more than %d figures", text, PERF_MAX_RATES);
            return false;
        }
        plan->rates[plan->rate_count++] = (uint32_t)rate;
        next += length;
        if (*next == '\0')
            return true;
        next++;
    }
}

bool perf_read_settings(int argc, char **argv, struct perf_settings *settings, int *status)
{
    const uint64_t unset = UINT64_MAX;
    uint64_t size = unset, iterations = unset, depth = unset, post_list = unset, warmup = unset;
    uint64_t inline_limit = unset, qps = 1, duration = 0, interval = 0, port = DEFAULT_PORT,
             timeout = 60, threads = 1, cpu = unset;
    const char *rates = NULL;
    struct perf_plan *plan = &settings->plan;
    const char *operands[2];
    const struct tool_option options[] = {
        {'s', "size", TOOL_SIZE, &size, 0, PERF_MAX_READ, "BYTES", "of a message, such as 8k"},
        {'a', "all", TOOL_FLAG, &plan->all_sizes, 0, 0, NULL, "sizes from 1 up to the largest"},
        {'n', "iters", TOOL_NUMBER, &iterations, 1, PERF_MOST_ITERATIONS, "N",
         "messages of each size"},
        {'D', "duration", TOOL_NUMBER, &duration, 1, PERF_LONGEST_S, "S",
         "seconds for each size instead"},
        {'u', "ud", TOOL_FLAG, &plan->ud, 0, 0, NULL, "UD instead of SRD"},
        {'c', "verify", TOOL_FLAG, &plan->verify, 0, 0, NULL, "check every byte that arrives"},
        {'l', "loopback", TOOL_FLAG, &settings->loopback, 0, 0, NULL, "both sides in one program"},
        {'i', "interval", TOOL_NUMBER, &interval, 1, PERF_LONGEST_S, "S",
         "a line every S seconds as well"},
        {'j', "json", TOOL_TEXT, &settings->json, 0, 0, "FILE", "write results; - is the screen"},
        {0, "html", TOOL_TEXT, &settings->html, 0, 0, "FILE", "the same as a page with pictures"},
        /* Here the FIRST_OPTIONS end. */
        {0, "csv", TOOL_TEXT, &settings->csv, 0, 0, "FILE", "the results as a table"},
        {0, "histogram", TOOL_TEXT, &settings->histogram, 0, 0, "FILE",
         "latencies, for HdrHistogram's plotter"},
        {'b', "bidirectional", TOOL_FLAG, &plan->bidirectional, 0, 0, NULL, "both sides send"},
        {0, "rate", TOOL_TEXT, &rates, 0, 0, "N,...", "messages a second; latency under load"},
        {'w', "warmup", TOOL_NUMBER, &warmup, 0, PERF_MOST_ITERATIONS, "N",
         "that do not count (iters / 10 up to 1000)"},
        {'q', "qps", TOOL_NUMBER, &qps, 1, PERF_MAX_QPS, "N", "queue pairs of each thread (1)"},
        {'t', "depth", TOOL_NUMBER, &depth, 1, PERF_DEEPEST, "N",
         "sends outstanding a queue pair (16, 128, 256, 32)"},
        {'L', "post-list", TOOL_NUMBER, &post_list, 1, PERF_MAX_POST_LIST, "N",
         "requests posted at a time (1, 8, 16, 4)"},
        {'I', "inline", TOOL_SIZE, &inline_limit, 0, PERF_LARGEST_INLINE, "BYTES",
         "up to which data goes inline (32)"},
        {0, "threads", TOOL_NUMBER, &threads, 1, PERF_MAX_THREADS, "N", "that send and poll (1)"},
        {0, "cpu", TOOL_NUMBER, &cpu, 0, 63, "N", "of the first thread; the next have the next"},
        {0, "classic-post", TOOL_FLAG, &plan->classic_post, 0, 0, NULL,
         "ibv_post_send instead of ibv_wr_*"},
        {0, "classic-poll", TOOL_FLAG, &plan->classic_poll, 0, 0, NULL,
         "ibv_poll_cq instead of ibv_start_poll"},
        {0, "thread-domain", TOOL_FLAG, &plan->thread_domain, 0, 0, NULL, "queues without locks"},
        {0, "serve-forever", TOOL_FLAG, &settings->serve_forever, 0, 0, NULL,
         "serve clients with their parameters"},
        {0, "timeout", TOOL_NUMBER, &timeout, 1, 3600, "S", "longest wait for anything (60)"},
        {'p', "port", TOOL_NUMBER, &port, 1, 65535, "N", "TCP port to meet at (18516)"},
        {'d', "device", TOOL_TEXT, &settings->device, 0, 0, "NAME", "default: the first"},
    };
    const struct tool_command_line line = {
        "lat|bw|rate|read [OPTIONS] [SERVER]",
        "Measures latency, bandwidth, message rate or RDMA read. Server: without SERVER.",
        "  efa_perf lat --all                     on one machine, then on the other:\n"
        "  efa_perf lat --all 10.0.0.7 --html lat.html\n"
        "  efa_perf rate --ud --loopback          on one machine only\n",
        options,
        EFA_ARRAY_SIZE(options),
        operands,
        2,
        NULL,
        FIRST_OPTIONS,
        "Defaults of --size: 8, 8k, 8, 64k; of --iters: 10000, 10000, 100000, 2000\n",
    };

    if (!tool_parse_options(&line, argc, argv, status))
        return false;
    settings->port = (uint16_t)port;
    settings->cpu = cpu != unset ? (int)cpu : TOOL_ANY_CPU;
    plan->timeout_ns = timeout * 1000000000u;
    if (settings->serve_forever)
        return check_server(settings, operands[0]) || usage_error(status);
    if (!find_test(operands[0], plan) || (rates && !read_rates(rates, plan)))
        return usage_error(status);
    if (plan->all_sizes && size != unset) {
        tool_error("--size %u: --all takes every size; leave one of them out", (unsigned)size);
        return usage_error(status);
    }
    if (duration > 0 && iterations != unset) {
        tool_error("--iters %llu: --duration %u ends each size; leave one of them out",
                   (unsigned long long)iterations, (unsigned)duration);
        return usage_error(status);
    }
    settings->host = operands[1];
    plan->size = (uint32_t)(size != unset ? size : defaults[plan->test].size);
    plan->depth = (uint32_t)(depth != unset ? depth : defaults[plan->test].depth);
    plan->post_list = (uint32_t)(post_list != unset ? post_list : defaults[plan->test].post_list);
    if (post_list == unset && plan->post_list > plan->depth)
        plan->post_list = plan->depth;
    plan->duration_ns = duration * 1000000000u;
    plan->interval_ns = interval * 1000000000u;
    if (iterations == unset)
        iterations = duration > 0 ? PERF_UNLIMITED : defaults[plan->test].iterations;
    plan->iterations = iterations;
    if (warmup == unset)
        warmup = iterations / 10 < MOST_WARMUP ? iterations / 10 : MOST_WARMUP;
    plan->warmup = (uint32_t)warmup;
    plan->inline_is_given = inline_limit != unset;
    plan->inline_limit = (uint32_t)(inline_limit != unset ? inline_limit : PERF_USUAL_INLINE);
    plan->qps = (uint32_t)qps;
    plan->threads = (uint32_t)threads;
    return check_combination(settings) || usage_error(status);
}
