/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Address handles: creation and destruction. */
#include "address_handle.h"

#include <string.h>

#include "../../src/driver/win32_error.h"
#include "remote_device.h"

struct efasim_device *efasim_find_device(struct efasim *sim, const uint8_t gid[EFA_GID_SIZE])
{
    for (uint32_t i = 0; i < sim->config.device_count; i++) {
        if (memcmp(sim->devices[i].config.gid, gid, EFA_GID_SIZE) == 0)
            return &sim->devices[i];
    }
    return NULL;
}

static struct efasim_ah *find_ah(struct efasim_pd *pd, const uint8_t gid[EFA_GID_SIZE])
{
    const struct efasim_slots *ahs = &pd->owner->device->ahs;
    for (uint32_t i = 0; i < ahs->limit && ahs->used != 0; i++) {
        struct efasim_ah *ah = ahs->objects[i];
        if (ah && ah->pd == pd && memcmp(ah->gid, gid, EFA_GID_SIZE) == 0)
            return ah;
    }
    return NULL;
}

uint32_t efasim_alloc_ah(struct efasim_client *client, const void *input, void *output)
{
    struct efasim *sim = client->sim;
    const struct efa_create_ah_params *params = input;
    struct efa_ah_info *info = output;
    static const uint8_t no_gid[EFA_GID_SIZE];

    struct efasim_pd *pd = efasim_find_pd(client, params->pdn);
    if (!pd)
        return EFA_WIN32_NOT_FOUND;
    if (memcmp(params->dest_addr, no_gid, EFA_GID_SIZE) == 0)
        return EFA_WIN32_INVALID_PARAMETER;
    struct efasim_ah *ah = find_ah(pd, params->dest_addr);
    if (ah && sim->config.duplicate_ah == EFASIM_DUPLICATE_AH_REJECT)
        return EFA_WIN32_INVALID_PARAMETER;
    if (!ah) {
        ah = efasim_allocate(sim, sizeof *ah);
        if (!ah)
            return EFA_WIN32_NOT_ENOUGH_MEMORY;
        ah->number = efasim_slots_put(&client->device->ahs, ah);
        if (ah->number == EFASIM_NO_SLOT) {
            efasim_release(sim, ah);
            return EFA_WIN32_NO_SYSTEM_RESOURCES;
        }
        ah->pd = pd;
        pd->children++;
        memcpy(ah->gid, params->dest_addr, EFA_GID_SIZE);
        ah->peer = efasim_find_device(sim, ah->gid);
        if (ah->peer)
            pd->ah_of_device[ah->peer->index] = ah;
        else
            ah->remote = efasim_find_remote(sim, ah->gid);
        if (ah->remote)
            pd->ah_of_remote[ah->remote->index] = ah;
    }
    if (ah->references == 0 || sim->config.duplicate_ah == EFASIM_DUPLICATE_AH_COUNT)
        ah->references++;
    info->ah = (uint16_t)ah->number;
    return EFA_WIN32_SUCCESS;
}

void efasim_release_ah(struct efasim_ah *ah)
{
    struct efasim_pd *pd = ah->pd;
    if (ah->peer)
        pd->ah_of_device[ah->peer->index] = NULL;
    if (ah->remote)
        pd->ah_of_remote[ah->remote->index] = NULL;
    pd->children--;
    efasim_slots_remove(&pd->owner->device->ahs, ah->number);
    efasim_release(pd->owner->sim, ah);
}

void efasim_lead_handles_to(struct efasim *sim, struct efasim_remote_device *remote)
{
    for (uint32_t d = 0; d < sim->config.device_count; d++) {
        const struct efasim_slots *ahs = &sim->devices[d].ahs;

        for (uint32_t i = 0; i < ahs->limit && ahs->used != 0; i++) {
            struct efasim_ah *ah = ahs->objects[i];

            if (!ah || memcmp(ah->gid, remote->gid, EFA_GID_SIZE) != 0)
                continue;
            ah->remote = remote;
            ah->pd->ah_of_remote[remote->index] = ah;
        }
    }
}
