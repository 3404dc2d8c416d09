/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * A one-word lock for the data path: spins briefly, then yields the processor. It belongs to the
 * object, not to a thread: whoever holds a session may let another thread end it. The word tells
 * others whether its holder is in the midst of a call or keeps a session open for as long as its
 * owner likes.
 *
 * A lock whose object was promised to one thread is only marked as held, with a plain store, so
 * that others can still ask.
 *
 * When a process ends, Windows ends all threads but one wherever they are, and then calls the DLLs.
 * The thread that is left takes over the locks of the others, after the usual wait.
 */
#ifndef EFA_OS_SPINLOCK_H
#define EFA_OS_SPINLOCK_H

#include "compiler.h"
#include "lock_order.h"

enum efa_spinlock_holder { EFA_UNHELD, EFA_HELD_BY_CALL, EFA_HELD_BY_SESSION };

struct efa_spinlock {
    uint32_t holder; /* enum efa_spinlock_holder */
#if EFA_ASSERTS_LOCK_ORDER
    enum efa_lock_rank rank;
#endif
};

#if EFA_ASSERTS_LOCK_ORDER
#define EFA_SPINLOCK_RANK(lock) ((lock)->rank)
#else
#define EFA_SPINLOCK_RANK(lock) EFA_RANK_NONE
#endif

/* Unheld. The rank is its place in the order of locks. */
EFA_INLINE void efa_spinlock_init(struct efa_spinlock *lock, enum efa_lock_rank rank)
{
    lock->holder = EFA_UNHELD;
#if EFA_ASSERTS_LOCK_ORDER
    lock->rank = rank;
#else
    (void)rank;
#endif
}

/* For this thread's account of its locks. */
EFA_INLINE void efa_spinlock_note_held(const struct efa_spinlock *lock,
                                       enum efa_spinlock_holder holder)
{
    (void)lock;
    if (holder == EFA_HELD_BY_CALL)
        efa_lock_order_hold(lock, EFA_SPINLOCK_RANK(lock));
    else
        efa_lock_order_check(EFA_SPINLOCK_RANK(lock));
}

/* How a wait for a lock went. */
enum efa_spinlock_outcome {
    EFA_LOCK_TAKEN,
    /*
     * Taken from a thread that ended with the process, in a call or with a session open. It may
     * have changed half of what the lock guards.
     */
    EFA_LOCK_TAKEN_OVER,
    EFA_LOCK_IN_SESSION /* not taken */
};

/* Out of line: waits until the lock is free, then takes it. */
enum efa_spinlock_outcome efa_spinlock_wait(struct efa_spinlock *lock,
                                            enum efa_spinlock_holder holder);

/* The same, but does not wait for a session. */
enum efa_spinlock_outcome efa_spinlock_wait_for_calls(struct efa_spinlock *lock,
                                                      enum efa_spinlock_holder holder);

EFA_INLINE bool efa_spinlock_try(struct efa_spinlock *lock, enum efa_spinlock_holder holder)
{
    bool taken = efa_compare_exchange_u32(&lock->holder, EFA_UNHELD, holder);

    if (taken)
        efa_spinlock_note_held(lock, holder);
    return taken;
}

EFA_INLINE enum efa_spinlock_outcome efa_spinlock_acquire(struct efa_spinlock *lock)
{
    if (EFA_UNLIKELY(!efa_spinlock_try(lock, EFA_HELD_BY_CALL)))
        return efa_spinlock_wait(lock, EFA_HELD_BY_CALL);
    return EFA_LOCK_TAKEN;
}

EFA_INLINE void efa_spinlock_release(struct efa_spinlock *lock)
{
    efa_lock_order_let_go(lock);
    efa_store_release_u32(&lock->holder, EFA_UNHELD);
}

EFA_INLINE enum efa_spinlock_holder efa_spinlock_holder_of(const struct efa_spinlock *lock)
{
    return (enum efa_spinlock_holder)efa_load_relaxed_u32(&lock->holder);
}

/* Logs that an object promised to one thread is used while `holder` holds it. */
void efa_spinlock_promise_broken(enum efa_spinlock_holder holder);

/*
 * For an object that its owner uses from one thread at a time: no locked instruction. Debug builds
 * look whether the promise is kept.
 */
EFA_INLINE void efa_spinlock_mark(struct efa_spinlock *lock, enum efa_spinlock_holder holder)
{
#ifndef NDEBUG
    enum efa_spinlock_holder before = efa_spinlock_holder_of(lock);

    if (before != EFA_UNHELD)
        efa_spinlock_promise_broken(before);
#endif
    efa_spinlock_note_held(lock, holder);
    efa_store_relaxed_u32(&lock->holder, holder);
}

#endif
