/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The simulated EFA as a whole: creation, destruction, clients, what is counted. */
#include "model.h"

uint64_t efasim_random_below(struct efasim *sim, uint64_t bound)
{
    /* The splitmix64 sequence: any seed will do, and the state is one word. */
    sim->random += 0x9e3779b97f4a7c15u;
    uint64_t x = sim->random;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    x ^= x >> 31;
    return x % bound;
}

static bool create_slots(struct efasim *sim, struct efasim_slots *slots, uint32_t limit)
{
    slots->objects = efasim_allocate(sim, limit * sizeof(void *));
    slots->limit = slots->objects != NULL ? limit : 0;
    slots->reuse_at_once = sim->config.reuse_numbers_at_once;
    return slots->objects != NULL;
}

static bool create_device(struct efasim *sim, uint32_t index)
{
    struct efasim_device *device = &sim->devices[index];
    device->sim = sim;
    device->index = index;
    device->config = sim->config.devices[index];
    device->qp_number_span = 1;
    while (device->qp_number_span < device->config.max_qp)
        device->qp_number_span *= 2;
    device->qp_generations = efasim_allocate(sim, device->config.max_qp * sizeof(uint16_t));
    return device->qp_generations != NULL &&
           create_slots(sim, &device->pds, device->config.max_pd) &&
           create_slots(sim, &device->ahs, device->config.max_ah) &&
           create_slots(sim, &device->mrs, device->config.max_mr) &&
           create_slots(sim, &device->cqs, device->config.max_cq) &&
           create_slots(sim, &device->qps, device->config.max_qp);
}

static void release_device(struct efasim_device *device)
{
    struct efasim *sim = device->sim;
    if (sim == NULL) /* creation did not get this far */
        return;
    efasim_release(sim, device->qps.objects);
    efasim_release(sim, device->cqs.objects);
    efasim_release(sim, device->mrs.objects);
    efasim_release(sim, device->ahs.objects);
    efasim_release(sim, device->pds.objects);
    efasim_release(sim, device->qp_generations);
}

static bool create_parts(struct efasim *sim)
{
    uint32_t count = sim->config.device_count;
    sim->devices = efasim_allocate(sim, count * sizeof(*sim->devices));
    if (sim->devices == NULL)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        if (!create_device(sim, i))
            return false;
        sim->live_capacity += sim->config.devices[i].max_qp;
    }
    sim->live = efasim_allocate(sim, sim->live_capacity * sizeof(struct efasim_qp *));
    sim->batch = efasim_batch_create(sim);
    return sim->live != NULL && sim->batch != NULL;
}

uint32_t efasim_create(const struct efasim_config *config, const struct efasim_platform *platform,
                       struct efasim **sim_out)
{
    char message[256];
    bool valid = efasim_config_check(config, message, sizeof(message));
    if (!valid) {
        if (platform->log != NULL)
            platform->log(platform->context, EFASIM_LOG_ERROR, message);
        return EFA_WIN32_INVALID_PARAMETER;
    }
    struct efasim *sim = platform->allocate(platform->context, sizeof(*sim));
    if (sim == NULL)
        return EFA_WIN32_NOT_ENOUGH_MEMORY;
    sim->platform = *platform;
    sim->config = *config;
    sim->random = config->seed;
    memset(sim->ud_header, 0xdb, sizeof(sim->ud_header));
    if (!create_parts(sim)) {
        efasim_log(sim, EFASIM_LOG_ERROR, "not enough memory for %u devices", config->device_count);
        efasim_destroy(sim);
        return EFA_WIN32_NOT_ENOUGH_MEMORY;
    }
    for (uint32_t i = 0; i < config->fault_count; i++) {
        uint32_t id;
        uint32_t error = efasim_fault_add(sim, &config->faults[i], &id);
        if (error != EFA_WIN32_SUCCESS) {
            efasim_log(sim, EFASIM_LOG_ERROR, "fault %u of the configuration is not valid", i + 1);
            efasim_destroy(sim);
            return error;
        }
    }
    *sim_out = sim;
    return EFA_WIN32_SUCCESS;
}

void efasim_destroy(struct efasim *sim)
{
    while (sim->clients != NULL)
        efasim_client_close(sim->clients);
    efasim_messages_release_all(sim);
    efasim_release(sim, sim->batch);
    efasim_release(sim, sim->live);
    if (sim->devices != NULL) {
        for (uint32_t i = 0; i < sim->config.device_count; i++)
            release_device(&sim->devices[i]);
    }
    efasim_release(sim, sim->devices);
    sim->platform.release(sim->platform.context, sim);
}

