/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The growth of a completion queue's map of queues while it is polled: the queues are copied to
 * larger memory, which replaces the old memory; queues are attached before and after, and detached.
 * Models efa_queue_map_reserve, _attach, _detach and _find in src/queue/queue_map.c, and their
 * callers' order: what can no longer be found is retired last. What is retired is freed at any time
 * at which nobody holds the CQ's lock; retired_tables.pml models how.
 *
 * Three queues: GONE is attached and detached before the map grows, KEPT is attached before and
 * detached after, FRESH is attached after. A request of KEPT and one of FRESH are completed.
 *
 * Proven for all interleavings and store orders: a poller that finds memory finds it complete and
 * not freed; it finds the queue of each request that was rung before, unless the queue is detached;
 * and where it finds no queue, it sees whether one was there before.
 *
 * Each of these breaks the code, and must be found:
 * variant RELAXED_GROWTH: the store of the larger memory in the map is relaxed
 * variant RELAXED_ATTACH: the store of a table in the map is relaxed
 * variant RELAXED_DETACH: a queue is detached by a relaxed store
 * variant GROWN_WITHOUT_COPY: the larger memory replaces the old one before the queues are in it
 * variant COPY_LEAVES_OUT: a queue is missing in the larger memory
 * variant RETIRE_FIRST: the old memory is retired before it is replaced
 * variant FREE_AT_ONCE: the old memory is freed without waiting for the poll in progress
 * variant LOOK_FIRST: the poller loads the map before the entry: the entry's load is no acquire
 * variant HISTORY_LAST: that a queue is gone is noted after it was detached
 */
#ifndef POLLS
#define POLLS 2
#endif

/* Memory that can be freed. */
#define OLD 1
#define LARGER 2
#define KEPT 3
#define GONE 4
#define FRESH 5
#define OBJECTS 5
/* What else a place may contain; 0 stands for memory before it is written to. */
#define NO_QUEUE 6
#define RETIRED_QUEUE 7

/* Locations. Each memory has a place for KEPT, and one for GONE and FRESH. */
#define MAP 0
#define PLACE(memory_of_map, place) (1 + 2 * ((memory_of_map) - OLD) + (place))
#define CONTENT(table) (5 + (table) - KEPT)
#define IS_GONE 8
#define RUNG_KEPT 9
#define RUNG_FRESH 10
#define LOCK 11

#define LOCATIONS 12
#define AGENTS 2
#define CAPACITY 6

#include "weak_memory.pml"

#define CONTROL 0
#define POLLER 1

bit allocated[OBJECTS + 1];
bit is_retired[OBJECTS + 1];
bit kept_is_going; /* its detaching has begun */

#ifdef RELAXED_GROWTH
#define GROWTH_ORDER RELAXED
#else
#define GROWTH_ORDER RELEASE
#endif
#ifdef RELAXED_ATTACH
#define ATTACH_ORDER RELAXED
#else
#define ATTACH_ORDER RELEASE
#endif
#ifdef RELAXED_DETACH
#define DETACH_ORDER RELAXED
#else
#define DETACH_ORDER RELEASE
#endif

/* The push on the list is an atomic exchange. */
inline retire(object)
{
    atomic {
        buffers[CONTROL].count == 0;
        is_retired[object] = 1
    }
}

inline attach(table, memory_of_map, place)
{
    allocated[table] = 1;
    store(CONTROL, CONTENT(table), 1, RELAXED);
    store(CONTROL, PLACE(memory_of_map, place), table, ATTACH_ORDER)
}

inline copy_to_larger()
{
#ifdef COPY_LEAVES_OUT
    store(CONTROL, PLACE(LARGER, 0), NO_QUEUE, RELAXED);
#else
    store(CONTROL, PLACE(LARGER, 0), KEPT, RELAXED);
#endif
    store(CONTROL, PLACE(LARGER, 1), NO_QUEUE, RELAXED)
}

