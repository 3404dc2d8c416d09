/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The cycle of request ids: poster, device, poller, and back to the poster through the ring of free
 * indices. Models src/queue/request_table.h: efa_request_available, _take, _untake, _is_outstanding
 * and _return, with `taken`, `returned_seen`, `returned`; and their callers' order: the doorbell
 * after the slot (post_send.c), the wr_id before the return (poll_cq.c).
 *
 * Proven for all interleavings and store orders: no index is free and taken at the same time, no
 * completion of a correct device is dropped, each returns the wr_id that was posted, and nothing is
 * lost. Counters wrap.
 *
 * Each of these breaks the code, and must be found:
 * variant RELAXED_RETURN: `returned` is a relaxed store
 * variant RETURN_FIRST: `returned` is counted before the index is in the ring
 * variant CLEAR_LAST: `outstanding` is cleared after the return
 * variant READ_LAST: the wr_id is read after the return
 * variant EARLY_INDEX: the load of `returned` is not an acquire, and the index is loaded before it
 * variant RELAXED_DOORBELL: the doorbell is a relaxed store
 * variant NO_LOOK: the poster takes an index without checking that one is free
 * variant UNTAKE_ONE: an aborted session takes back only one index
 */
#ifndef DEPTH
#define DEPTH 2
#endif
#ifndef SLOTS
#define SLOTS 2
#endif
#ifndef MESSAGES
#define MESSAGES 4
#endif

#define COUNTERS 8 /* counters wrap there, as 32-bit counters do: a multiple of SLOTS */
#define START 7    /* enough to wrap */

#define INDEX(i) (i)
#define WR_ID(i) (SLOTS + (i))
#define OUTSTANDING(i) (SLOTS + DEPTH + (i))
#define DESCRIPTOR(i) (SLOTS + 2 * DEPTH + (i))
#define RETURNED (2 * SLOTS + 2 * DEPTH)
#define RUNG (RETURNED + 1)

#define LOCATIONS (RUNG + 1)
#define AGENTS 2
#define CAPACITY 4
#include "weak_memory.pml"

#define POSTER 0
#define POLLER 1

#ifdef RELAXED_RETURN
#define RETURN_ORDER RELAXED
#else
#define RETURN_ORDER RELEASE
#endif
#ifdef RELAXED_DOORBELL
#define DOORBELL_ORDER RELAXED
#else
#define DOORBELL_ORDER RELEASE
#endif

/* The true state, which the agents cannot see. */
mtype = {FREE, TAKEN, RUNG_FOR};
mtype truth[DEPTH] = FREE;
byte truth_wr_id[DEPTH];

chan completions = [DEPTH] of {byte};

