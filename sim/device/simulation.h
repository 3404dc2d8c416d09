/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Shared by the adapters of one simulation: platform, configuration, clock, random numbers, faults.
 * The platform's lock guards everything in the model. Memory shared with clients is read only once,
 * into private memory.
 */
#ifndef EFASIM_DEVICE_SIMULATION_H
#define EFASIM_DEVICE_SIMULATION_H

#include "../../src/os/compiler.h"
#include "../base/random.h"
#include "../config/config.h"
#include "../config/trace_filter.h"
#include "../platform.h"

struct efasim_client;
struct efasim_device;
struct efasim_fabric;
struct efasim_qp;
struct efasim_remote_device;

/* Adapters of other instances, of all links together. */
#define EFASIM_MAX_REMOTES 64u

struct efasim {
    struct efasim_platform platform;
    struct efasim_config config;
    struct efasim_device *devices; /* config.device_count of them */
    struct efasim_client *clients;
    uint32_t client_count;
    uint32_t next_client_number;

    struct efasim_qp **live; /* all queue pairs of all devices, for the engine's steps */
    uint32_t live_count;
    uint32_t live_capacity;
    uint32_t next_live; /* where the next step starts */

    struct efasim_fabric
        *fabric; /* messages between fetch and completion; belongs to the layer above */
    struct efasim_remote_device *remotes[EFASIM_MAX_REMOTES];
    uint32_t remote_count;
    uint64_t random;
    uint64_t now; /* of the current step or request */
    bool stalled;

    struct efasim_fault_state faults[EFASIM_MAX_FAULTS];
    uint32_t fault_count;
    uint32_t next_fault_id;

    struct efasim_trace_filter trace;
    uint32_t completions_written; /* since creation, modulo 2^32; a step reports the difference */
};

EFA_INLINE void *efasim_allocate(struct efasim *sim, size_t size)
{
    return sim->platform.allocate(sim->platform.context, size);
}

EFA_INLINE void efasim_release(struct efasim *sim, void *memory)
{
    if (memory)
        sim->platform.release(sim->platform.context, memory);
}

EFA_INLINE void efasim_lock(struct efasim *sim)
{
    sim->platform.lock(sim->platform.context);
}

EFA_INLINE void efasim_unlock(struct efasim *sim)
{
    sim->platform.unlock(sim->platform.context);
}

/* True with a probability of `parts` in a million. */
EFA_INLINE bool efasim_chance(struct efasim *sim, uint32_t parts)
{
    return parts != 0 && efasim_random_below(&sim->random, EFASIM_CERTAIN) < parts;
}

#endif
