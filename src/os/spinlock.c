/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The contended path of the spin lock. */
#include "spinlock.h"

#include "log.h"
#include "os.h"

/*
 * Long enough for a poll or a post on another core to finish, short enough that a holder that was
 * preempted gets the processor back soon.
 */
#define SPINS_BEFORE_YIELD 128

EFA_COLD void efa_spinlock_promise_broken(enum efa_spinlock_holder holder)
{
    if (holder == EFA_HELD_BY_SESSION) {
        efa_log(EFA_LOG_ERROR,
                "a send while a wr_* session is open on a queue that was promised to one thread "
                "(thread domain) spoils the session: end it first, with ibv_wr_complete or "
                "ibv_wr_abort");
        return;
    }
    efa_log(EFA_LOG_ERROR,
            "two threads at once use a queue that was promised to one (thread domain, or "
            "IBV_CREATE_CQ_ATTR_SINGLE_THREADED): create it without the promise, or keep it");
}

static void pause_or_yield(unsigned *spins)
{
    if (++*spins < SPINS_BEFORE_YIELD)
        efa_cpu_relax();
    else
        efa_os_yield();
}

EFA_COLD void efa_spinlock_wait(struct efa_spinlock *lock, enum efa_spinlock_holder holder)
{
    unsigned spins = 0;

    efa_lock_order_check_wait(EFA_SPINLOCK_RANK(lock));
    /* Look before trying, so that waiting does not take the line from the holder. */
    while (efa_spinlock_holder_of(lock) != EFA_UNHELD || !efa_spinlock_try(lock, holder))
        pause_or_yield(&spins);
}

EFA_COLD bool efa_spinlock_wait_for_calls(struct efa_spinlock *lock,
                                          enum efa_spinlock_holder holder)
{
    unsigned spins = 0;

    efa_lock_order_check(EFA_SPINLOCK_RANK(lock));
    for (;;) {
        enum efa_spinlock_holder now = efa_spinlock_holder_of(lock);

        if (now == EFA_HELD_BY_SESSION)
            return false;
        if (now == EFA_UNHELD && efa_spinlock_try(lock, holder))
            return true;
        pause_or_yield(&spins);
    }
}
