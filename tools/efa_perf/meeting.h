/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The start of a run: both sides agree on the parameters, create their lanes, and exchange
 * addresses. */
#ifndef EFA_PERF_MEETING_H
#define EFA_PERF_MEETING_H

#include "measure.h"
#include "settings.h"

struct perf_meeting {
    struct ibv_context *context;
    struct perf_plan plan; /* from the settings, or from a client */
    struct perf_lane lanes[PERF_MAX_THREADS];
    struct perf_control control;
    struct tool_listener listener;
    bool listens;
};

/*
 * On success run->lanes are connected; false after printing the reason. perf_end_meeting destroys
 * everything, and returns false if that failed.
 */
bool perf_meet_self(struct perf_meeting *meeting, const struct perf_settings *settings,
                    struct perf_run *run);
bool perf_meet_server(struct perf_meeting *meeting, const struct perf_settings *settings,
                      struct perf_run *run);
/* The next client of meeting->listener, with this side's parameters or with the client's. */
bool perf_meet_client(struct perf_meeting *meeting, const struct perf_settings *settings,
                      struct perf_run *run);
bool perf_end_meeting(struct perf_meeting *meeting);

#endif
