/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The rules of faults.h: keeping them, and deciding when one strikes. */
#include "model.h"

static bool is_patch(const struct efasim_fault *fault)
{
    return fault->kind == EFASIM_FAULT_REQUEST_PATCH || fault->kind == EFASIM_FAULT_MESSAGE_PATCH ||
           fault->kind == EFASIM_FAULT_COMPLETION_PATCH;
}

void efasim_patch(uint8_t *bytes, uint64_t first, uint64_t size, const struct efasim_patch *patch)
{
    for (uint32_t i = 0; i < patch->size; i++) {
        uint64_t at = patch->offset + i;
        if (at >= first && at - first < size)
            bytes[at - first] = (uint8_t)(patch->value >> (8 * i));
    }
}

static bool is_valid(const struct efasim *sim, const struct efasim_fault *fault)
{
    if (fault->kind <= EFASIM_FAULT_NONE || fault->kind >= EFASIM_FAULT_KINDS)
        return false;
    if (fault->device != EFASIM_FAULT_ANY_DEVICE && fault->device >= sim->config.device_count)
        return false;
    if (fault->kind <= EFASIM_FAULT_REQUEST_PATCH && fault->target >= EFASIM_REQUEST_KINDS)
        return false;
    if (is_patch(fault) && fault->size != 1 && fault->size != 2 && fault->size != 4 &&
        fault->size != 8)
        return false;
    if (fault->kind == EFASIM_FAULT_MESSAGE_STATUS && fault->value > UINT8_MAX)
        return false;
    return fault->probability <= EFASIM_CERTAIN;
}

uint32_t efasim_fault_add(struct efasim *sim, const struct efasim_fault *fault, uint32_t *id)
{
    uint32_t error = EFA_WIN32_SUCCESS;

    if (!is_valid(sim, fault))
        return EFA_WIN32_INVALID_PARAMETER;
    efasim_lock(sim);
    if (sim->fault_count == EFASIM_MAX_FAULTS) {
        error = EFA_WIN32_NO_SYSTEM_RESOURCES;
    } else {
        struct efasim_fault_state *active = &sim->faults[sim->fault_count++];
        memset(active, 0, sizeof(*active));
        active->rule = *fault;
        active->id = ++sim->next_fault_id;
        *id = active->id;
    }
    efasim_unlock(sim);
    return error;
}

uint32_t efasim_fault_remove(struct efasim *sim, uint32_t id)
{
    uint32_t error = EFA_WIN32_NOT_FOUND;

    efasim_lock(sim);
    for (uint32_t i = 0; i < sim->fault_count; i++) {
        if (sim->faults[i].id != id)
            continue;
        sim->fault_count--;
        memmove(&sim->faults[i], &sim->faults[i + 1],
                (sim->fault_count - i) * sizeof(sim->faults[0]));
        error = EFA_WIN32_SUCCESS;
        break;
    }
    efasim_unlock(sim);
    return error;
}

void efasim_fault_clear(struct efasim *sim)
{
    efasim_lock(sim);
    sim->fault_count = 0;
    efasim_unlock(sim);
}

uint32_t efasim_get_faults(struct efasim *sim, struct efasim_fault_state *list)
{
    efasim_lock(sim);
    uint32_t count = sim->fault_count;
    memcpy(list, sim->faults, count * sizeof(*list));
    efasim_unlock(sim);
    return count;
}

uint64_t efasim_fault_hits(struct efasim *sim, uint32_t id)
{
    uint64_t hits = 0;
    efasim_lock(sim);
    for (uint32_t i = 0; i < sim->fault_count; i++) {
        if (sim->faults[i].id == id)
            hits = sim->faults[i].hits;
    }
    efasim_unlock(sim);
    return hits;
}

static bool concerns(const struct efasim_fault *fault, const struct efasim_device *device,
                     uint32_t target)
{
    if (fault->device != EFASIM_FAULT_ANY_DEVICE && fault->device != device->index)
        return false;
    if (fault->kind > EFASIM_FAULT_REQUEST_PATCH && fault->target == 0)
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
                                                enum efasim_fault_kind first,
                                                enum efasim_fault_kind last, uint32_t target)
{
    struct efasim *sim = device->sim;
    const struct efasim_fault *struck = NULL;

    /* Every rule counts every occasion; of those that would strike the oldest does. */
    for (uint32_t i = 0; i < sim->fault_count; i++) {
        struct efasim_fault_state *active = &sim->faults[i];
        if (active->rule.kind < first || active->rule.kind > last ||
            !concerns(&active->rule, device, target))
            continue;
        if (strikes_now(sim, active) && struck == NULL)
            struck = &active->rule;
    }
    if (struck != NULL)
        device->counters.faults++;
    return struck;
}
