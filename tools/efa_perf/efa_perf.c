/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * efa_perf: latency, bandwidth, message rate and RDMA read between two machines or in a loopback.
 * This file has the command line and puts the parts together.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/library.h"
#include "common/message.h"
#include "common/options.h"
#include "measure.h"
#include "report.h"

#ifdef _WIN32
#include <io.h>
#define IS_TERMINAL(number) (_isatty(number) != 0)
#else
#include <unistd.h>
#define IS_TERMINAL(number) (isatty(number) != 0)
#endif

#define DEFAULT_PORT 18516

const char *const tool_name = "efa_perf";

struct settings {
    const char *device;
    const char *host; /* of the server; NULL: be the server, or both */
    const char *json;
    const char *csv;
    const char *html;
    uint16_t port;
    bool loopback;
    struct perf_plan plan;
};

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

static bool check_combination(const struct settings *settings)
{
    const struct perf_plan *plan = &settings->plan;

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

static bool read_settings(int argc, char **argv, struct settings *settings, int *status)
{
    const uint64_t unset = UINT64_MAX;
    uint64_t size = unset, iterations = unset, depth = unset, post_list = unset;
    uint64_t inline_limit = 32, qps = 1, duration = 0, port = DEFAULT_PORT, timeout = 60;
    struct perf_plan *plan = &settings->plan;
    const char *operands[2];
    const struct tool_option options[] = {
        {'s', "size", TOOL_NUMBER, &size, 0, PERF_MAX_READ, "BYTES", "of a message"},
        {'a', "all", TOOL_FLAG, &plan->all_sizes, 0, 0, NULL, "sizes from 1 up to the largest"},
        {'n', "iters", TOOL_NUMBER, &iterations, 1, 4000000000u, "N", "messages of each size"},
        {'D', "duration", TOOL_NUMBER, &duration, 1, 86400, "S", "seconds for each size instead"},
        {'r', "depth", TOOL_NUMBER, &depth, 1, 32768, "N", "requests outstanding a queue pair"},
        {'q', "qps", TOOL_NUMBER, &qps, 1, PERF_MAX_QPS, "N", "queue pairs"},
        {'L', "post-list", TOOL_NUMBER, &post_list, 1, PERF_MAX_POST_LIST, "N",
         "requests posted at a time"},
        {'I', "inline", TOOL_NUMBER, &inline_limit, 0, 1024, "BYTES",
         "up to which data goes inline (32)"},
        {'u', "ud", TOOL_FLAG, &plan->ud, 0, 0, NULL, "UD instead of SRD"},
        {'b', "bidirectional", TOOL_FLAG, &plan->bidirectional, 0, 0, NULL, "both sides send"},
        {'c', "verify", TOOL_FLAG, &plan->verify, 0, 0, NULL, "check every byte that arrives"},
        {0, "classic-post", TOOL_FLAG, &plan->classic_post, 0, 0, NULL,
         "ibv_post_send instead of ibv_wr_*"},
        {0, "classic-poll", TOOL_FLAG, &plan->classic_poll, 0, 0, NULL,
         "ibv_poll_cq instead of ibv_start_poll"},
        {0, "thread-domain", TOOL_FLAG, &plan->thread_domain, 0, 0, NULL,
         "promise one thread: no locks"},
        {'l', "loopback", TOOL_FLAG, &settings->loopback, 0, 0, NULL, "both sides in here"},
        {'p', "port", TOOL_NUMBER, &port, 1, 65535, "N", "TCP port to meet at (18516)"},
        {'t', "timeout", TOOL_NUMBER, &timeout, 1, 3600, "S", "longest wait for anything (60)"},
        {'d', "device", TOOL_TEXT, &settings->device, 0, 0, "NAME", "default: the first"},
        {'j', "json", TOOL_TEXT, &settings->json, 0, 0, "FILE", "write results; - is the screen"},
        {0, "csv", TOOL_TEXT, &settings->csv, 0, 0, "FILE", "the same as a table"},
        {0, "html", TOOL_TEXT, &settings->html, 0, 0, "FILE", "the same as a page with pictures"},
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
    };

    if (!tool_parse_options(&line, argc, argv, status))
        return false;
    if (!find_test(operands[0], plan))
        return usage_error(status);
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
    plan->inline_limit = (uint32_t)inline_limit;
    plan->qps = (uint32_t)qps;
    plan->timeout_ns = timeout * 1000000000u;
    return check_combination(settings) || usage_error(status);
}

/* ---- Reports ---- */

typedef bool write_report(FILE *file, const struct perf_plan *plan,
                          const struct perf_results *results);

static bool write_file(const char *path, write_report *write, const struct perf_plan *plan,
                       const struct perf_results *results)
{
    FILE *file;
    bool good;

    if (path == NULL)
        return true;
    if (strcmp(path, "-") == 0)
        return write(stdout, plan, results);
    file = fopen(path, "w");
    good = file != NULL && write(file, plan, results);
    if (file != NULL)
        good = fclose(file) == 0 && good;
    if (!good)
        tool_error("%s cannot be written: give a file in a folder that is there and writable",
                   path);
    return good;
}

static bool is_screen(const char *path)
{
    return path != NULL && strcmp(path, "-") == 0;
}

static bool columns_wanted(const struct settings *settings)
{
    return !is_screen(settings->json) && !is_screen(settings->csv) && !is_screen(settings->html);
}

static void print_nothing(const struct perf_row *row)
{
    (void)row;
}

static bool report(const struct settings *settings, const struct perf_plan *plan,
                   const struct perf_results *results)
{
    bool good;

    if (columns_wanted(settings))
        perf_print_end(plan, results);
    if (results->count == 0)
        return true;
    good = write_file(settings->json, perf_write_json, plan, results);
    good = write_file(settings->csv, perf_write_csv, plan, results) && good;
    return write_file(settings->html, perf_write_html, plan, results) && good;
}

/* ---- Running ---- */

static bool meet(const struct settings *settings, struct perf_control *control)
{
    const uint64_t deadline = tool_now_ns() + settings->plan.timeout_ns;

    if (!tool_network_start())
        return false;
    control->timeout_ns = settings->plan.timeout_ns;
    if (settings->host != NULL)
        return tool_connect_peer(settings->host, settings->port, deadline, &control->peer);
    fprintf(stderr, "waiting for a client on port %u\n", settings->port);
    return tool_accept_peer(settings->port, deadline, &control->peer);
}

/* Both sides' objects, and each other's addresses. */
static bool set_up(const struct settings *settings, struct ibv_context *context,
                   struct perf_control *control, struct perf_side *sides, struct perf_run *run)
{
    const struct perf_plan *plan = &settings->plan;
    uint32_t inline_limit;

    if (!perf_check_limits(context, plan, &run->largest, &inline_limit))
        return false;
    if (!settings->loopback &&
        (!meet(settings, control) || !perf_control_greet(control, plan, &run->largest)))
        return false;
    run->flow_count = settings->loopback ? 2 : 1;
    for (size_t i = 0; i < run->flow_count; i++) {
        if (!perf_side_create(&sides[i], context, plan, run->largest, inline_limit) ||
            !perf_flow_create(&run->flows[i], &sides[i]))
            return false;
    }
    if (settings->loopback)
        return perf_side_connect(&sides[0], &sides[1].local) &&
               perf_side_connect(&sides[1], &sides[0].local);
    run->control = control;
    return perf_control_exchange(control, plan->qps, &sides[0].local, &sides[1].local) &&
           perf_side_connect(&sides[0], &sides[1].local) && perf_control_meet(control);
}

static bool run_perf(const struct settings *settings, struct ibv_context *context)
{
    static struct perf_results results;
    static struct perf_side sides[2]; /* of a peer only the address */
    struct perf_control control = {0};
    struct perf_run run = {0};
    bool good;

    control.peer = TOOL_NO_SOCKET;
    run.plan = &settings->plan;
    run.is_client = settings->loopback || settings->host != NULL;
    run.show_progress = IS_TERMINAL(2);
    run.print_row = columns_wanted(settings) ? perf_print_row : print_nothing;
    good = set_up(settings, context, &control, sides, &run);
    if (good) {
        if (columns_wanted(settings))
            perf_print_header(&settings->plan);
        good = perf_measure(&run, &results);
        good = report(settings, &settings->plan, &results) && good;
    }
    tool_close_socket(control.peer);
    for (size_t i = 0; i < 2; i++) {
        perf_flow_destroy(&run.flows[i]);
        good = perf_side_destroy(&sides[i]) && good;
    }
    return good;
}

static bool run_program(const struct settings *settings)
{
    struct ibv_context *context = tool_open_device(settings->device);
    bool good;
    int error;

    if (context == NULL)
        return false;
    good = run_perf(settings, context);
    error = ibv_close_device(context);
    if (error != 0)
        tool_error("closing the device failed: %s", tool_errno_text(error));
    return good && error == 0;
}

int main(int argc, char **argv)
{
    struct settings settings = {0};
    int status;
    bool good;

    if (!read_settings(argc, argv, &settings, &status))
        return status;
    if (!tool_load_library())
        return TOOL_FAILED;
    good = run_program(&settings);
    tool_unload_library();
    return good ? TOOL_OK : TOOL_FAILED;
}
