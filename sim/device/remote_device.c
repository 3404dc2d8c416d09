/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The list of adapters of other instances. */
#include "remote_device.h"

#include <string.h>

struct efasim_remote_device *efasim_find_remote(struct efasim *sim, const uint8_t gid[EFA_GID_SIZE])
{
    for (uint32_t i = 0; i < sim->remote_count; i++)
        if (memcmp(sim->remotes[i]->gid, gid, EFA_GID_SIZE) == 0)
            return sim->remotes[i];
    return NULL;
}

struct efasim_remote_device *efasim_add_remote(struct efasim *sim, const uint8_t gid[EFA_GID_SIZE])
{
    struct efasim_remote_device *remote;

    if (sim->remote_count == EFASIM_MAX_REMOTES)
        return NULL;
    remote = efasim_allocate(sim, sizeof *remote);
    if (!remote)
        return NULL;
    memcpy(remote->gid, gid, EFA_GID_SIZE);
    remote->index = sim->remote_count;
    sim->remotes[sim->remote_count++] = remote;
    return remote;
}

void efasim_release_remotes(struct efasim *sim)
{
    while (sim->remote_count != 0)
        efasim_release(sim, sim->remotes[--sim->remote_count]);
}
