/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The thread that runs the adapters: awake under traffic, asleep without. */
#ifndef EFASIM_SERVICE_ENGINE_H
#define EFASIM_SERVICE_ENGINE_H

#include "../../efasim.h"
#include "system.h"

/* Makes clients wake the engine when they ring a doorbell, or not. False: one of them would not. */
typedef bool engine_announcer(void *context, bool asleep);

struct engine {
    struct efasim *sim;
    const uint32_t *waiting; /* threads that want the model's lock */
    engine_announcer *announce;
    void *context;
    bool is_announced;
    uint32_t stopping;
    struct system_signal wake;
    struct system_thread thread;
};

bool engine_init(struct engine *engine);
void engine_destroy(struct engine *engine);

bool engine_start(struct engine *engine, struct efasim *sim, const uint32_t *waiting,
                  engine_announcer *announce, void *context);
void engine_stop(struct engine *engine);

/* There may be something to do: a queue pair came to be, a doorbell was rung, a state changed. */
void engine_wake(struct engine *engine);

#endif
