/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * A lane: the queue pairs of one thread. The first lane runs in the measuring thread, each other
 * lane in its own thread. Between measurements these threads are parked, and the measuring thread
 * may use their lanes. During a measurement it reads only what a lane publishes.
 */
#ifndef EFA_PERF_LANE_H
#define EFA_PERF_LANE_H

#include "common/thread.h"
#include "flow.h"

enum { PERF_SIDES = 2 }; /* of a loopback */

/* The part of a flow that other threads see; read and written with acquire and release. */
struct perf_shown {
    uint64_t completed;
    uint64_t received;
    uint64_t last_completion;
    uint32_t has_sent_all; /* posted and posted_sum do not change any more */
    uint32_t stop;         /* requested by the measuring thread */
    uint64_t peer_total;   /* set by the measuring thread; UINT64_MAX: not known */
};

struct perf_lane {
    const struct perf_plan *plan;
    struct perf_side sides[PERF_SIDES]; /* of a peer only the address is known */
    struct perf_flow flows[PERF_SIDES]; /* in a loopback the first is the client */
    struct perf_shown shown[PERF_SIDES];
    size_t flow_count;
    struct tool_histogram *snapshot; /* of the first flow's latencies */
    bool has_thread;
    struct tool_thread thread;
    uint32_t order;            /* enum perf_order, by the thread that measures */
    uint32_t state;            /* enum perf_lane_state, by the lane's thread */
    uint32_t snapshots_wanted; /* by the thread that measures */
    uint32_t snapshots_taken;  /* by the lane's thread */
};

enum perf_order { PERF_PARK, PERF_RUN, PERF_END };
enum perf_lane_state { PERF_PARKED, PERF_RUNNING, PERF_FAILED };

/* False after printing the reason; perf_lane_destroy frees what was created. */
bool perf_lane_create(struct perf_lane *lane, struct ibv_context *context,
                      const struct perf_plan *plan, uint32_t largest, bool loopback);
bool perf_lane_start_thread(struct perf_lane *lane, int cpu);
/* Ends the thread. Call this before perf_lane_destroy. */
void perf_lane_end_thread(struct perf_lane *lane);
bool perf_lane_destroy(struct perf_lane *lane);

/* Steps the flows once, in the lane's thread. Returns the number of events, or -1 after printing
 * the reason. */
int perf_lane_step(struct perf_lane *lane);

void perf_lane_run(struct perf_lane *lane);
/* Waits until the lane's thread is parked. False if that thread failed. */
bool perf_lane_park(struct perf_lane *lane);
bool perf_lane_has_failed(const struct perf_lane *lane);

/* Requests a snapshot; perf_lane_has_snapshot reports when it is there. */
void perf_lane_want_snapshot(struct perf_lane *lane);
bool perf_lane_has_snapshot(const struct perf_lane *lane);

#endif
