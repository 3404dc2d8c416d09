/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Observation from outside: objects, counters, the trace. */
#include <string.h>

#include "../../src/driver/win32_error.h"
#include "../device/address_handle.h"
#include "../device/completion_queue.h"
#include "../device/memory_region.h"
#include "../device/protection.h"
#include "../device/qp.h"
#include "../efasim.h"

static bool is_chosen(unsigned wanted, uint32_t index)
{
    return wanted == EFASIM_ALL_DEVICES || wanted == index;
}

void efasim_get_objects(struct efasim *sim, unsigned device, struct efasim_objects *objects)
{
    memset(objects, 0, sizeof *objects);
    efasim_lock(sim);
    for (struct efasim_client *client = sim->clients; client; client = client->next) {
        if (is_chosen(device, client->device->index))
            objects->clients++;
    }
    for (uint32_t i = 0; i < sim->config.device_count; i++) {
        const struct efasim_device *d = &sim->devices[i];
        if (!is_chosen(device, i))
            continue;
        objects->pds += d->pds.used;
        objects->mrs += d->mrs.used;
        objects->cqs += d->cqs.used;
        objects->qps += d->qps.used;
        objects->ahs += d->ahs.used;
    }
    for (uint32_t i = 0; i < sim->live_count; i++) {
        if (is_chosen(device, sim->live[i]->device->index))
            objects->messages += sim->live[i]->in_flight;
    }
    efasim_unlock(sim);
}

/* The owner of the object in a slot of a table, or NULL. */
typedef const struct efasim_client *(*owner_reader)(const void *object);

static const struct efasim_client *owner_of_qp(const void *object)
{
    return ((const struct efasim_qp *)object)->owner;
}

static const struct efasim_client *owner_of_cq(const void *object)
{
    return ((const struct efasim_cq *)object)->owner;
}

static const struct efasim_client *owner_of_mr(const void *object)
{
    return ((const struct efasim_mr *)object)->pd->owner;
}

static const struct efasim_client *owner_of_ah(const void *object)
{
    return ((const struct efasim_ah *)object)->pd->owner;
}

static const struct efasim_client *owner_of_pd(const void *object)
{
    return ((const struct efasim_pd *)object)->owner;
}

static uint32_t count_owned(const struct efasim_slots *slots, owner_reader owner_of,
                            const struct efasim_client *client)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < slots->limit && slots->used != 0; i++)
        count += slots->objects[i] && owner_of(slots->objects[i]) == client;
    return count;
}

void efasim_get_client_objects(struct efasim_client *client, struct efasim_objects *objects)
{
    const struct efasim_device *device = client->device;
    struct efasim *sim = client->sim;

    memset(objects, 0, sizeof *objects);
    efasim_lock(sim);
    objects->clients = 1;
    objects->pds = count_owned(&device->pds, owner_of_pd, client);
    objects->mrs = count_owned(&device->mrs, owner_of_mr, client);
    objects->cqs = count_owned(&device->cqs, owner_of_cq, client);
    objects->qps = count_owned(&device->qps, owner_of_qp, client);
    objects->ahs = count_owned(&device->ahs, owner_of_ah, client);
    for (uint32_t i = 0; i < sim->live_count; i++)
        objects->messages += sim->live[i]->owner == client ? sim->live[i]->in_flight : 0;
    efasim_unlock(sim);
}

void efasim_get_counters(struct efasim *sim, unsigned device, struct efasim_counters *counters)
{
    /* The structure has only 64-bit counters, so it can be summed as an array. */
    enum { COUNT = sizeof(struct efasim_counters) / sizeof(uint64_t) };
    uint64_t *sum = (uint64_t *)counters;

    memset(counters, 0, sizeof *counters);
    efasim_lock(sim);
    for (uint32_t i = 0; i < sim->config.device_count; i++) {
        const uint64_t *one = (const uint64_t *)&sim->devices[i].counters;
        for (unsigned k = 0; is_chosen(device, i) && k < COUNT; k++)
            sum[k] += one[k];
    }
    efasim_unlock(sim);
}

uint32_t efasim_get_qp_counters(struct efasim *sim, unsigned device, uint32_t qp_num,
                                struct efasim_qp_counters *counters)
{
    uint32_t error = EFA_WIN32_NOT_FOUND;
    efasim_lock(sim);
    struct efasim_qp *qp = device < sim->config.device_count
                               ? efasim_find_qp_number(&sim->devices[device], qp_num)
                               : NULL;
    if (qp) {
        *counters = qp->counters;
        error = EFA_WIN32_SUCCESS;
    }
    efasim_unlock(sim);
    return error;
}

void efasim_reset_counters(struct efasim *sim)
{
    efasim_lock(sim);
    for (uint32_t i = 0; i < sim->config.device_count; i++)
        memset(&sim->devices[i].counters, 0, sizeof sim->devices[i].counters);
    for (uint32_t i = 0; i < sim->live_count; i++)
        memset(&sim->live[i]->counters, 0, sizeof sim->live[i]->counters);
    efasim_unlock(sim);
}

bool efasim_has_queue_pairs(struct efasim *sim)
{
    efasim_lock(sim);
    bool any = sim->live_count != 0;
    efasim_unlock(sim);
    return any;
}

void efasim_set_trace(struct efasim *sim, const struct efasim_trace_filter *filter)
{
    efasim_lock(sim);
    sim->trace = *filter;
    if (!sim->platform.trace)
        sim->trace.events = 0;
    efasim_unlock(sim);
}
