/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Decides when a fault takes effect. */
#include "fault_rules.h"

static bool concerns(const struct efasim_fault *fault, const struct efasim_device *device,
                     enum efasim_fault_occasion occasion, uint32_t target)
{
    if (efasim_fault_info(fault->kind)->occasion != occasion)
        return false;
    if (fault->device != EFASIM_FAULT_ANY_DEVICE && fault->device != device->index)
        return false;
    if (occasion != EFASIM_FAULT_ON_REQUEST && fault->target == 0)
        return true;
    return fault->target == target;
}

static bool strikes_now(struct efasim *sim, struct efasim_fault_state *active)
{
    const struct efasim_fault *rule = &active->rule;
    uint64_t first = rule->nth != 0 ? rule->nth : 1;

    active->seen++;
    if (active->seen < first || (rule->count != 0 && active->seen - first >= rule->count))
        return false;
    if (rule->probability != 0 && !efasim_chance(sim, rule->probability))
        return false;
    active->hits++;
    return true;
}

const struct efasim_fault *efasim_fault_strikes(struct efasim_device *device,
                                                enum efasim_fault_occasion occasion,
                                                uint32_t target)
{
    struct efasim *sim = device->sim;
    const struct efasim_fault *struck = NULL;

    /* Each rule counts each occasion. If several rules match, the oldest one takes effect. */
    for (uint32_t i = 0; i < sim->fault_count; i++) {
        struct efasim_fault_state *active = &sim->faults[i];
        if (!concerns(&active->rule, device, occasion, target))
            continue;
        if (strikes_now(sim, active) && !struck)
            struck = &active->rule;
    }
    if (struck)
        device->counters.faults++;
    return struck;
}
