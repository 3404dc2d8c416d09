/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The word of a lock. A call holds it until it returns, a session as long as its owner likes,
 * perhaps for ever; any thread may end a session. Models src/os/spinlock.h and spinlock.c, and
 * which call waits for which: polls and ibv_start_poll (poll_cq.c, poll_session.c), RESET
 * (lock_queues in src/verbs/qp_state.c), ibv_destroy_cq, and ibv_post_send and ibv_wr_start, the
 * only calls that wait for the end of a session.
 *
 * Proven for all interleavings and store orders: there is one holder at a time, which sees the
 * changes of the previous one; and if a session never ends, only a send waits.
 *
 * Each of these breaks the code, and must be found:
 * variant AS_CALL: a session holds the lock as a call does
 * variant WAITS_FOR_SESSION: a poll waits for the end of a session
 * variant SEND_WAITS_NOT: a send does not wait for an open session
 * variant NO_EXCHANGE: a thread that saw the lock free stores the holder without an exchange
 * variant RELAXED_RELEASE: the release is a relaxed store
 * variant END_TWICE: two threads end one session
 * variant BUSY_IGNORED: a CQ is destroyed while a session is open
 */
#define UNHELD 0
#define BY_CALL 1
#define BY_SESSION 2

#define LOCK 0
#define GUARDED 1 /* the data that the lock guards: the positions of a queue */

#define LOCATIONS 2
#define AGENTS 4
#define CAPACITY 3

bit destroyed;
#define ARRIVES(where, what) assert(!destroyed)
#include "weak_memory.pml"

#define CALL 0    /* polls or resets: waits for calls, not for sessions */
#define OWNER 1   /* begins a session, in one call */
#define ENDER 2   /* ends it, in another thread */
#define SEND 3    /* waits for both */

#ifdef RELAXED_RELEASE
#define RELEASE_ORDER RELAXED
#else
#define RELEASE_ORDER RELEASE
#endif
#ifdef AS_CALL
#define SESSION_MARK BY_CALL
#else
#define SESSION_MARK BY_SESSION
#endif

byte holders;         /* how many believe that they hold the lock */
byte truth;           /* how often the guarded data was changed */
bit session_is_open;
bit never_ends;       /* the owner decides */
byte calls_left = 4;  /* two polls or resets, the session's first call, a send */

/* efa_spinlock_try, or its faulty variant. */
inline try_lock(agent, mark)
{
#ifdef NO_EXCHANGE
    load(agent, LOCK, word);
    if
    :: word == UNHELD -> store(agent, LOCK, mark, RELEASE); locked = 1
    :: else -> locked = 0
    fi;
    word = 0
#else
    compare_exchange(agent, LOCK, UNHELD, mark, locked)
#endif
}

/* efa_spinlock_wait_for_calls: spinning is modelled as waiting for a change of the word. */
inline wait_for_calls(agent, mark, rejected)
{
    rejected = 0;
    locked = 0;
    do
    :: !locked && !rejected ->
        memory[LOCK] != BY_CALL;
        load(agent, LOCK, word);
        if
#ifdef WAITS_FOR_SESSION
        :: word == BY_SESSION -> memory[LOCK] != BY_SESSION
#else
        :: word == BY_SESSION -> rejected = 1
#endif
        :: word == UNHELD -> try_lock(agent, mark)
        :: word == BY_CALL
        fi
    :: else -> break
    od;
    word = 0
}

/* efa_spinlock_wait */
inline wait_for_all(agent, mark)
{
    locked = 0;
    do
    :: !locked ->
        if
#ifdef SEND_WAITS_NOT
        :: memory[LOCK] == BY_SESSION -> locked = 1
#endif
        :: memory[LOCK] == UNHELD -> try_lock(agent, mark)
        :: never_ends -> break /* it waits for ever */
        fi
    :: else -> break
    od
}

inline now_held()
{
    atomic { holders++; assert(holders == 1) }
}

/* Changes the guarded data: the change of another holder must not be lost or invisible. */
inline change(agent)
{
    load(agent, GUARDED, value);
    assert(value == truth);
    atomic {
        truth++;
        value = 0
    };
    store(agent, GUARDED, truth, RELAXED)
}

inline release(agent)
{
    atomic { assert(holders == 1); holders-- };
    store(agent, LOCK, UNHELD, RELEASE_ORDER)
}

proctype call()
{
    short word, value;
    bit locked, rejected;
    byte i;

    for (i : 1 .. 2) {
        wait_for_calls(CALL, BY_CALL, rejected);
        if
        :: rejected /* the CQ looks empty; RESET returns EBUSY */
        :: else ->
            now_held();
            change(CALL);
            release(CALL)
        fi;
        calls_left--
    }
}

proctype owner()
{
    short word, value;
    bit locked, rejected;

    wait_for_calls(OWNER, SESSION_MARK, rejected);
    if
    :: rejected
    :: else ->
        now_held();
        change(OWNER);
        /* The application passes a session to another thread, with its own synchronisation. */
        flush(OWNER);
        if
        :: never_ends = 1
        :: session_is_open = 1
        fi
    fi;
    calls_left--
}

/* The thread that takes over the session continues and ends it. */
proctype ender()
{
    short value;

end:
    atomic {
        session_is_open;
#ifndef END_TWICE
        session_is_open = 0
#endif
    };
    change(ENDER);
    release(ENDER)
}

proctype send()
{
    short word, value;
    bit locked;

    wait_for_all(SEND, BY_CALL);
    if
    :: locked ->
        now_held();
        change(SEND);
        release(SEND)
    :: else
    fi;
    calls_left--
}

/* Destroys the object when no call runs; the word shows whether a session is open. */
proctype destroy()
{
    calls_left == 0;
    atomic {
        if
#ifdef BUSY_IGNORED
        :: memory[LOCK] != BY_CALL -> destroyed = 1
#else
        :: memory[LOCK] == UNHELD -> destroyed = 1
#endif
        :: else /* EBUSY */
        fi;
        assert(!destroyed || holders == 0)
    }
}

init
{
    atomic {
        run arrivals(CALL);
        run arrivals(OWNER);
        run arrivals(ENDER);
        run arrivals(SEND);
        run call();
        run owner();
        run ender();
        run ender();
        run send();
        run destroy()
    }
}
