/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The model's one mutex. The kernel's own mutexes cost a trip to the Wine server each time; this one
 * is a word in memory that a waiter polls, ever more patiently.
 */
#ifndef EFASIM_DRIVER_ENGINE_LOCK_H
#define EFASIM_DRIVER_ENGINE_LOCK_H

#include <stdbool.h>
#include <stdint.h>

struct engine_lock {
    uint32_t taken;
    uint32_t waiting; /* threads that want it: the engine steps aside for them */
};

void engine_lock_acquire(struct engine_lock *lock);
void engine_lock_release(struct engine_lock *lock);
bool engine_lock_is_wanted(const struct engine_lock *lock);

#endif
