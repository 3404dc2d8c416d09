/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Protection domains and address handles. Numbers are per device; each object belongs to the client
 * that made it. What a PD gets that asks again for a GID is configured (duplicate_ah).
 */
#include "model.h"

uint32_t efasim_alloc_pd(struct efasim_client *client, const void *input, void *output)
{
    struct efasim *sim = client->sim;
    struct efa_pd_info *info = output;
    (void)input;

    struct efasim_pd *pd = efasim_allocate(sim, sizeof(*pd));
    if (pd == NULL)
        return EFA_WIN32_NOT_ENOUGH_MEMORY;
    pd->owner = client;
    pd->pdn = efasim_slots_put(&client->device->pds, pd);
    if (pd->pdn == EFASIM_NO_SLOT) {
        efasim_release(sim, pd);
        return EFA_WIN32_NO_SYSTEM_RESOURCES;
    }
    info->pdn = (uint16_t)pd->pdn;
    return EFA_WIN32_SUCCESS;
}

struct efasim_pd *efasim_find_pd(struct efasim_client *client, uint32_t pdn)
{
    struct efasim_pd *pd = efasim_slots_get(&client->device->pds, pdn);
    return pd != NULL && pd->owner == client ? pd : NULL;
}

void efasim_release_pd(struct efasim_pd *pd)
{
    efasim_slots_remove(&pd->owner->device->pds, pd->pdn);
    efasim_release(pd->owner->sim, pd);
}

uint32_t efasim_dealloc_pd(struct efasim_client *client, const void *input, void *output)
{
    const struct efa_dealloc_pd_params *params = input;
    struct efasim_pd *pd = efasim_find_pd(client, params->pdn);
    (void)output;

    if (pd == NULL)
        return EFA_WIN32_NOT_FOUND;
    if (pd->children != 0)
        return EFA_WIN32_BUSY;
    efasim_release_pd(pd);
    return EFA_WIN32_SUCCESS;
}

static struct efasim_device *find_device(struct efasim *sim, const uint8_t gid[EFA_GID_SIZE])
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
        if (ah != NULL && ah->pd == pd && memcmp(ah->gid, gid, EFA_GID_SIZE) == 0)
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
    if (pd == NULL)
        return EFA_WIN32_NOT_FOUND;
    if (memcmp(params->dest_addr, no_gid, EFA_GID_SIZE) == 0)
        return EFA_WIN32_INVALID_PARAMETER;
    struct efasim_ah *ah = find_ah(pd, params->dest_addr);
    if (ah != NULL && sim->config.duplicate_ah == EFASIM_DUPLICATE_AH_REFUSE)
        return EFA_WIN32_INVALID_PARAMETER;
    if (ah == NULL) {
        ah = efasim_allocate(sim, sizeof(*ah));
        if (ah == NULL)
            return EFA_WIN32_NOT_ENOUGH_MEMORY;
        ah->number = efasim_slots_put(&client->device->ahs, ah);
        if (ah->number == EFASIM_NO_SLOT) {
            efasim_release(sim, ah);
            return EFA_WIN32_NO_SYSTEM_RESOURCES;
        }
        ah->pd = pd;
        pd->children++;
        memcpy(ah->gid, params->dest_addr, EFA_GID_SIZE);
        ah->peer = find_device(sim, ah->gid);
        if (ah->peer != NULL)
            pd->ah_of_device[ah->peer->index] = ah;
    }
    if (ah->references == 0 || sim->config.duplicate_ah == EFASIM_DUPLICATE_AH_COUNT)
        ah->references++;
    info->ah = (uint16_t)ah->number;
    return EFA_WIN32_SUCCESS;
}

/* Requests that were rung before the AH went away complete as flushed. */
static void flush_users(struct efasim_ah *ah)
{
    struct efasim *sim = ah->pd->owner->sim;
    for (uint32_t i = 0; i < sim->live_count; i++) {
        struct efasim_qp *qp = sim->live[i];
        bool more = true;
        if (qp->pd != ah->pd)
            continue;
        while (more && qp->state == EFA_DRIVER_QP_RTS && !sim->stalled)
            efasim_fetch_sends(qp, EFASIM_MAX_RING_ENTRIES, &more);
        for (struct efasim_message *message = qp->first_message, *next; message != NULL;
             message = next) {
            next = message->next;
            if (message->ah == ah->number)
                efasim_message_complete(message, EFA_STATUS_FLUSHED);
        }
    }
}

void efasim_release_ah(struct efasim_ah *ah)
{
    struct efasim_pd *pd = ah->pd;
    if (ah->peer != NULL)
        pd->ah_of_device[ah->peer->index] = NULL;
    pd->children--;
    efasim_slots_remove(&pd->owner->device->ahs, ah->number);
    efasim_release(pd->owner->sim, ah);
}

uint32_t efasim_dealloc_ah(struct efasim_client *client, const void *input, void *output)
{
    const struct efa_destroy_ah_params *params = input;
    struct efasim_pd *pd = efasim_find_pd(client, params->pdn);
    struct efasim_ah *ah = efasim_slots_get(&client->device->ahs, params->ah);
    (void)output;

    if (pd == NULL || ah == NULL || ah->pd != pd)
        return EFA_WIN32_NOT_FOUND;
    if (--ah->references != 0)
        return EFA_WIN32_SUCCESS;
    flush_users(ah);
    efasim_release_ah(ah);
    return EFA_WIN32_SUCCESS;
}
