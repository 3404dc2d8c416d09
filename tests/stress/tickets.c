/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Tickets: one compare-and-exchange each way, so that a second return cannot pass unseen. */
#include "tickets.h"

#include "stress.h"

enum ticket_state { NEVER, OUT, COMPLETED, REJECTED, FORFEITED };

#define STATE_BITS 3

static const char *const state_names[] = {"never taken", "out", "completed", "rejected",
                                          "forfeited"};

static uint64_t slot_of(uint64_t serial, enum ticket_state state)
{
    return serial << STATE_BITS | (uint64_t)state;
}

static enum ticket_state state_of(uint64_t slot)
{
    return (enum ticket_state)(slot & ((1u << STATE_BITS) - 1));
}

static void count(uint64_t *counter)
{
    __atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

uint64_t ticket_take(struct tickets *tickets)
{
    uint64_t serial = __atomic_fetch_add(&tickets->next, 1, __ATOMIC_RELAXED);
    uint64_t *slot = &tickets->slots[serial % TICKETS];
    uint64_t before = __atomic_load_n(slot, __ATOMIC_ACQUIRE);

    if (state_of(before) == OUT ||
        !__atomic_compare_exchange_n(slot, &before, slot_of(serial, OUT), false, __ATOMIC_ACQ_REL,
                                     __ATOMIC_RELAXED))
        return NO_TICKET;
    count(&tickets->taken);
    return serial;
}

static void give_back(struct tickets *tickets, uint64_t serial, enum ticket_state state,
                      const char *whose)
{
    uint64_t *slot = &tickets->slots[serial % TICKETS];
    uint64_t seen = slot_of(serial, OUT);

    if (!__atomic_compare_exchange_n(slot, &seen, slot_of(serial, state), false, __ATOMIC_ACQ_REL,
                                     __ATOMIC_ACQUIRE))
        stress_fail("%s: request %llu is %s now, but its place has request %llu, which is %s",
                    whose, (unsigned long long)serial, state_names[state],
                    (unsigned long long)(seen >> STATE_BITS), state_names[state_of(seen)]);
}

void ticket_complete(struct tickets *tickets, uint64_t serial, const char *whose)
{
    give_back(tickets, serial, COMPLETED, whose);
    count(&tickets->completed);
}

void ticket_reject(struct tickets *tickets, uint64_t serial, const char *whose)
{
    give_back(tickets, serial, REJECTED, whose);
    count(&tickets->rejected);
}

unsigned tickets_forfeit(struct tickets *tickets)
{
    unsigned forfeited = 0;

    for (unsigned i = 0; i < TICKETS; i++) {
        uint64_t slot = __atomic_load_n(&tickets->slots[i], __ATOMIC_ACQUIRE);

        if (state_of(slot) != OUT)
            continue;
        give_back(tickets, slot >> STATE_BITS, FORFEITED, "a queue that is gone");
        forfeited++;
    }
    __atomic_fetch_add(&tickets->forfeited, forfeited, __ATOMIC_RELAXED);
    return forfeited;
}

unsigned tickets_out(const struct tickets *tickets)
{
    unsigned out = 0;

    for (unsigned i = 0; i < TICKETS; i++)
        out += state_of(__atomic_load_n(&tickets->slots[i], __ATOMIC_ACQUIRE)) == OUT;
    return out;
}

void tickets_settle(const struct tickets *tickets, const char *whose)
{
    unsigned out = tickets_out(tickets);

    if (out != 0)
        stress_fail("%s: %u requests never completed", whose, out);
    if (tickets->taken != tickets->completed + tickets->rejected + tickets->forfeited)
        stress_fail("%s: %llu requests, but %llu completed, %llu rejected, %llu removed", whose,
                    (unsigned long long)tickets->taken, (unsigned long long)tickets->completed,
                    (unsigned long long)tickets->rejected, (unsigned long long)tickets->forfeited);
}
