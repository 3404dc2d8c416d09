/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Finds the largest batch between two doorbells: one descriptor more in each step, each in a new
 * queue pair, up to the first loss. Above EXACT_TO the batches double, and the result is the last
 * batch without a loss.
 */
#include "probe.h"

#include <stdio.h>

#define EXACT_TO 256u
/* The value of the built-in profiles for "one less than the queue has". */
#define ONE_LESS_THAN_THE_QUEUE 32767u

/* Sends by UD, which needs no receiver. True if all sends of the batch complete. */
static bool survives(struct raw_endpoint *e, const struct probe *probe, uint32_t depth,
                     uint32_t batch)
{
    struct sim_world *world = e->client.world;
    struct efa_create_qp_params params;
    struct efa_completion_entry entry;
    uint32_t completed = 0;

    raw_qp_params(e, EFA_DRIVER_QP_UD, 1, &params);
    params.sq_depth = depth;
    params.sq_ring_size = probe_ring_for(depth) * EFA_SEND_DESCRIPTOR_SIZE;
    CHECK_EQUAL(raw_create_qp(&e->client, &params, &e->qp), 0);
    if (probe->version >= EFA_INTERFACE_VERSION_2)
        raw_bring_to(&e->client, &e->qp, EFA_DRIVER_QP_RTS);
    raw_write_sends(e, 0, batch);
    raw_progress(world); /* gives the adapter time to lose them before the doorbell */
    raw_ring_send(&e->qp);
    while (completed < batch && probe_wait(world, &e->send_cq, 2 * PROBE_PATIENCE_MS, &entry)) {
        if (entry.qp_num == e->qp.info.qp_num)
            completed += entry.status == EFA_STATUS_OK;
    }
    CHECK_EQUAL(raw_destroy_qp(&e->client, e->qp.info.qp_handle), 0);
    return completed == batch;
}

static struct probe_point *record(struct probe *probe, const char *found, uint32_t max_batch)
{
    static const char name[] = "limit.max_batch";
    const uint32_t assumed = probe->assumed->devices[0].max_batch;
    char text[PROBE_VALUE_SIZE];

    if (assumed >= probe->info.max_sq_depth - 1)
        snprintf(text, sizeof text, "the queue's depth less one");
    else
        snprintf(text, sizeof text, "%u", assumed);
    probe_settle(probe, "max_batch", max_batch);
    return probe_compare_text(probe, name, found, text);
}

/* The deepest send queue whose completions all fit into a CQ. */
static uint32_t deepest_queue(const struct probe *probe)
{
    const uint32_t depth = probe->info.max_sq_depth;

    if (probe_ring_for(depth) <= probe->info.max_cq_depth)
        return depth;
    return probe_ring_for(probe->info.max_cq_depth / 2 + 1);
}

static uint32_t next_batch(uint32_t good, uint32_t depth)
{
    if (good < EXACT_TO)
        return good + 1;
    return good * 2 < depth ? good * 2 : depth - 1;
}

/* Nothing was lost up to the depth less one. */
static void record_no_limit(struct probe *probe, struct raw_endpoint *e, uint32_t depth)
{
    if (depth < probe->info.max_sq_depth)
        probe_add(probe, PROBE_NO_RESULT, "limit.max_batch",
                  "none up to %u; no CQ has room for more", depth - 1);
    else if (survives(e, probe, depth, depth))
        record(probe, "none, not even the queue's depth", 0);
    else
        record(probe, "the queue's depth less one", ONE_LESS_THAN_THE_QUEUE);
}

static void find_batch_limit(struct sim_world *world, struct probe *probe)
{
    const uint32_t depth = deepest_queue(probe);
    struct raw_options options = probe_options(probe, EFA_DRIVER_QP_UD);
    char text[PROBE_VALUE_SIZE];
    struct probe_point *point;
    struct raw_endpoint e;

    options.cq_depth = (uint16_t)probe_ring_for(depth);
    raw_endpoint_open(world, &e, &options);
    while (probe->max_batch + 1 < depth) {
        const uint32_t next = next_batch(probe->max_batch, depth);

        if (!survives(&e, probe, depth, next)) {
            snprintf(text, sizeof text, "%u", probe->max_batch);
            point = record(probe, text, probe->max_batch);
            if (next - probe->max_batch > 1)
                probe_note(point, "some sends of a batch of %u were lost", next);
            raw_endpoint_close(&e);
            return;
        }
        probe->max_batch = next;
    }
    record_no_limit(probe, &e, depth);
    raw_endpoint_close(&e);
}

const struct probe_measurement probe_batch = {"limit.max_batch", SIM_OVERRUNS, 1, 0, false,
                                              find_batch_limit};
