/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Records the locks that each thread holds, in native debug builds. */
#include "lock_order.h"

#if EFA_ASSERTS_LOCK_ORDER

#include <stdio.h>
#include <stdlib.h>

#define RANKS (EFA_RANK_COMPLETION_QUEUE + 1)

/* In the order of ranks, so there are at most as many as ranks. */
static _Thread_local struct {
    const void *lock;
    enum efa_lock_rank rank;
} held[RANKS];
static _Thread_local unsigned held_count;

static const char *const names[RANKS] = {"none", "qp_mutex", "send queue", "receive queue",
                                         "completion queue"};

static void broken(const char *what, enum efa_lock_rank rank)
{
    fprintf(stderr, "lock order: a thread %s a lock of rank %d (%s) while it holds:", what,
            (int)rank, names[rank]);
    for (unsigned i = 0; i < held_count; i++)
        fprintf(stderr, " %d (%s)", (int)held[i].rank, names[held[i].rank]);
    fprintf(stderr, "; see Locks in docs/architecture.md\n");
    abort();
}

void efa_lock_order_check(enum efa_lock_rank rank)
{
    if (rank == EFA_RANK_NONE || (held_count > 0 && held[held_count - 1].rank >= rank))
        broken("takes", rank);
}

void efa_lock_order_check_wait(enum efa_lock_rank rank)
{
    bool has_sessions = rank == EFA_RANK_SEND_QUEUE || rank == EFA_RANK_COMPLETION_QUEUE;

    efa_lock_order_check(rank);
    if (has_sessions && held_count > 0)
        broken("waits without limit for", rank);
}

void efa_lock_order_hold(const void *lock, enum efa_lock_rank rank)
{
    efa_lock_order_check(rank);
    held[held_count].lock = lock;
    held[held_count].rank = rank;
    held_count++;
}

void efa_lock_order_let_go(const void *lock)
{
    for (unsigned i = held_count; i-- > 0;) {
        if (held[i].lock != lock)
            continue;
        for (held_count--; i < held_count; i++)
            held[i] = held[i + 1];
        return;
    }
}

#endif
