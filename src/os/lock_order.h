/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The order of locks (docs/architecture.md, "Locks"), asserted in native debug builds: each thread
 * keeps account of what it holds, and a lock out of order ends the process. Elsewhere this file
 * compiles to nothing. A session is in nobody's account, since any thread may end it.
 */
#ifndef EFA_OS_LOCK_ORDER_H
#define EFA_OS_LOCK_ORDER_H

#include "compiler.h"

#if !defined(NDEBUG) && !defined(_WIN32)
#define EFA_ASSERTS_LOCK_ORDER 1
#else
#define EFA_ASSERTS_LOCK_ORDER 0
#endif

/* A thread takes locks in ascending order, at most one of each rank. */
enum efa_lock_rank {
    EFA_RANK_NONE,
    EFA_RANK_CONTROL, /* qp_mutex of a context, the one mutex */
    EFA_RANK_SEND_QUEUE,
    EFA_RANK_RECV_QUEUE,
    EFA_RANK_COMPLETION_QUEUE
};

#if EFA_ASSERTS_LOCK_ORDER

/* Call before taking a lock: checks that this thread may take one of that rank. */
void efa_lock_order_check(enum efa_lock_rank rank);

/*
 * Before waiting for as long as it takes: that may be the end of a session, which its owner may
 * only reach with what this thread holds. So it must hold nothing.
 */
void efa_lock_order_check_wait(enum efa_lock_rank rank);

/* Records that this thread holds the lock, or no longer holds it. */
void efa_lock_order_hold(const void *lock, enum efa_lock_rank rank);
void efa_lock_order_let_go(const void *lock);

#else

EFA_INLINE void efa_lock_order_check(enum efa_lock_rank rank)
{
    (void)rank;
}

EFA_INLINE void efa_lock_order_check_wait(enum efa_lock_rank rank)
{
    (void)rank;
}

EFA_INLINE void efa_lock_order_hold(const void *lock, enum efa_lock_rank rank)
{
    (void)lock;
    (void)rank;
}

EFA_INLINE void efa_lock_order_let_go(const void *lock)
{
    (void)lock;
}

#endif
#endif
