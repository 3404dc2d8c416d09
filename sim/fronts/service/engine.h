/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The thread that runs the adapters: awake under traffic, asleep without. */
#ifndef EFASIM_SERVICE_ENGINE_H
#define EFASIM_SERVICE_ENGINE_H

#include "../../efasim.h"
#include "system.h"

struct engine {
    struct efasim *sim;
    const uint32_t *waiting; /* threads that want the model's lock */
    uint32_t stopping;
    struct system_signal wake;
    struct system_thread thread;
};

bool engine_init(struct engine *engine);
void engine_destroy(struct engine *engine);

bool engine_start(struct engine *engine, struct efasim *sim, const uint32_t *waiting);
void engine_stop(struct engine *engine);

/* A queue pair came to be. */
void engine_wake(struct engine *engine);

#endif
