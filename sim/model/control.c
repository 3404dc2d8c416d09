/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Control of adapters from outside: stalling, and removal. */
#include "../../src/driver/win32_error.h"
#include "../device/qp.h"
#include "../efasim.h"
#include "../fabric/flush.h"

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