proctype control()
{
    attach(KEPT, OLD, 0);
    /* The doorbell of its request, and what the device does then. */
    store(CONTROL, RUNG_KEPT, 1, RELEASE);
    attach(GONE, OLD, 1);

#ifdef HISTORY_LAST
    store(CONTROL, PLACE(OLD, 1), RETIRED_QUEUE, DETACH_ORDER);
    store(CONTROL, IS_GONE, 1, RELAXED);
#else
    store(CONTROL, IS_GONE, 1, RELAXED);
    store(CONTROL, PLACE(OLD, 1), RETIRED_QUEUE, DETACH_ORDER);
#endif
    retire(GONE);

    allocated[LARGER] = 1;
#ifdef RETIRE_FIRST
    retire(OLD);
#endif
#ifdef GROWN_WITHOUT_COPY
    store(CONTROL, MAP, LARGER, GROWTH_ORDER);
    copy_to_larger();
#else
    copy_to_larger();
    store(CONTROL, MAP, LARGER, GROWTH_ORDER);
#endif
#ifdef FREE_AT_ONCE
    flush(CONTROL);
    allocated[OLD] = 0;
#else
#ifndef RETIRE_FIRST
    retire(OLD);
#endif
#endif

    attach(FRESH, LARGER, 1);
    store(CONTROL, RUNG_FRESH, 1, RELEASE);

    kept_is_going = 1;
    store(CONTROL, PLACE(LARGER, 0), RETIRED_QUEUE, DETACH_ORDER);
    retire(KEPT)
}

#define FREES(object)                              \
    atomic {                                       \
        is_retired[object] && memory[LOCK] == 0 -> \
        assert(allocated[object]);                 \
        allocated[object] = 0;                     \
        is_retired[object] = 0                     \
    }

/* Control calls and the ends of polls. */
proctype collector()
{
end:
    do
    :: FREES(OLD)
    :: FREES(GONE)
    :: FREES(KEPT)
    od
}

inline look_at_map()
{
    load(POLLER, MAP, places)
}

inline find(place)
{
    assert(allocated[places]);
    load(POLLER, PLACE(places, place), found);
    assert(found != 0);
    if
    :: found < NO_QUEUE ->
        assert(allocated[found]);
        load(POLLER, CONTENT(found), content);
        assert(content != 0)
    :: else
    fi;
    content = 0
}

/* Polls that see an entry of one of the queues, or one that nobody has posted. */
proctype poller()
{
    byte i;
    short places, found, content, rung, gone;
    bit locked;

    for (i : 1 .. POLLS) {
        compare_exchange(POLLER, LOCK, 0, 1, locked);
        assert(locked);
        if
        :: load(POLLER, RUNG_KEPT, rung);
            look_at_map();
            find(0);
            assert(!rung || found == KEPT || kept_is_going)
        :: look_at_map();
            find(1);
            if
            :: found == RETIRED_QUEUE || (found == NO_QUEUE && places == LARGER) || found == FRESH ->
                /* No queue of GONE's number. */
                load(POLLER, IS_GONE, gone);
                assert(gone)
            :: else
            fi
#ifdef LOOK_FIRST
        :: look_at_map();
            load(POLLER, RUNG_FRESH, rung);
#else
        :: load(POLLER, RUNG_FRESH, rung);
            look_at_map();
#endif
            find(1);
            assert(!rung || found == FRESH)
        fi;
        places = 0;
        found = 0;
        rung = 0;
        gone = 0;
        locked = 0;
        store(POLLER, LOCK, 0, RELEASE)
    }
}

init
{
    atomic {
        allocated[OLD] = 1;
        memory[MAP] = OLD;
        memory[PLACE(OLD, 0)] = NO_QUEUE;
        memory[PLACE(OLD, 1)] = NO_QUEUE;
        run arrivals(CONTROL);
        run arrivals(POLLER);
        run control();
        run collector();
        run poller()
    }
}
