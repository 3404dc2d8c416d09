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
    if (efa_os_process_is_ending())
        return; /* the other thread has ended */
    if (holder == EFA_HELD_BY_SESSION) {
        efa_log(EFA_LOG_ERROR,
                "a send while a wr_* session is open on a queue that was promised to one thread "
                "(thread domain) corrupts the session: end it first, with ibv_wr_complete or "
                "ibv_wr_abort");
        return;
    }
    efa_log(
        EFA_LOG_ERROR,
        "two threads use a queue at the same time, although it was promised to one (thread domain, "
        "or IBV_CREATE_CQ_ATTR_SINGLE_THREADED): create it without that promise, or use it from "
        "one thread");
}

/* Returns false once the holder is known to have ended with the process. */
static bool pause_or_yield(unsigned *spins)
{
    if (++*spins < SPINS_BEFORE_YIELD) {
        efa_cpu_relax();
        return true;
    }
    if (efa_os_process_is_ending())
        return false;
    efa_os_yield();
    return true;
}

/* Only this thread is left. The holder may have released the lock just before it ended. */
static enum efa_spinlock_outcome take_over(struct efa_spinlock *lock,
                                           enum efa_spinlock_holder holder)
{
    uint32_t before = efa_exchange_acquire_u32(&lock->holder, holder);

    efa_spinlock_note_held(lock, holder);
    return before == EFA_UNHELD ? EFA_LOCK_TAKEN : EFA_LOCK_TAKEN_OVER;
}

EFA_COLD enum efa_spinlock_outcome efa_spinlock_wait(struct efa_spinlock *lock,
                                                     enum efa_spinlock_holder holder)
{
    unsigned spins = 0;

    efa_lock_order_check_wait(EFA_SPINLOCK_RANK(lock));
    /* Check before trying, so that waiters do not take the cache line from the holder. */
    while (efa_spinlock_holder_of(lock) != EFA_UNHELD || !efa_spinlock_try(lock, holder))
        if (!pause_or_yield(&spins))
            return take_over(lock, holder);
    return EFA_LOCK_TAKEN;
}

EFA_COLD enum efa_spinlock_outcome efa_spinlock_wait_for_calls(struct efa_spinlock *lock,
                                                               enum efa_spinlock_holder holder)
{
    unsigned spins = 0;

    efa_lock_order_check(EFA_SPINLOCK_RANK(lock));
    for (;;) {
        enum efa_spinlock_holder now = efa_spinlock_holder_of(lock);

        if (now == EFA_UNHELD && efa_spinlock_try(lock, holder))
            return EFA_LOCK_TAKEN;
        if (now == EFA_HELD_BY_SESSION && !efa_os_process_is_ending())
            return EFA_LOCK_IN_SESSION;
        if (!pause_or_yield(&spins))
            return take_over(lock, holder);
    }
}
