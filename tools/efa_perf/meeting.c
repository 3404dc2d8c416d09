/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Connects to the other side; see meeting.h. */
#include "meeting.h"

#include <string.h>

#include "common/clock.h"
#include "common/message.h"
#include "common/thread.h"

static bool create_lanes(struct perf_meeting *meeting, const struct perf_settings *settings,
                         struct perf_run *run)
{
    const struct perf_plan *plan = &meeting->plan;

    run->plan = plan;
    run->lanes = meeting->lanes;
    for (uint32_t t = 0; t < plan->threads; t++) {
        if (!perf_lane_create(&meeting->lanes[t], meeting->context, plan, run->largest,
                              settings->loopback))
            return false;
    }
    return true;
}

static bool start_threads(struct perf_meeting *meeting, const struct perf_settings *settings)
{
    if (settings->cpu != TOOL_ANY_CPU && !tool_bind_to_cpu(settings->cpu)) {
        tool_error("--cpu %d: the system does not let this program run there", settings->cpu);
        return false;
    }
    for (uint32_t t = 1; t < meeting->plan.threads; t++) {
        const int cpu = settings->cpu != TOOL_ANY_CPU ? settings->cpu + (int)t : TOOL_ANY_CPU;

        if (!perf_lane_start_thread(&meeting->lanes[t], cpu))
            return false;
    }
    return true;
}

bool perf_meet_self(struct perf_meeting *meeting, const struct perf_settings *settings,
                    struct perf_run *run)
{
    run->is_client = true;
    if (!perf_check_limits(meeting->context, &meeting->plan, &run->largest) ||
        !create_lanes(meeting, settings, run))
        return false;
    for (uint32_t t = 0; t < meeting->plan.threads; t++) {
        struct perf_side *sides = meeting->lanes[t].sides;

        if (!perf_side_connect(&sides[0], &sides[1].local) ||
            !perf_side_connect(&sides[1], &sides[0].local))
            return false;
    }
    return start_threads(meeting, settings);
}

static bool connect_lanes(struct perf_meeting *meeting)
{
    for (uint32_t t = 0; t < meeting->plan.threads; t++) {
        struct perf_side *sides = meeting->lanes[t].sides;

        if (!perf_control_exchange(&meeting->control, meeting->plan.qps, &sides[0].local,
                                   &sides[1].local) ||
            !perf_side_connect(&sides[0], &sides[1].local))
            return false;
    }
    return perf_control_meet(&meeting->control);
}

static bool finish(struct perf_meeting *meeting, const struct perf_settings *settings,
                   struct perf_run *run)
{
    run->control = &meeting->control;
    return connect_lanes(meeting) && start_threads(meeting, settings);
}

bool perf_meet_server(struct perf_meeting *meeting, const struct perf_settings *settings,
                      struct perf_run *run)
{
    const uint64_t deadline = tool_now_ns() + settings->plan.timeout_ns;
    uint8_t greeting[PERF_GREETING_SIZE];
    const struct tool_server server = {settings->host, settings->port, greeting, sizeof greeting};

    run->is_client = true;
    if (!perf_check_limits(meeting->context, &meeting->plan, &run->largest))
        return false;
    perf_control_make_greeting(&meeting->plan, run->largest, false, greeting);
    return tool_connect_peer(&server, deadline, &meeting->control.peer) &&
           perf_control_greet(&meeting->control, &meeting->plan, &run->largest) &&
           create_lanes(meeting, settings, run) && finish(meeting, settings, run);
}

/* Prepares the client's request, or rejects it with the reason, which both sides print. */
static bool serve_client(struct perf_meeting *meeting, const struct perf_settings *settings,
                         struct perf_run *run)
{
    char trouble[200];
    uint32_t theirs;
    bool good;

    if (!perf_control_serve(&meeting->control, &meeting->plan, &theirs))
        return false;
    tool_keep_errors(trouble, sizeof trouble);
    good = perf_check_plan(&meeting->plan) &&
           perf_check_limits(meeting->context, &meeting->plan, &run->largest);
    if (good && theirs < run->largest)
        run->largest = theirs;
    if (good && run->largest < (meeting->plan.all_sizes ? 1 : meeting->plan.size)) {
        tool_error("--size %u: the client's adapter carries at most %u bytes", meeting->plan.size,
                   theirs);
        good = false;
    }
    good = good && create_lanes(meeting, settings, run);
    tool_keep_errors(NULL, 0);
    if (!good)
        tool_error("a client was declined: %s", trouble);
    return perf_control_send_verdict(&meeting->control, run->largest, good ? "" : trouble) && good;
}

static bool greet_client(struct perf_meeting *meeting, const struct perf_settings *settings,
                         struct perf_run *run)
{
    uint8_t greeting[PERF_GREETING_SIZE];

    if (!perf_check_limits(meeting->context, &meeting->plan, &run->largest))
        return false;
    perf_control_make_greeting(&meeting->plan, run->largest, false, greeting);
    return perf_control_send_greeting(&meeting->control, greeting) &&
           perf_control_greet(&meeting->control, &meeting->plan, &run->largest) &&
           create_lanes(meeting, settings, run);
}

bool perf_meet_client(struct perf_meeting *meeting, const struct perf_settings *settings,
                      struct perf_run *run)
{
    const uint64_t deadline =
        settings->serve_forever ? UINT64_MAX : tool_now_ns() + settings->plan.timeout_ns;

    run->is_client = false;
    if (!tool_accept_peer(&meeting->listener, deadline, &meeting->control.peer))
        return false;
    return (settings->serve_forever ? serve_client(meeting, settings, run)
                                    : greet_client(meeting, settings, run)) &&
           finish(meeting, settings, run);
}

bool perf_end_meeting(struct perf_meeting *meeting)
{
    bool good = true;

    tool_close_socket(meeting->control.peer);
    meeting->control.peer = TOOL_NO_SOCKET;
    for (uint32_t t = 0; t < PERF_MAX_THREADS; t++)
        perf_lane_end_thread(&meeting->lanes[t]);
    for (uint32_t t = 0; t < PERF_MAX_THREADS; t++)
        good = perf_lane_destroy(&meeting->lanes[t]) && good;
    return good;
}
