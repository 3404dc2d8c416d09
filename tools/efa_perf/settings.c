/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Options, their defaults for each test, and combinations that make no sense; see settings.h. */
#include "settings.h"

#include <stdio.h>
#include <string.h>

#include "common/message.h"
#include "common/options.h"

#define DEFAULT_PORT 18516

static bool usage_error(int *status)
{
    *status = TOOL_USAGE;
    return false;
}

/* What a test is best measured with, unless it is said otherwise. */
static const struct {
    uint64_t size, iterations, depth, post_list;
} defaults[PERF_TEST_COUNT] = {
    {8, 10000, 16, 1}, {8192, 10000, 128, 8}, {8, 100000, 256, 16}, {65536, 2000, 32, 4}};

#define MOST_WARMUP 1000u

/* Options in --help; those after them are in --help more. */
#define FIRST_OPTIONS 10

/* What --help more ends with. */
static const char *describe_defaults(void)
{
    static char text[700];
    static const char *const names[] = {"--size", "--iters", "--depth", "--post-list"};
    size_t used = 0;

    used += (size_t)snprintf(text, sizeof(text), "%-20s", "Unless given:");
    for (size_t test = 0; test < PERF_TEST_COUNT; test++)
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%8s", perf_test_names[test]);
    for (size_t i = 0; i < EFA_ARRAY_SIZE(names); i++) {
        used += (size_t)snprintf(text + used, sizeof(text) - used, "\n  %-18s", names[i]);
        for (size_t test = 0; test < PERF_TEST_COUNT; test++) {
            const uint64_t values[] = {defaults[test].size, defaults[test].iterations,
                                       defaults[test].depth, defaults[test].post_list};

            used += (size_t)snprintf(text + used, sizeof(text) - used, "%8u", (unsigned)values[i]);
        }
    }
    snprintf(text + used, sizeof(text) - used, "\n  %-18s  a tenth of --iters, up to %u\n",
             "--warmup", MOST_WARMUP);
    return text;
}

static bool find_test(const char *name, struct perf_plan *plan)
{
    for (int test = 0; test < PERF_TEST_COUNT; test++) {
        if (name != NULL && strcmp(name, perf_test_names[test]) == 0) {
            plan->test = (enum perf_test)test;
            return true;
        }
    }
    if (name == NULL)
        tool_error("say what to measure: lat, bw, rate or read (see --help)");
    else
        tool_error("'%s' is no test: lat, bw, rate and read are", name);
    return false;
}

bool perf_is_screen(const char *path)
{
    return path != NULL && strcmp(path, "-") == 0;
}

/* Each report has a file of its own: the later one would take the place of the other. */
static bool check_files(const struct perf_settings *settings)
{
    const struct {
        const char *option, *path;
    } files[] = {{"--json", settings->json}, {"--csv", settings->csv}, {"--html", settings->html}};

    for (size_t i = 0; i < EFA_ARRAY_SIZE(files); i++) {
        for (size_t j = i + 1; j < EFA_ARRAY_SIZE(files); j++) {
            const char *one = files[i].path, *other = files[j].path;

            if (one == NULL || other == NULL || strcmp(one, other) != 0)
                continue;
            if (perf_is_screen(one))
                tool_error("%s and %s: one of them alone may go to the screen (-)", files[i].option,
                           files[j].option);
            else
                tool_error("%s and %s: both would be '%s'; give each a file of its own",
                           files[i].option, files[j].option, one);
            return false;
        }
    }
    return true;
}

static bool check_combination(const struct perf_settings *settings)
{
    const struct perf_plan *plan = &settings->plan;

    if (!check_files(settings))
        return false;
    if (settings->loopback && settings->host != NULL)
        tool_error("--loopback has no server: leave '%s' out", settings->host);
    else if (plan->test == PERF_READ && plan->ud)
        tool_error("--ud: RDMA read is on SRD alone");
    else if (plan->test == PERF_READ && plan->classic_post)
        tool_error("--classic-post: reads are posted by the extended calls alone");
    else if (plan->test == PERF_LAT && plan->bidirectional)
        tool_error("--bidirectional: lat goes both ways already");
    else if (plan->post_list > plan->depth)
        tool_error("--post-list %u: must not be above --depth, which is %u", plan->post_list,
                   plan->depth);
#ifndef _WIN32
    else if (!settings->loopback)
        tool_error("this build has a simulated EFA of its own process only: give --loopback");
#endif
    else
        return true;
    return false;
}

