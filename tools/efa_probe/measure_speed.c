/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Measures the cost of stores and doorbells, and the rate of an endpoint that sends to itself, by
 * batch size.
 */
#include "probe.h"

#include <stdio.h>

#include "common/clock.h"
#include "os/barrier.h"

enum { STORES = 4096, DOORBELLS = 512, ROUNDS = 200, LARGEST_BATCH = 64, MESSAGE = 8 };

/* Writes descriptors repeatedly to the first slot, without a doorbell: nothing is executed. */
static uint64_t time_stores(struct raw_endpoint *e, bool flushed)
{
    struct efa_send_descriptor d = raw_send_descriptor(e, e, 0, 0, MESSAGE);
    uint64_t begin;

    begin = tool_now_ns();
    for (unsigned i = 0; i < STORES; i++) {
        e->qp.sq_posted = 0;
        raw_write_send(&e->qp, &d);
        if (flushed)
            efa_flush_write_combining();
    }
    e->qp.sq_posted = 0;
    return tool_now_ns() - begin;
}

/* Writes the same counter again: it announces no new descriptor. */
static uint64_t time_doorbells(struct raw_endpoint *e)
{
    uint64_t begin;

    begin = tool_now_ns();
    for (unsigned i = 0; i < DOORBELLS; i++) {
        raw_ring_send(&e->qp);
        efa_flush_write_combining();
    }
    return tool_now_ns() - begin;
}

static void add_time(struct probe *probe, const char *name, uint64_t time, unsigned count)
{
    probe_add(probe, PROBE_MEASURED, name, "%.1f ns", (double)time / count);
}

/* Doorbells first: a batch limit counts descriptors that were written without a doorbell. */
static void measure_costs(struct sim_world *world, struct probe *probe)
{
    const struct raw_options options = probe_options(probe, EFA_DRIVER_QP_SRD);
    struct raw_endpoint e;

    raw_endpoint_open(world, &e, &options);
    add_time(probe, "cost.doorbell", time_doorbells(&e), DOORBELLS);
    add_time(probe, "cost.store_of_a_descriptor", time_stores(&e, false), STORES);
    add_time(probe, "cost.store_with_flush", time_stores(&e, true), STORES);
    raw_endpoint_close(&e);
}

const struct probe_measurement probe_costs = {"cost", SIM_OVERRUNS, 1, 0, false, measure_costs};

static bool take(struct sim_world *world, struct raw_cq *cq, unsigned count)
{
    struct efa_completion_entry entry;

    for (unsigned i = 0; i < count; i++) {
        if (!probe_wait(world, cq, PROBE_PATIENCE_MS, &entry) || entry.status != EFA_STATUS_OK)
            return false;
    }
    return true;
}

/* False if a message was lost or failed. */
static bool send_batch(struct sim_world *world, struct raw_endpoint *e, unsigned batch)
{
    const uint16_t mask = (uint16_t)(e->qp.sq_entries - 1);

    for (unsigned i = 0; i < batch; i++) {
        struct efa_recv_descriptor r =
            raw_recv_descriptor(e, (uint16_t)(e->qp.rq_posted & mask), 4096, 64);

        raw_write_recv(&e->qp, &r);
    }
    raw_ring_recv(&e->qp);
    raw_write_sends(e, (uint16_t)(e->qp.sq_posted & mask), batch);
    raw_ring_send(&e->qp);
    return take(world, &e->recv_cq, batch) && take(world, &e->send_cq, batch);
}

static void measure_batch_speed(struct sim_world *world, struct probe *probe, unsigned batch)
{
    struct raw_options options = probe_options(probe, EFA_DRIVER_QP_SRD);
    char name[PROBE_NAME_SIZE];
    struct raw_endpoint e;
    uint64_t begin, time;
    unsigned done = 0;

    options.depth = LARGEST_BATCH * 2;
    options.cq_depth = LARGEST_BATCH * 2;
    snprintf(name, sizeof name, "speed.batches_of_%u", batch);
    raw_endpoint_open(world, &e, &options);
    begin = tool_now_ns();
    while (done < ROUNDS && send_batch(world, &e, batch))
        done++;
    time = tool_now_ns() - begin;
    raw_endpoint_close(&e);
    if (done < ROUNDS)
        probe_add(probe, PROBE_NO_RESULT, name, "a message was lost after %u batches", done);
    else
        probe_note(probe_add(probe, PROBE_MEASURED, name, "%.0f messages/s",
                             (double)batch * (double)ROUNDS * 1e9 / (double)(time ? time : 1)),
                   "%.2f us from the first store of a batch to its last completion",
                   (double)time / (double)ROUNDS / 1e3);
}

static bool has_room(struct probe *probe)
{
    const struct efa_device_info *info = &probe->info;

    if (info->max_sq_depth >= LARGEST_BATCH * 2 && info->max_rq_depth >= LARGEST_BATCH * 2 &&
        info->max_cq_depth >= LARGEST_BATCH * 2)
        return true;
    probe_add(probe, PROBE_NOT_RUN, "speed", "queues are too small");
    return false;
}

static void measure_single(struct sim_world *world, struct probe *probe)
{
    if (has_room(probe))
        measure_batch_speed(world, probe, 1);
}

const struct probe_measurement probe_single = {"speed.single", SIM_USES,      1, 0,
                                               true,           measure_single};

/* Up to the batch limit that probe_batch found. */
static void measure_batches(struct sim_world *world, struct probe *probe)
{
    const unsigned most = probe->max_batch < LARGEST_BATCH ? probe->max_batch : LARGEST_BATCH;

    if (most < 2) {
        probe_add(probe, PROBE_NOT_RUN, "speed.batches",
                  "needs limit.max_batch of 2 or more, from the same run");
        return;
    }
    for (unsigned batch = 2; batch <= most && has_room(probe); batch *= 2)
        measure_batch_speed(world, probe, batch);
}

const struct probe_measurement probe_speed = {"speed.batches", SIM_OVERRUNS,   1, 0,
                                              false,           measure_batches};