const struct efasim_config *efasim_get_config(const struct efasim *sim)
{
    return &sim->config;
}

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
    client = efasim_allocate(sim, sizeof(*client));
    if (client == NULL) {
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
    if (sim->clients != NULL)
        sim->clients->previous = client;
    sim->clients = client;
    sim->client_count++;
    *client_out = client;
out:
    efasim_unlock(sim);
    return error;
}

/* Queue pairs first, then what they rest on. */
static void release_objects(struct efasim_client *client)
{
    struct efasim_device *device = client->device;

    for (uint32_t i = 0; i < device->qps.limit; i++) {
        struct efasim_qp *qp = device->qps.objects[i];
        if (qp != NULL && qp->owner == client) {
            efasim_reset_peers(qp);
            efasim_release_qp(qp);
        }
    }
    for (uint32_t i = 0; i < device->cqs.limit; i++) {
        struct efasim_cq *cq = device->cqs.objects[i];
        if (cq != NULL && cq->owner == client)
            efasim_release_cq(cq);
    }
    for (uint32_t i = 0; i < device->mrs.limit && device->mrs.used != 0; i++) {
        struct efasim_mr *mr = device->mrs.objects[i];
        if (mr != NULL && mr->pd->owner == client)
            efasim_release_mr(mr);
    }
    for (uint32_t i = 0; i < device->ahs.limit && device->ahs.used != 0; i++) {
        struct efasim_ah *ah = device->ahs.objects[i];
        if (ah != NULL && ah->pd->owner == client)
            efasim_release_ah(ah);
    }
    for (uint32_t i = 0; i < device->pds.limit; i++) {
        struct efasim_pd *pd = device->pds.objects[i];
        if (pd != NULL && pd->owner == client)
            efasim_release_pd(pd);
    }
}

void efasim_client_close(struct efasim_client *client)
{
    struct efasim *sim = client->sim;

    efasim_lock(sim);
    sim->now = sim->platform.now(sim->platform.context);
    release_objects(client);
    if (client->previous != NULL)
        client->previous->next = client->next;
    else
        sim->clients = client->next;
    if (client->next != NULL)
        client->next->previous = client->previous;
    sim->client_count--;
    efasim_release(sim, client);
    efasim_unlock(sim);
}

static bool is_chosen(unsigned wanted, uint32_t index)
{
    return wanted == EFASIM_ALL_DEVICES || wanted == index;
}

void efasim_get_objects(struct efasim *sim, unsigned device, struct efasim_objects *objects)
{
    memset(objects, 0, sizeof(*objects));
    efasim_lock(sim);
    for (struct efasim_client *client = sim->clients; client != NULL; client = client->next) {
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

void efasim_get_counters(struct efasim *sim, unsigned device, struct efasim_counters *counters)
{
    /* The structure is nothing but 64-bit counters, so that it can be summed as an array. */
    enum { COUNT = sizeof(struct efasim_counters) / sizeof(uint64_t) };
    uint64_t *sum = (uint64_t *)counters;

    memset(counters, 0, sizeof(*counters));
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
    if (qp != NULL) {
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
        memset(&sim->devices[i].counters, 0, sizeof(sim->devices[i].counters));
    for (uint32_t i = 0; i < sim->live_count; i++)
        memset(&sim->live[i]->counters, 0, sizeof(sim->live[i]->counters));
    efasim_unlock(sim);
}

bool efasim_has_queue_pairs(struct efasim *sim)
{
    efasim_lock(sim);
    bool any = sim->live_count != 0;
    efasim_unlock(sim);
    return any;
}

void efasim_stall(struct efasim *sim, bool stalled)
{
    efasim_lock(sim);
    sim->stalled = stalled;
    efasim_unlock(sim);
}

uint32_t efasim_set_removed(struct efasim *sim, unsigned device, bool removed)
{
    if (device >= sim->config.device_count)
        return EFA_WIN32_NOT_FOUND;
    efasim_lock(sim);
    sim->now = sim->platform.now(sim->platform.context);
    sim->devices[device].removed = removed;
    for (uint32_t i = 0; removed && i < sim->live_count; i++) {
        if (sim->live[i]->device->index == device)
            efasim_enter_error(sim->live[i]);
    }
    efasim_unlock(sim);
    return EFA_WIN32_SUCCESS;
}

void efasim_set_trace(struct efasim *sim, const struct efasim_trace_filter *filter)
{
    efasim_lock(sim);
    sim->trace = *filter;
    if (sim->platform.trace == NULL)
        sim->trace.events = 0;
    efasim_unlock(sim);
}
