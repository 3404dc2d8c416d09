/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Clients: opening a device, and closing with all its objects. */
#include "../../src/driver/protocol.h"
#include "../../src/driver/win32_error.h"
#include "../device/address_handle.h"
#include "../device/completion_queue.h"
#include "../device/memory_region.h"
#include "../efasim.h"
#include "queue_pair.h"

uint32_t efasim_client_open(struct efasim *sim, unsigned device_index, void *front_client,
                            struct efasim_client **client_out)
{
    uint32_t error = EFA_WIN32_SUCCESS;
    struct efasim_client *client = NULL;

    efasim_lock(sim);
    if (device_index >= sim->config.device_count || sim->devices[device_index].removed) {
        error = EFA_WIN32_FILE_NOT_FOUND;
        goto out;
    }
    client = efasim_allocate(sim, sizeof *client);
    if (!client) {
        error = EFA_WIN32_NOT_ENOUGH_MEMORY;
        goto out;
    }
    client->sim = sim;
    client->device = &sim->devices[device_index];
    client->front_client = front_client;
    client->number = ++sim->next_client_number;
    client->version = EFA_INTERFACE_VERSION_OLDEST;
    while ((client->device->config.versions & EFASIM_VERSION_BIT(client->version)) == 0)
        client->version++;
    client->next = sim->clients;
    if (sim->clients)
        sim->clients->previous = client;
    sim->clients = client;
    sim->client_count++;
    *client_out = client;
out:
    efasim_unlock(sim);
    return error;
}

/* Queue pairs first, then the objects that they use. */
static void release_objects(struct efasim_client *client)
{
    struct efasim_device *device = client->device;

    for (uint32_t i = 0; i < device->qps.limit; i++) {
        struct efasim_qp *qp = device->qps.objects[i];
        if (qp && qp->owner == client) {
            efasim_reset_peers(qp);
            efasim_release_qp(qp);
        }
    }
    for (uint32_t i = 0; i < device->cqs.limit; i++) {
        struct efasim_cq *cq = device->cqs.objects[i];
        if (cq && cq->owner == client)
            efasim_release_cq(cq);
    }
    for (uint32_t i = 0; i < device->mrs.limit && device->mrs.used != 0; i++) {
        struct efasim_mr *mr = device->mrs.objects[i];
        if (mr && mr->pd->owner == client)
            efasim_release_mr(mr);
    }
    for (uint32_t i = 0; i < device->ahs.limit && device->ahs.used != 0; i++) {
        struct efasim_ah *ah = device->ahs.objects[i];
        if (ah && ah->pd->owner == client)
            efasim_release_ah(ah);
    }
    for (uint32_t i = 0; i < device->pds.limit; i++) {
        struct efasim_pd *pd = device->pds.objects[i];
        if (pd && pd->owner == client)
            efasim_release_pd(pd);
    }
}

void efasim_client_close(struct efasim_client *client)
{
    struct efasim *sim = client->sim;

    efasim_lock(sim);
    sim->now = sim->platform.now(sim->platform.context);
    release_objects(client);
    if (client->previous)
        client->previous->next = client->next;
    else
        sim->clients = client->next;
    if (client->next)
        client->next->previous = client->previous;
    sim->client_count--;
    efasim_release(sim, client);
    efasim_unlock(sim);
}
