/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The polled mutex of engine_lock.h. */
#include "engine_lock.h"

#include "nt.h"
#include "os/compiler.h"

enum { SPINS = 200, YIELDS = 50, SLEEP_NS = 50000 };

static bool try_acquire(struct engine_lock *lock)
{
    return efa_load_relaxed_u32(&lock->taken) == 0 &&
           efa_exchange_acquire_u32(&lock->taken, 1) == 0;
}

void engine_lock_acquire(struct engine_lock *lock)
{
    unsigned tries = 0;

    if (try_acquire(lock))
        return;
    efa_fetch_add_u32(&lock->waiting, 1);
    while (!try_acquire(lock)) {
        if (tries < SPINS)
            efa_cpu_relax();
        else if (tries < SPINS + YIELDS)
            ZwYieldExecution();
        else
            nt_sleep(SLEEP_NS);
        tries++;
    }
    efa_fetch_add_u32(&lock->waiting, UINT32_MAX);
}

void engine_lock_release(struct engine_lock *lock)
{
    efa_store_release_u32(&lock->taken, 0);
}

bool engine_lock_is_wanted(const struct engine_lock *lock)
{
    return efa_load_relaxed_u32(&lock->waiting) != 0;
}