bool perf_read_settings(int argc, char **argv, struct perf_settings *settings, int *status)
{
    const uint64_t unset = UINT64_MAX;
    uint64_t size = unset, iterations = unset, depth = unset, post_list = unset, warmup = unset;
    uint64_t inline_limit = PERF_USUAL_INLINE, qps = 1, duration = 0, port = DEFAULT_PORT,
             timeout = 60;
    struct perf_plan *plan = &settings->plan;
    const char *operands[2];
    const struct tool_option options[] = {
        {'s', "size", TOOL_NUMBER, &size, 0, PERF_MAX_READ, "BYTES", "of a message"},
        {'a', "all", TOOL_FLAG, &plan->all_sizes, 0, 0, NULL, "sizes from 1 up to the largest"},
        {'n', "iters", TOOL_NUMBER, &iterations, 1, 4000000000u, "N", "messages of each size"},
        {'D', "duration", TOOL_NUMBER, &duration, 1, 86400, "S", "seconds for each size instead"},
        {'u', "ud", TOOL_FLAG, &plan->ud, 0, 0, NULL, "UD instead of SRD"},
        {'c', "verify", TOOL_FLAG, &plan->verify, 0, 0, NULL, "check every byte that arrives"},
        {'l', "loopback", TOOL_FLAG, &settings->loopback, 0, 0, NULL, "both sides in here"},
        {'t', "timeout", TOOL_NUMBER, &timeout, 1, 3600, "S", "longest wait for anything (60)"},
        {'j', "json", TOOL_TEXT, &settings->json, 0, 0, "FILE", "write results; - is the screen"},
        {0, "html", TOOL_TEXT, &settings->html, 0, 0, "FILE", "the same as a page with pictures"},
        /* Here the FIRST_OPTIONS end. */
        {0, "csv", TOOL_TEXT, &settings->csv, 0, 0, "FILE", "the results as a table"},
        {'b', "bidirectional", TOOL_FLAG, &plan->bidirectional, 0, 0, NULL, "both sides send"},
        {'w', "warmup", TOOL_NUMBER, &warmup, 0, 4000000000u, "N",
         "messages before those of each size that do not count"},
        {'q', "qps", TOOL_NUMBER, &qps, 1, PERF_MAX_QPS, "N", "queue pairs (1)"},
        {'r', "depth", TOOL_NUMBER, &depth, 1, 32768, "N", "requests outstanding a queue pair"},
        {'L', "post-list", TOOL_NUMBER, &post_list, 1, PERF_MAX_POST_LIST, "N",
         "requests posted at a time"},
        {'I', "inline", TOOL_NUMBER, &inline_limit, 0, 1024, "BYTES",
         "up to which data goes inline (32)"},
        {0, "classic-post", TOOL_FLAG, &plan->classic_post, 0, 0, NULL,
         "ibv_post_send instead of ibv_wr_*"},
        {0, "classic-poll", TOOL_FLAG, &plan->classic_poll, 0, 0, NULL,
         "ibv_poll_cq instead of ibv_start_poll"},
        {0, "thread-domain", TOOL_FLAG, &plan->thread_domain, 0, 0, NULL,
         "promise one thread: no locks"},
        {'p', "port", TOOL_NUMBER, &port, 1, 65535, "N", "TCP port to meet at (18516)"},
        {'d', "device", TOOL_TEXT, &settings->device, 0, 0, "NAME", "default: the first"},
    };
    const struct tool_command_line line = {
        "lat|bw|rate|read [OPTIONS] [SERVER]",
        "Measures latency, bandwidth, message rate or RDMA read. Server: without SERVER.",
        "  efa_perf lat --all                     on one machine, then on the other:\n"
        "  efa_perf lat --all 10.0.0.7 --html lat.html\n"
        "  efa_perf rate --ud --loopback          on one machine alone\n",
        options,
        EFA_ARRAY_SIZE(options),
        operands,
        2,
        NULL,
        FIRST_OPTIONS,
        describe_defaults(),
    };

    if (!tool_parse_options(&line, argc, argv, status))
        return false;
    if (!find_test(operands[0], plan))
        return usage_error(status);
    if (plan->all_sizes && size != unset) {
        tool_error("--size %u: --all takes every size; leave one of them out", (unsigned)size);
        return usage_error(status);
    }
    settings->host = operands[1];
    settings->port = (uint16_t)port;
    plan->size = (uint32_t)(size != unset ? size : defaults[plan->test].size);
    plan->depth = (uint32_t)(depth != unset ? depth : defaults[plan->test].depth);
    plan->post_list = (uint32_t)(post_list != unset ? post_list : defaults[plan->test].post_list);
    if (post_list == unset && plan->post_list > plan->depth)
        plan->post_list = plan->depth;
    plan->duration_ns = duration * 1000000000u;
    if (iterations == unset)
        iterations = duration > 0 ? UINT32_MAX : defaults[plan->test].iterations;
    plan->iterations = (uint32_t)iterations;
    if (warmup == unset)
        warmup = iterations / 10 < MOST_WARMUP ? iterations / 10 : MOST_WARMUP;
    plan->warmup = (uint32_t)warmup;
    plan->inline_limit = (uint32_t)inline_limit;
    plan->qps = (uint32_t)qps;
    plan->timeout_ns = timeout * 1000000000u;
    return check_combination(settings) || usage_error(status);
}
