/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * A one-word lock for the data path: spins briefly, then yields the processor. It belongs to the
 * object, not to a thread, so one thread may begin a session and another may end it. The word shows
 * whether the holder is in a call or has a session open, which can last as long as its owner likes.
 *
 * If the object was promised to one thread, a plain store only marks the lock as held, so that
 * others can still see it.
 *
 * When a process ends, Windows ends all threads but one, wherever they are, and then calls the
 * DLLs. The remaining thread takes over the locks of the others, after the usual wait.
 */
#ifndef EFA_OS_SPINLOCK_H
#define EFA_OS_SPINLOCK_H

#include "compiler.h"
#include "lock_order.h"

/* Bit 0 is set while the lock is held, so that a call can take it by setting one bit. */
enum efa_spinlock_holder { EFA_UNHELD = 0, EFA_HELD_BY_CALL = 1, EFA_HELD_BY_SESSION = 3 };

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

/* Initialises a free lock. The rank is its position in the order of locks. */
EFA_INLINE void efa_spinlock_init(struct efa_spinlock *lock, enum efa_lock_rank rank)
{
    lock->holder = EFA_UNHELD;
#if EFA_ASSERTS_LOCK_ORDER
    lock->rank = rank;
#else
    (void)rank;
#endif
}

/* For the record of this thread's locks. */
EFA_INLINE void efa_spinlock_note_held(const struct efa_spinlock *lock,
                                       enum efa_spinlock_holder holder)
{
    (void)lock;
    if (holder == EFA_HELD_BY_CALL)
        efa_lock_order_hold(lock, EFA_SPINLOCK_RANK(lock));
    else
        efa_lock_order_check(EFA_SPINLOCK_RANK(lock));
}

/* The result of a wait for a lock. */
enum efa_spinlock_outcome {
    EFA_LOCK_TAKEN,
    /*
     * Taken from a thread that ended with the process, in a call or with a session open. The thread
     * may have left the guarded data half-changed.
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
    /* The bit test is shorter than a compare and exchange; only a call's value is that one bit. */
    bool taken = holder == EFA_HELD_BY_CALL
                     ? !efa_test_and_set_bit0_u32(&lock->holder)
                     : efa_compare_exchange_u32(&lock->holder, EFA_UNHELD, holder);

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

EFA_INLINE bool efa_spinlock_is_held(const struct efa_spinlock *lock)
{
    return efa_is_set_relaxed_u32(&lock->holder);
}

/* Logs that an object promised to one thread is used while `holder` holds it. */
void efa_spinlock_promise_broken(enum efa_spinlock_holder holder);

/*
 * For an object that its owner uses from one thread at a time: no locked instruction. Debug builds
 * check the promise.
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
