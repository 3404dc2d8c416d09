/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The memory of the models. Spin interleaves single steps. In addition, the stores of each agent
 * wait in a buffer, and reach memory late and in any order that C11's relaxed and release stores
 * allow. These are more orders than x86-64 has, and include those of write-combining memory. Loads
 * are not moved: a model without an acquire loads earlier.
 *
 * Define before the inclusion: LOCATIONS, AGENTS, and CAPACITY, the maximum number of waiting
 * stores of one agent.
 */
#define RELAXED 0
#define RELEASE 1  /* after all earlier stores of the agent, except COMBINED */
#define COMBINED 2 /* to write-combining memory: later stores may pass it until a flush */

short memory[LOCATIONS];

typedef pending_store {
    byte location;
    short value;
    byte kind
};

typedef store_buffer {
    byte count; /* the oldest first */
    pending_store stores[CAPACITY]
};
store_buffer buffers[AGENTS];

/* Variables of the atomic steps below; 0 between them. */
byte walk;

#define PENDING(agent, i) buffers[agent].stores[i]

inline store(agent, where, what, how)
{
    atomic {
        buffers[agent].count < CAPACITY;
        PENDING(agent, buffers[agent].count).location = where;
        PENDING(agent, buffers[agent].count).value = what;
        PENDING(agent, buffers[agent].count).kind = how;
        buffers[agent].count++
    }
}

/* An agent sees its own stores at once. */
inline load(agent, where, result)
{
    d_step {
        result = memory[where];
        walk = 0;
        do
        :: walk < buffers[agent].count ->
            if
            :: PENDING(agent, walk).location == (where) -> result = PENDING(agent, walk).value
            :: else
            fi;
            walk++
        :: else -> break
        od;
        walk = 0
    }
}

/* Waits until all stores of the agent are in memory: an sfence, or part of an atomic exchange. */
inline flush(agent)
{
    buffers[agent].count == 0
}

inline compare_exchange(agent, where, expected, value_to_be, did)
{
    atomic {
        buffers[agent].count == 0;
        if
        :: memory[where] == (expected) -> memory[where] = value_to_be; did = 1
        :: else -> did = 0
        fi
    }
}

inline exchange(agent, where, value_to_be, before)
{
    atomic {
        buffers[agent].count == 0;
        before = memory[where];
        memory[where] = value_to_be
    }
}

#ifndef ARRIVES
#define ARRIVES(location, value) skip
#endif

/* One for each agent: lets its stores arrive one after the other, in an allowed order. */
proctype arrivals(byte agent)
{
    byte chosen;
    byte before;
    bit may;

end:
    do
    :: atomic {
        buffers[agent].count > 0;
        chosen = 0;
        do
        :: chosen + 1 < buffers[agent].count -> chosen++
        :: break
        od;
        may = 1;
        before = 0;
        do
        :: before < chosen ->
            if
            :: PENDING(agent, before).location == PENDING(agent, chosen).location -> may = 0
            :: PENDING(agent, chosen).kind == RELEASE && PENDING(agent, before).kind != COMBINED ->
                may = 0
            :: else
            fi;
            before++
        :: else -> break
        od;
        if
        :: may ->
            ARRIVES(PENDING(agent, chosen).location, PENDING(agent, chosen).value);
            memory[PENDING(agent, chosen).location] = PENDING(agent, chosen).value;
            buffers[agent].count--;
            do
            :: chosen < buffers[agent].count ->
                PENDING(agent, chosen).location = PENDING(agent, chosen + 1).location;
                PENDING(agent, chosen).value = PENDING(agent, chosen + 1).value;
                PENDING(agent, chosen).kind = PENDING(agent, chosen + 1).kind;
                chosen++
            :: else -> break
            od;
            PENDING(agent, chosen).location = 0;
            PENDING(agent, chosen).value = 0;
            PENDING(agent, chosen).kind = 0
        :: else
        fi;
        chosen = 0;
        before = 0;
        may = 0
    }
    od
}
