/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Request tables that are retired from a completion queue while it is polled: a RESET puts a new
 * table in the map, the destruction of a queue pair removes its table. Each old table is pushed on
 * `retired`. A holder of the CQ's lock frees it, or finally the destruction of the CQ. Models
 * efa_queue_map_attach and _detach in src/queue/queue_map.c; retire, efa_cq_collect_retired,
 * free_retired and efa_completion_queue_fini in completion_queue.c; efa_cq_unlock in consume.h; and
 * the polls of poll_cq.c and poll_session.c, with a session that takes several completions.
 *
 * Proven for all interleavings and store orders: no table is accessed after it was freed, not even
 * by a store that arrives late; each table is freed once and none is lost; a poller finds every
 * table complete.
 *
 * Each of these breaks the code, and must be found:
 * variant FREE_WITHOUT_LOCK: retired tables are freed without the lock
 * variant RETIRE_FIRST: a table is retired before it is out of the map
 * variant NO_EXCHANGE: the list is read, then emptied by a store
 * variant PLAIN_PUSH: the push is a load and a store
 * variant RELAXED_ATTACH: the map's store is relaxed
 * variant RELAXED_UNLOCK: the release of the lock is a relaxed store
 * variant FORGOTTEN: the destruction of the CQ does not free the remaining tables
 * variant ONE_THREAD: the lock is only marked with a store, as for a CQ with a promise of one
 *     thread: the promise must cover the destruction of its queue pairs
 */
#ifndef POLLS
#define POLLS 2
#endif
#define TABLES 3 /* of ids 1 to 3: the first QP's, after its RESET, and its successor's */

/* Locations; 0 means no table. */
#define MAP 0
#define DEPARTED 1
#define LOCK 2
#define NEXT(table) (2 + (table))
#define CONTENT(table) (2 + TABLES + (table))

#define LOCATIONS (3 + 2 * TABLES)
#define AGENTS 3
#define CAPACITY 4

/* The true state: only an allocated table may be read, written or freed. */
bit allocated[TABLES + 1];
byte times_freed[TABLES + 1];

#define ARRIVES(where, what) \
    assert((where) < NEXT(1) || allocated[((where) - NEXT(1)) % TABLES + 1])
#include "weak_memory.pml"

#define CONTROL 0
#define POLLER 1
#define SESSION 2

byte polling = 2; /* agents that have not finished */

#ifdef RELAXED_ATTACH
#define ATTACH_ORDER RELAXED
#else
#define ATTACH_ORDER RELEASE
#endif
#ifdef RELAXED_UNLOCK
#define UNLOCK_ORDER RELAXED
#else
#define UNLOCK_ORDER RELEASE
#endif

inline free_retired(agent)
{
#ifdef NO_EXCHANGE
    load(agent, DEPARTED, table);
    store(agent, DEPARTED, 0, RELEASE);
#else
    exchange(agent, DEPARTED, 0, table);
#endif
    do
    :: table != 0 ->
        assert(allocated[table]);
        load(agent, NEXT(table), next);
        atomic {
            assert(allocated[table]);
            allocated[table] = 0;
            times_freed[table]++
        };
        table = next
    :: else -> break
    od
}

inline collect_retired(agent)
{
#ifdef FREE_WITHOUT_LOCK
    free_retired(agent);
#else
    compare_exchange(agent, LOCK, 0, 1, locked);
    if
    :: locked ->
        free_retired(agent);
        store(agent, LOCK, 0, UNLOCK_ORDER)
    :: else
    fi;
#endif
    locked = 0;
    next = 0
}

inline create_table(which)
{
    allocated[which] = 1;
    store(CONTROL, CONTENT(which), 1, RELAXED)
}

inline retire(which)
{
#ifdef PLAIN_PUSH
    load(CONTROL, DEPARTED, head);
    store(CONTROL, NEXT(which), head, RELAXED);
    store(CONTROL, DEPARTED, which, RELEASE);
#else
    pushed = 0;
    do
    :: !pushed ->
        load(CONTROL, DEPARTED, head);
        store(CONTROL, NEXT(which), head, RELAXED);
        compare_exchange(CONTROL, DEPARTED, head, which, pushed)
    :: else -> break
    od;
#endif
    head = 0;
    collect_retired(CONTROL)
}

/* Creates a QP, resets it, destroys it, creates another of its number and destroys that. */
proctype control()
{
    short table, next, head;
    bit locked, pushed;

    create_table(1);
    store(CONTROL, MAP, 1, ATTACH_ORDER);
    create_table(2);
#ifdef RETIRE_FIRST
    retire(1);
    store(CONTROL, MAP, 2, ATTACH_ORDER);
#else
    store(CONTROL, MAP, 2, ATTACH_ORDER);
    retire(1);
#endif
    store(CONTROL, MAP, 0, RELEASE);
    retire(2);
    create_table(3);
    store(CONTROL, MAP, 3, ATTACH_ORDER);
    store(CONTROL, MAP, 0, RELEASE);
    retire(3);

    /* The destruction of the CQ: nobody polls any more. */
    polling == 0;
    flush(POLLER);
    flush(SESSION);
#ifndef FORGOTTEN
    free_retired(CONTROL);
#endif
    assert(times_freed[1] == 1 && times_freed[2] == 1 && times_freed[3] == 1)
}

/* A completion: its table is found, read, and written by the return of the request id. */
inline take(agent)
{
    load(agent, MAP, table);
    if
    :: table != 0 ->
        assert(allocated[table]);
        load(agent, CONTENT(table), content);
        assert(content != 0);
        store(agent, CONTENT(table), 2, RELAXED);
        content = 0;
        table = 0
    :: else
    fi
}

inline unlock_cq(agent)
{
    store(agent, LOCK, 0, UNLOCK_ORDER);
    load(agent, DEPARTED, table);
    if
    :: table != 0 -> collect_retired(agent)
    :: else
    fi;
    table = 0
}

inline lock_cq(agent)
{
#ifdef ONE_THREAD
    store(agent, LOCK, 1, RELAXED);
    locked = 1
#else
    compare_exchange(agent, LOCK, 0, 1, locked)
#endif
}

/* A poll that finds the CQ busy does nothing here; sessions.pml models waiting. */
proctype poller()
{
    short table, next, content;
    bit locked;
    byte i;

    for (i : 1 .. POLLS) {
        lock_cq(POLLER);
        if
        :: locked ->
            locked = 0;
            take(POLLER);
            unlock_cq(POLLER)
        :: else
        fi
    };
    polling--
}

proctype session()
{
    short table, next, content;
    bit locked;

#ifndef ONE_THREAD /* in this variant the only thread is the poller */
    lock_cq(SESSION);
    if
    :: locked ->
        locked = 0;
        take(SESSION);
        take(SESSION);
        unlock_cq(SESSION)
    :: else
    fi;
#endif
    polling--
}

init
{
    atomic {
        run arrivals(CONTROL);
        run arrivals(POLLER);
        run arrivals(SESSION);
        run control();
        run poller();
        run session()
    }
}
