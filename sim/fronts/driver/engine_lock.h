/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The model's mutex. A kernel mutex needs the Wine server each time. This one is a word in memory,
 * which a waiter polls less and less often.
 */
#ifndef EFASIM_DRIVER_ENGINE_LOCK_H
#define EFASIM_DRIVER_ENGINE_LOCK_H

#include <stdbool.h>
#include <stdint.h>

struct engine_lock {
    uint32_t taken;
    uint32_t waiting; /* threads that wait for it: the engine lets them go first */
};

void engine_lock_acquire(struct engine_lock *lock);
void engine_lock_release(struct engine_lock *lock);
bool engine_lock_is_wanted(const struct engine_lock *lock);

#endif
