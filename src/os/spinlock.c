/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The contended path of the spin lock. */
#include "spinlock.h"

#include "os.h"

/*
 * Long enough for a poll or a post on another core to finish, short enough that a holder that was
 * preempted gets the processor back soon.
 */
#define SPINS_BEFORE_YIELD 128

EFA_COLD void efa_spinlock_wait(struct efa_spinlock *lock)
{
    unsigned spins = 0;

    for (;;) {
        /* Look before trying, so that waiting does not take the line from the holder. */
        if (!efa_spinlock_is_held(lock) && efa_spinlock_try(lock))
            return;
        if (++spins < SPINS_BEFORE_YIELD)
            efa_cpu_relax();
        else
            efa_os_yield();
    }
}
