/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The thread that runs the adapters. It sleeps when there is no traffic. */
#ifndef EFASIM_SERVICE_ENGINE_H
#define EFASIM_SERVICE_ENGINE_H

#include "../../efasim.h"
#include "system.h"

/* Turns on or off that clients wake the engine when they ring a doorbell. False: a client does
 * not support it. */
typedef bool engine_announcer(void *context, bool asleep);

struct engine {
    struct efasim *sim;
    const uint32_t *waiting; /* threads that wait for the model's lock */
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

/* Reports possible work: a queue pair was created, a doorbell was rung, a state changed. */
void engine_wake(struct engine *engine);

#endif
