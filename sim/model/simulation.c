/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The simulated EFA as a whole: creation and destruction. */
#include "../../src/driver/win32_error.h"
#include "../device/device.h"
#include "../device/log.h"
#include "../efasim.h"
#include "../fabric/fabric.h"

static bool create_slots(struct efasim *sim, struct efasim_slots *slots, uint32_t limit)
{
    slots->objects = efasim_allocate(sim, limit * sizeof(void *));
    slots->limit = slots->objects ? limit : 0;
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
    return device->qp_generations && create_slots(sim, &device->pds, device->config.max_pd) &&
           create_slots(sim, &device->ahs, device->config.max_ah) &&
           create_slots(sim, &device->mrs, device->config.max_mr) &&
           create_slots(sim, &device->cqs, device->config.max_cq) &&
           create_slots(sim, &device->qps, device->config.max_qp);
}

static void release_device(struct efasim_device *device)
{
    struct efasim *sim = device->sim;
    if (!sim) /* creation did not get this far */
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
    sim->devices = efasim_allocate(sim, count * sizeof *sim->devices);
    if (!sim->devices)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        if (!create_device(sim, i))
            return false;
        sim->live_capacity += sim->config.devices[i].max_qp;
    }
    sim->live = efasim_allocate(sim, sim->live_capacity * sizeof(struct efasim_qp *));
    return sim->live && efasim_fabric_create(sim);
}

uint32_t efasim_create(const struct efasim_config *config, const struct efasim_platform *platform,
                       struct efasim **sim_out)
{
    char message[256];
    bool valid = efasim_config_check(config, message, sizeof message);
    if (!valid) {
        if (platform->log)
            platform->log(platform->context, EFASIM_LOG_ERROR, message);
        return EFA_WIN32_INVALID_PARAMETER;
    }
    struct efasim *sim = platform->allocate(platform->context, sizeof *sim);
    if (!sim)
        return EFA_WIN32_NOT_ENOUGH_MEMORY;
    sim->platform = *platform;
    sim->config = *config;
    sim->random = config->seed;
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
    while (sim->clients)
        efasim_client_close(sim->clients);
    efasim_fabric_destroy(sim);
    efasim_release(sim, sim->live);
    if (sim->devices) {
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
