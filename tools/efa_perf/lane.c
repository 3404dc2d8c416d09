/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Lanes and their threads; see lane.h. */
#include "lane.h"

#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/message.h"
#include "os/compiler.h"

/* The number of consecutive empty steps after which the thread yields. */
#define PATIENCE 200

bool perf_lane_create(struct perf_lane *lane, struct ibv_context *context,
                      const struct perf_plan *plan, uint32_t largest, bool loopback)
{
    memset(lane, 0, sizeof *lane);
    lane->plan = plan;
    lane->flow_count = loopback ? 2 : 1;
    lane->snapshot = (struct tool_histogram *)calloc(1, sizeof *lane->snapshot);
    if (!lane->snapshot) {
        tool_error("no memory for a histogram");
        return false;
    }
    for (size_t i = 0; i < lane->flow_count; i++) {
        if (!perf_side_create(&lane->sides[i], context, plan, largest) ||
            !perf_flow_create(&lane->flows[i], &lane->sides[i]))
            return false;
    }
    return true;
}

bool perf_lane_destroy(struct perf_lane *lane)
{
    bool good = true;

    for (size_t i = 0; i < PERF_SIDES; i++) {
        perf_flow_destroy(&lane->flows[i]);
        good = perf_side_destroy(&lane->sides[i]) && good;
    }
    free(lane->snapshot);
    lane->snapshot = NULL;
    return good;
}

static void take_snapshot(struct perf_lane *lane)
{
    const uint32_t wanted = efa_load_acquire_u32(&lane->snapshots_wanted);

    if (wanted == lane->snapshots_taken)
        return;
    *lane->snapshot = *lane->flows[0].latencies;
    efa_store_release_u32(&lane->snapshots_taken, wanted);
}

static void publish(const struct perf_flow *flow, struct perf_shown *shown)
{
    efa_store_release_u64(&shown->completed, flow->completed);
    efa_store_release_u64(&shown->received, flow->received);
    efa_store_release_u64(&shown->last_completion, flow->last_completion);
    if (perf_flow_has_sent_all(flow, efa_load_acquire_u64(&shown->peer_total)))
        efa_store_release_u32(&shown->has_sent_all, 1);
}

int perf_lane_step(struct perf_lane *lane)
{
    int happened = 0;

    for (size_t i = 0; i < lane->flow_count; i++) {
        struct perf_flow *flow = &lane->flows[i];
        int events;

        if (efa_load_acquire_u32(&lane->shown[i].stop))
            flow->stop = true;
        events = perf_flow_step(flow);
        if (events < 0)
            return -1;
        publish(flow, &lane->shown[i]);
        happened += events;
    }
    take_snapshot(lane);
    return happened;
}

/* ---- A lane's thread ---- */

static void serve(struct perf_lane *lane)
{
    unsigned idle = 0;

    while (efa_load_acquire_u32(&lane->order) == PERF_RUN) {
        const int happened = perf_lane_step(lane);

        if (happened < 0) {
            efa_store_release_u32(&lane->state, PERF_FAILED);
            return;
        }
        idle = happened > 0 ? 0 : idle + 1;
        if (idle >= PATIENCE)
            tool_yield();
    }
    efa_store_release_u32(&lane->state, PERF_PARKED);
}

static void thread_main(void *argument)
{
    struct perf_lane *lane = (struct perf_lane *)argument;

    while (efa_load_acquire_u32(&lane->order) != PERF_END) {
        if (efa_load_acquire_u32(&lane->state) == PERF_RUNNING)
            serve(lane);
        else
            tool_yield();
    }
}

bool perf_lane_start_thread(struct perf_lane *lane, int cpu)
{
    lane->order = PERF_PARK;
    lane->state = PERF_PARKED;
    lane->has_thread = tool_thread_start(&lane->thread, thread_main, lane, cpu);
    if (!lane->has_thread)
        tool_error("a thread did not start: lower --threads");
    return lane->has_thread;
}

void perf_lane_end_thread(struct perf_lane *lane)
{
    if (!lane->has_thread)
        return;
    efa_store_release_u32(&lane->order, PERF_END);
    tool_thread_join(&lane->thread);
    lane->has_thread = false;
}

void perf_lane_run(struct perf_lane *lane)
{
    /* The order of these stores matters: a thread that saw the state before the order would
     * park. */
    efa_store_release_u32(&lane->order, PERF_RUN);
    efa_store_release_u32(&lane->state, PERF_RUNNING);
}

bool perf_lane_park(struct perf_lane *lane)
{
    if (!lane->has_thread)
        return true;
    efa_store_release_u32(&lane->order, PERF_PARK);
    while (efa_load_acquire_u32(&lane->state) == PERF_RUNNING)
        tool_yield();
    return efa_load_acquire_u32(&lane->state) == PERF_PARKED;
}

bool perf_lane_has_failed(const struct perf_lane *lane)
{
    return efa_load_acquire_u32(&lane->state) == PERF_FAILED;
}

void perf_lane_want_snapshot(struct perf_lane *lane)
{
    efa_store_release_u32(&lane->snapshots_wanted, lane->snapshots_wanted + 1);
    if (!lane->has_thread)
        take_snapshot(lane);
}

bool perf_lane_has_snapshot(const struct perf_lane *lane)
{
    return efa_load_acquire_u32(&lane->snapshots_taken) == lane->snapshots_wanted;
}
