/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Protection domains. */
#include "protection.h"

#include "../../src/driver/protocol.h"
#include "../../src/driver/win32_error.h"

uint32_t efasim_alloc_pd(struct efasim_client *client, const void *input, void *output)
{
    struct efasim *sim = client->sim;
    struct efa_pd_info *info = output;
    (void)input;

    struct efasim_pd *pd = efasim_allocate(sim, sizeof *pd);
    if (!pd)
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
    return pd && pd->owner == client ? pd : NULL;
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

    if (!pd)
        return EFA_WIN32_NOT_FOUND;
    if (pd->children != 0)
        return EFA_WIN32_BUSY;
    efasim_release_pd(pd);
    return EFA_WIN32_SUCCESS;
}
