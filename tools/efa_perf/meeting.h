/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* How both sides meet: they agree on what to measure, make their lanes, and swap addresses. */
#ifndef EFA_PERF_MEETING_H
#define EFA_PERF_MEETING_H

#include "measure.h"
#include "settings.h"

struct perf_meeting {
    struct ibv_context *context;
    struct perf_plan plan; /* that of the settings, or of a client */
    struct perf_lane lanes[PERF_MAX_THREADS];
    struct perf_control control;
    struct tool_listener listener;
    bool listens;
};

/*
 * Each leaves run->lanes connected; false after printing why. perf_end_meeting destroys what was made,
 * and is false where that failed.
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
