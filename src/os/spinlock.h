/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * A one-word lock for the data path: spins briefly, then yields the processor. It belongs to the
 * object, not to a thread: whoever holds a session may let another thread end it.
 *
 * A lock whose object was promised to one thread is "exclusive": it only records that it is held,
 * with plain stores, so that others can still ask.
 */
#ifndef EFA_OS_SPINLOCK_H
#define EFA_OS_SPINLOCK_H

#include "compiler.h"

struct efa_spinlock {
    uint32_t held;
};

/* Out of line: the lock is taken. Waits until it is not, then takes it. */
void efa_spinlock_wait(struct efa_spinlock *lock);

EFA_INLINE bool efa_spinlock_try(struct efa_spinlock *lock)
{
    return efa_exchange_acquire_u32(&lock->held, 1) == 0;
}

EFA_INLINE void efa_spinlock_acquire(struct efa_spinlock *lock)
{
    if (EFA_UNLIKELY(!efa_spinlock_try(lock)))
        efa_spinlock_wait(lock);
}

EFA_INLINE void efa_spinlock_release(struct efa_spinlock *lock)
{
    efa_store_release_u32(&lock->held, 0);
}

/* For an object that its owner uses from one thread at a time: no locked instruction. */
EFA_INLINE void efa_spinlock_mark(struct efa_spinlock *lock)
{
    efa_store_relaxed_u32(&lock->held, 1);
}

EFA_INLINE bool efa_spinlock_is_held(const struct efa_spinlock *lock)
{
    return efa_load_relaxed_u32(&lock->held) != 0;
}

#endif
