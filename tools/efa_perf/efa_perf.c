/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * efa_perf: latency, bandwidth, message rate and RDMA read between two machines or in a loopback.
 * This file puts the parts together.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/interrupt.h"
#include "common/library.h"
#include "common/message.h"
#include "common/open_file.h"
#include "common/options.h"
#include "common/program.h"
#include "meeting.h"
#include "report_files.h"

const char *const tool_name = "efa_perf";

struct program {
    struct perf_settings settings;
    struct tool_run run; /* without the peer */
    struct perf_meeting meeting;
    struct perf_results results;
};

/* ---- Output during the measurement ---- */

static void print_row(const struct perf_plan *plan, const struct perf_row *row)
{
    perf_print_row(plan, row);
}

static void print_no_row(const struct perf_plan *plan, const struct perf_row *row)
{
    (void)plan;
    (void)row;
}

static void print_no_interval(const struct perf_plan *plan, const struct perf_interval *interval,
                              uint32_t size)
{
    (void)plan;
    (void)interval;
    (void)size;
}

static bool prints_columns(const struct perf_settings *settings)
{
    return !perf_is_screen(settings->json) && !perf_is_screen(settings->csv) &&
           !perf_is_screen(settings->html);
}

/* Other clients that connect meanwhile are informed that this server is busy. */
static void turn_away_clients(void *argument)
{
    tool_turn_away((struct tool_listener *)argument);
}

/* ---- One run ---- */

static bool meet(struct program *program, struct perf_run *run)
{
    struct perf_settings *settings = &program->settings;
    struct perf_meeting *meeting = &program->meeting;

    meeting->control.timeout_ns = settings->plan.timeout_ns;
    meeting->control.pending_size = 0;
    meeting->plan = settings->plan;
    if (settings->loopback)
        return perf_meet_self(meeting, settings, run);
    if (settings->host)
        return perf_meet_server(meeting, settings, run);
    run->look_after = turn_away_clients;
    run->argument = &meeting->listener;
    return perf_meet_client(meeting, settings, run);
}

static void add_peer(struct tool_run *run, const struct program *program)
{
    char text[300];

    if (program->settings.loopback) {
        tool_add_fact(run, TOOL_FACT_TEXT, "peer", "itself");
        return;
    }
    tool_describe_peer(program->meeting.control.peer, text, sizeof text);
    tool_add_fact(run, TOOL_FACT_TEXT, "peer", text);
}

static bool measure(struct program *program, struct perf_run *run)
{
    const struct perf_report report = {&program->meeting.plan, &program->results, &program->run};
    const bool columns = prints_columns(&program->settings);

    run->show_progress = tool_shows_progress();
    run->keep_histograms = program->settings.histogram != NULL;
    run->print_row = columns ? print_row : print_no_row;
    run->print_interval = columns ? perf_print_interval : print_no_interval;
    if (columns)
        perf_print_header(&report);
    return perf_measure(run, &program->results);
}

/* After a failure the results so far are reported too. */
static bool write_reports(const struct program *program)
{
    const struct perf_report report = {&program->meeting.plan, &program->results, &program->run};

    if (program->results.count == 0) {
        if (program->results.interrupted)
            tool_error("interrupted before there was a result");
        return false;
    }
    if (prints_columns(&program->settings))
        perf_print_end(&report);
    return perf_write_files(&program->settings, &report);
}

/* One run, from meeting to report. Only the first failure is printed, not those that follow from
 * it. */
static bool run_once(struct program *program)
{
    const size_t facts = program->run.count;
    struct perf_run run = {0};
    bool good, measured = false;

    tool_print_first_only(program->results.failure, sizeof program->results.failure);
    good = meet(program, &run);
    if (good) {
        measured = true;
        add_peer(&program->run, program);
        good = measure(program, &run);
    }
    good = perf_end_meeting(&program->meeting) && good;
    tool_print_first_only(NULL, 0);
    if (measured)
        good = write_reports(program) && good;
    perf_results_destroy(&program->results);
    program->run.count = facts;
    return good;
}

static bool serve_forever(struct program *program)
{
    unsigned clients = 0;

    fprintf(stderr, "serving clients on port %u, with their parameters; Ctrl-C ends\n",
            program->settings.port);
    fflush(stderr);
    while (!tool_interrupted()) {
        program->results.failure[0] = '\0';
        if (run_once(program))
            clients++;
    }
    fprintf(stderr, "%u client%s served\n", clients, clients == 1 ? "" : "s");
    return true;
}

static bool run_opened(struct program *program)
{
    struct perf_settings *settings = &program->settings;
    bool good;

    program->meeting.control.peer = TOOL_NO_SOCKET;
    if (settings->loopback)
        return run_once(program);
    if (!tool_network_start())
        return false;
    if (settings->host)
        return run_once(program);
    if (!tool_listen(settings->port, &program->meeting.listener))
        return false;
    if (!settings->serve_forever) {
        fprintf(stderr, "waiting for a client on port %u\n", settings->port);
        fflush(stderr);
    }
    good = settings->serve_forever ? serve_forever(program) : run_once(program);
    tool_close_listener(&program->meeting.listener);
    return good;
}

static bool run_program(struct program *program, int argc, char **argv)
{
    struct ibv_context *context;
    bool good;
    int error;

    tool_begin_run(&program->run, argc, argv);
    context = tool_open_device(program->settings.device);
    if (!context)
        return false;
    tool_add_adapter(&program->run, context, context->device->name);
    program->meeting.context = context;
    good = run_opened(program);
    error = ibv_close_device(context);
    if (error != 0 && good)
        tool_error("closing the device failed: %s", tool_errno_text(error));
    return good && error == 0;
}

static int program_main(int argc, char **argv)
{
    static struct program program;
    int status;
    bool good;

    if (!perf_read_settings(argc, argv, &program.settings, &status))
        return status;
    if (!perf_check_files(&program.settings) || !tool_load_library())
        return TOOL_FAILED;
    tool_watch_interrupt();
    good = run_program(&program, argc, argv);
    tool_unload_library();
    return tool_end(good ? TOOL_OK : TOOL_FAILED);
}

int main(int argc, char **argv)
{
    return tool_run(argc, argv, program_main);
}
