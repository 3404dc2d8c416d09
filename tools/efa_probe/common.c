/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* What the measurements share: queues within the adapter's limits, and waiting. */
#include "probe.h"

#include "common/clock.h"

static uint16_t power_of_two_within(uint32_t most, uint32_t wanted)
{
    uint32_t size = 1;

    while (size * 2 <= wanted && size * 2 <= most)
        size *= 2;
    return (uint16_t)size;
}

uint32_t probe_ring_for(uint32_t depth)
{
    uint32_t entries = 1;

    while (entries < depth)
        entries *= 2;
    return entries;
}

struct raw_options probe_options(const struct probe *probe, uint32_t type)
{
    const struct efa_device_info *info = &probe->info;
    uint32_t depth =
        info->max_sq_depth < info->max_rq_depth ? info->max_sq_depth : info->max_rq_depth;
    struct raw_options options = {0};

    options.version = probe->version;
    options.type = type;
    options.state = EFA_DRIVER_QP_RTS;
    options.depth = power_of_two_within(depth, 16);
    options.cq_depth = power_of_two_within(info->max_cq_depth, 64);
    return options;
}

uint32_t probe_dereg_mr(struct probe *probe, struct raw_client *client, uint32_t lkey)
{
    struct efa_dereg_mr_params_v1 params;

    if (probe->version >= EFA_INTERFACE_VERSION_3)
        return raw_dereg_mr(client, lkey);
    params.lkey = (uint16_t)lkey;
    return raw_try(client, EFA_DEREG_MR, &params, sizeof params, NULL, 0);
}

void probe_check_time(struct sim_world *world)
{
    const struct probe *probe = world->context;

    if (tool_now_ns() > probe->deadline_ns)
        raw_progress(world);
}

bool probe_wait(struct sim_world *world, struct raw_cq *cq, unsigned milliseconds,
                struct efa_completion_entry *entry)
{
    const uint64_t until = tool_now_ns() + (uint64_t)milliseconds * 1000000u;

    while (!raw_poll(cq, entry)) {
        if (tool_now_ns() > until)
            return false;
        probe_check_time(world);
        tool_yield();
    }
    return true;
}

int probe_send_status(struct raw_endpoint *from, const struct efa_send_descriptor *descriptor)
{
    struct efa_completion_entry entry;

    raw_write_send(&from->qp, descriptor);
    raw_ring_send(&from->qp);
    if (!probe_wait(from->client.world, &from->send_cq, PROBE_PATIENCE_MS, &entry))
        return -1;
    return entry.status;
}
