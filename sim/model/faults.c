/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The API of fault rules: adding, listing and removing them. device/fault_rules.c decides when a
 * fault takes effect. */
#include <string.h>

#include "../../src/driver/win32_error.h"
#include "../device/simulation.h"
#include "../efasim.h"

static bool is_valid(const struct efasim *sim, const struct efasim_fault *fault)
{
    const struct efasim_fault_info *info = efasim_fault_info(fault->kind);

    if (!info)
        return false;
    if (fault->device != EFASIM_FAULT_ANY_DEVICE && fault->device >= sim->config.device_count)
        return false;
    if (info->occasion == EFASIM_FAULT_ON_REQUEST && fault->target >= EFASIM_REQUEST_KINDS)
        return false;
    if (info->value == EFASIM_FAULT_VALUE_PATCH && fault->size != 1 && fault->size != 2 &&
        fault->size != 4 && fault->size != 8)
        return false;
    if (info->value == EFASIM_FAULT_VALUE_STATUS && fault->value > UINT8_MAX)
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
        memset(active, 0, sizeof *active);
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
                (sim->fault_count - i) * sizeof sim->faults[0]);
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
    memcpy(list, sim->faults, count * sizeof *list);
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
