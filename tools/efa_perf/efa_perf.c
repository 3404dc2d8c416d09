/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * efa_perf: latency, bandwidth, message rate and RDMA read between two machines or in a loopback.
 * This file puts the parts together.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/interrupt.h"
#include "common/library.h"
#include "common/message.h"
#include "common/open_file.h"
#include "common/options.h"
#include "measure.h"
#include "report.h"
#include "settings.h"

#ifdef _WIN32
#include <io.h>
#define IS_TERMINAL(number) (_isatty(number) != 0)
#else
#include <unistd.h>
#define IS_TERMINAL(number) (isatty(number) != 0)
#endif

const char *const tool_name = "efa_perf";

/* ---- Reports ---- */

static bool cannot_write(const char *path, int error)
{
    tool_error("%s cannot be written: %s", path, tool_errno_text(error));
    return false;
}

/* Known before anything is measured; what the file holds until then stays. */
static bool check_writable(const char *path)
{
    FILE *file;
    bool is_new;

    if (path == NULL || perf_is_screen(path))
        return true;
    errno = 0;
    file = tool_open_file(path, "r");
    is_new = file == NULL && errno == ENOENT;
    if (file != NULL)
        fclose(file);
    errno = 0;
    file = tool_open_file(path, "a");
    if (file == NULL)
        return cannot_write(path, errno);
    fclose(file);
    if (is_new)
        tool_remove_file(path);
    return true;
}

typedef bool write_report(FILE *file, const struct perf_plan *plan,
                          const struct perf_results *results);

static bool write_file(const char *path, write_report *write, const struct perf_plan *plan,
                       const struct perf_results *results)
{
    FILE *file;
    bool good;

    if (path == NULL)
        return true;
    if (perf_is_screen(path))
        return write(stdout, plan, results);
    errno = 0;
    file = tool_open_file(path, "w");
    good = file != NULL && write(file, plan, results);
    if (file != NULL)
        good = fclose(file) == 0 && good;
    return good || cannot_write(path, errno);
}

static bool columns_wanted(const struct perf_settings *settings)
{
    return !perf_is_screen(settings->json) && !perf_is_screen(settings->csv) &&
           !perf_is_screen(settings->html);
}

static void print_nothing(const struct perf_row *row)
{
    (void)row;
}

static bool report(const struct perf_settings *settings, const struct perf_plan *plan,
                   const struct perf_results *results)
{
    bool good;

    if (results->count == 0) {
        if (results->interrupted)
            tool_error("interrupted before there was a result");
        return false;
    }
    if (columns_wanted(settings))
        perf_print_end(plan, results);
    good = write_file(settings->json, perf_write_json, plan, results);
    good = write_file(settings->csv, perf_write_csv, plan, results) && good;
    return write_file(settings->html, perf_write_html, plan, results) && good;
}

/* ---- Running ---- */

static bool meet(const struct perf_settings *settings, struct perf_control *control)
{
    const uint64_t deadline = tool_now_ns() + settings->plan.timeout_ns;
    tool_socket listener;

    if (!tool_network_start())
        return false;
    control->timeout_ns = settings->plan.timeout_ns;
    if (settings->host != NULL)
        return tool_connect_peer(settings->host, settings->port, deadline, &control->peer);
    if (!tool_listen(settings->port, &listener))
        return false;
    fprintf(stderr, "waiting for a client on port %u\n", settings->port);
    fflush(stderr);
    return tool_accept_peer(listener, deadline, &control->peer);
}

/* Both sides' objects, and each other's addresses. */
static bool set_up(struct perf_settings *settings, struct ibv_context *context,
                   struct perf_control *control, struct perf_side *sides, struct perf_run *run)
{
    struct perf_plan *plan = &settings->plan;

    if (!perf_check_limits(context, plan, &run->largest))
        return false;
    if (!settings->loopback &&
        (!meet(settings, control) || !perf_control_greet(control, plan, &run->largest)))
        return false;
    run->flow_count = settings->loopback ? 2 : 1;
    for (size_t i = 0; i < run->flow_count; i++) {
        if (!perf_side_create(&sides[i], context, plan, run->largest) ||
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

static bool run_perf(struct perf_settings *settings, struct ibv_context *context)
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
        good = (results.count > 0 || good) && report(settings, &settings->plan, &results) && good;
    }
    tool_close_socket(control.peer);
    for (size_t i = 0; i < 2; i++) {
        perf_flow_destroy(&run.flows[i]);
        good = perf_side_destroy(&sides[i]) && good;
    }
    return good;
}

static bool run_program(struct perf_settings *settings)
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
    struct perf_settings settings = {0};
    int status;
    bool good;

    if (!perf_read_settings(argc, argv, &settings, &status))
        return status;
    if (!check_writable(settings.json) || !check_writable(settings.csv) ||
        !check_writable(settings.html) || !tool_load_library())
        return TOOL_FAILED;
    tool_watch_interrupt();
    good = run_program(&settings);
    tool_unload_library();
    return tool_end(good ? TOOL_OK : TOOL_FAILED);
}