proctype poster()
{
    short taken = START, returned_seen = (START + DEPTH) % COUNTERS, index, early, wr_id = 1;
    short line = START, before, line_before;
    bit is_full;

    do
    :: wr_id <= MESSAGES ->
        before = taken;
        line_before = line;
        is_full = 0;
        do
        :: !is_full && (taken + COUNTERS - before) % COUNTERS < 2 && wr_id <= MESSAGES ->
            early = 0;
#ifdef EARLY_INDEX
            load(POSTER, INDEX(taken % SLOTS), early);
#endif
            if
            :: taken == returned_seen -> load(POSTER, RETURNED, returned_seen)
            :: else
            fi;
#ifndef NO_LOOK
            is_full = (taken == returned_seen);
#endif
            if
            :: is_full
            :: else ->
#ifdef EARLY_INDEX
                index = early;
#else
                load(POSTER, INDEX(taken % SLOTS), index);
#endif
                taken = (taken + 1) % COUNTERS;
                atomic {
                    assert(truth[index] == FREE);
                    truth[index] = TAKEN;
                    truth_wr_id[index] = wr_id
                };
                store(POSTER, WR_ID(index), wr_id, RELAXED);
                store(POSTER, OUTSTANDING(index), 1, RELAXED);
                store(POSTER, DESCRIPTOR(line % SLOTS), index, RELAXED);
                line = (line + 1) % COUNTERS;
                wr_id++
            fi
        :: taken != before || is_full -> break
        od;
        if
        :: taken != before -> /* the call or session ends, and rings */
            d_step {
                index = 0;
                do
                :: index < DEPTH ->
                    if
                    :: truth[index] == TAKEN -> truth[index] = RUNG_FOR
                    :: else
                    fi;
                    index++
                :: else -> break
                od;
                index = 0
            };
            store(POSTER, RUNG, line, DOORBELL_ORDER)
        :: taken != before -> /* the session is aborted */
            do
            :: taken != before ->
                taken = (taken + COUNTERS - 1) % COUNTERS;
                wr_id--;
                load(POSTER, INDEX(taken % SLOTS), index);
                atomic {
                    assert(truth[index] == TAKEN);
                    truth[index] = FREE
                };
                store(POSTER, OUTSTANDING(index), 0, RELAXED);
#ifdef UNTAKE_ONE
                break
#endif
            :: else -> break
            od;
            line = line_before
        :: taken == before -> /* full: ENOMEM, and later again */
            memory[RETURNED] != returned_seen
        fi
    :: else -> break
    od
}

/* Completes announced requests in any order, as the adapter may. */
proctype device()
{
    short fetched = START, index;
    bit has[DEPTH];

end:
    do
    :: atomic {
        memory[RUNG] != fetched;
        index = memory[DESCRIPTOR(fetched % SLOTS)];
        assert(truth[index] == RUNG_FOR && !has[index]);
        has[index] = 1;
        fetched = (fetched + 1) % COUNTERS;
        index = 0
    }
    :: atomic { has[0]; has[0] = 0; completions ! 0 }
#if DEPTH > 1
    :: atomic { has[1]; has[1] = 0; completions ! 1 }
#endif
#if DEPTH > 2
    :: atomic { has[2]; has[2] = 0; completions ! 2 }
#endif
    od
}

proctype poller()
{
    short returned = (START + DEPTH) % COUNTERS, is_outstanding, wr_id;
    byte index, completed, right;

    do
    :: completed < MESSAGES ->
        completions ? index;
        right = truth_wr_id[index];
        load(POLLER, OUTSTANDING(index), is_outstanding);
        assert(is_outstanding == 1);
#ifndef READ_LAST
        load(POLLER, WR_ID(index), wr_id);
#endif
        atomic {
            assert(truth[index] == RUNG_FOR);
            truth[index] = FREE
        };
#ifndef CLEAR_LAST
        store(POLLER, OUTSTANDING(index), 0, RELAXED);
#endif
#ifdef RETURN_FIRST
        store(POLLER, RETURNED, (returned + 1) % COUNTERS, RETURN_ORDER);
        store(POLLER, INDEX(returned % SLOTS), index, RELAXED);
#else
        store(POLLER, INDEX(returned % SLOTS), index, RELAXED);
        store(POLLER, RETURNED, (returned + 1) % COUNTERS, RETURN_ORDER);
#endif
#ifdef CLEAR_LAST
        store(POLLER, OUTSTANDING(index), 0, RELAXED);
#endif
#ifdef READ_LAST
        load(POLLER, WR_ID(index), wr_id);
#endif
        assert(wr_id == right);
        returned = (returned + 1) % COUNTERS;
        completed++
    :: else -> break
    od
}

init
{
    byte i;

    atomic {
        for (i : 0 .. DEPTH - 1) {
            memory[INDEX((START + i) % SLOTS)] = i
        };
        memory[RETURNED] = (START + DEPTH) % COUNTERS;
        memory[RUNG] = START;
        run arrivals(POSTER);
        run arrivals(POLLER);
        run poster();
        run device();
        run poller()
    }
}
