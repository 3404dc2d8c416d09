/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Clients are killed at random points and restarted while all exchange messages; the others must
 * not be affected. The first two run all the time, the others are restarted again and again. At the
 * end the records of all lives are compared: no message is lost, repeated or changed.
 */
#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "child_process.h"
#include "client.h"
#include "ledger.h"
#include "sim_control.h"

enum {
    SURVIVORS = 2, /* slots whose clients are not killed */
    WAIT_S = 120,
    LONGEST_LIFE_MS = 3000,
    LONGEST_GAP_MS = 300,
    LOOK_MS = 10,
    START_TRIES = 5, /* a busy machine sometimes fails to start one */
    START_PAUSE_MS = 1000
};

struct slot {
    HANDLE process; /* NULL while it is not running */
    uint32_t life;
    ULONGLONG due; /* when it dies, or is born again */
};

struct run {
    struct ledger *ledger;
    uint32_t seed, random, lives, killed, left, failures;
    struct slot slots[LEDGER_SLOTS];
};

struct totals {
    uint64_t messages, bytes;
    uint32_t lost, repeated, corrupted, failed_to_dead, failed_to_living, aborted;
};

static uint32_t random_below(struct run *r, uint32_t limit)
{
    r->random = r->random * 1664525u + 1013904223u;
    return (uint32_t)((uint64_t)r->random * limit >> 32);
}

static void fail(struct run *r, const char *what, uint32_t life)
{
    r->failures++;
    printf("FAILED: %s (life %u)\n", what, (unsigned)life);
    fflush(stdout);
}

static bool give_birth(struct run *r, uint32_t slot)
{
    struct slot *s = &r->slots[slot];
    char arguments[64];

    s->life = ++r->lives;
    s->due = GetTickCount64() + random_below(r, LONGEST_LIFE_MS);
    r->ledger->lives[s->life].slot = slot;
    r->ledger->current[slot] = s->life;
    snprintf(arguments, sizeof arguments, "client %u %u", (unsigned)s->life, (unsigned)r->seed);
    for (unsigned i = 0; i < START_TRIES && !s->process; i++) {
        s->process = child_start(arguments);
        if (!s->process) {
            printf("a start that the system rejected (Windows error %lu)\n", GetLastError());
            Sleep(START_PAUSE_MS);
        }
    }
    if (!s->process)
        fail(r, "a client could not be started", s->life);
    return s->process != NULL;
}

/* Mostly kills the client; one in four exits by itself without destroying its objects. */
static void end_life(struct run *r, uint32_t slot)
{
    struct slot *s = &r->slots[slot];
    struct ledger_life *life = &r->ledger->lives[s->life];

    life->condemned = 1;
    if (life->state == LIFE_READY && random_below(r, 4) == 0) {
        life->told_to_leave = 1;
        child_wait(s->process, WAIT_S);
        r->left++;
    } else {
        child_kill(s->process);
        r->killed++;
    }
    s->process = NULL;
    s->due = GetTickCount64() + random_below(r, LONGEST_GAP_MS);
}

static bool has_died(const struct slot *s)
{
    return s->process && WaitForSingleObject(s->process, 0) == WAIT_OBJECT_0;
}

static bool look_after(struct run *r, uint32_t slot)
{
    struct slot *s = &r->slots[slot];

    if (has_died(s)) {
        fail(r, "a client ended by itself", s->life);
        return false;
    }
    if (slot < SURVIVORS || GetTickCount64() < s->due)
        return true;
    if (!s->process)
        return give_birth(r, slot);
    /* The last lives are not killed: the matrix has no room for more. */
    if (r->lives + LEDGER_SLOTS < LEDGER_LIVES)
        end_life(r, slot);
    return true;
}

static bool all_alive_are(const struct run *r, enum life_state state)
{
    for (uint32_t i = 0; i < LEDGER_SLOTS; i++)
        if (r->ledger->lives[r->slots[i].life].state != (uint32_t)state)
            return false;
    return true;
}

static bool wait_for_all(struct run *r, enum life_state state, const char *what)
{
    ULONGLONG end = GetTickCount64() + WAIT_S * 1000u;

    while (!all_alive_are(r, state)) {
        for (uint32_t i = 0; i < LEDGER_SLOTS; i++) {
            if (has_died(&r->slots[i])) {
                fail(r, "a client ended by itself", r->slots[i].life);
                return false;
            }
        }
        if (GetTickCount64() >= end) {
            fail(r, what, 0);
            return false;
        }
        Sleep(LOOK_MS);
    }
    return true;
}

static bool kill_and_restart(struct run *r, unsigned seconds)
{
    ULONGLONG end = GetTickCount64() + seconds * 1000u;

    for (uint32_t i = 0; i < LEDGER_SLOTS; i++)
        if (!give_birth(r, i))
            return false;
    while (GetTickCount64() < end) {
        for (uint32_t i = 0; i < LEDGER_SLOTS; i++)
            if (!look_after(r, i))
                return false;
        Sleep(LOOK_MS);
    }
    for (uint32_t i = 0; i < LEDGER_SLOTS; i++)
        if (!r->slots[i].process && !give_birth(r, i))
            return false;
    return true;
}

/* Sends end before receives do, so that what was acknowledged has arrived when books are closed. */
static bool end_all(struct run *r)
{
    bool good;

    if (!wait_for_all(r, LIFE_READY, "a client did not start in time"))
        return false;
    r->ledger->phase = PHASE_DRAIN;
    if (!wait_for_all(r, LIFE_DRAINED, "sends did not complete in time"))
        return false;
    r->ledger->phase = PHASE_END;
    good = true;
    for (uint32_t i = 0; i < LEDGER_SLOTS; i++) {
        if (child_wait(r->slots[i].process, WAIT_S) != 0) {
            fail(r, "a client did not end well", r->slots[i].life);
            good = false;
        }
        r->slots[i].process = NULL;
    }
    return good;
}

static void abandon(struct run *r)
{
    for (uint32_t i = 0; i < LEDGER_SLOTS; i++)
        r->ledger->lives[r->slots[i].life].condemned = 1;
    for (uint32_t i = 0; i < LEDGER_SLOTS; i++) {
        if (r->slots[i].process)
            child_kill(r->slots[i].process);
        r->slots[i].process = NULL;
    }
}

/* Of what was acknowledged to its sender, how much a receiver that lived to the end did not get. */
static uint32_t missing(const struct run *r, uint32_t from, uint32_t to)
{
    const struct ledger *ledger = r->ledger;
    uint32_t owed = ledger->acknowledged[from][to], arrived = ledger->arrived[from][to];

    if (ledger->lives[to].state != LIFE_ENDED)
        return 0;
    /* Between two that lived to the end everything is owed. */
    if (ledger->lives[from].state == LIFE_ENDED)
        owed = ledger->posted[from][to];
    return owed > arrived ? owed - arrived : 0;
}

static void add_up(const struct run *r, struct totals *t)
{
    memset(t, 0, sizeof *t);
    for (uint32_t i = 1; i <= r->lives; i++) {
        const struct ledger_life *life = &r->ledger->lives[i];

        t->messages += life->messages;
        t->bytes += life->bytes;
        t->lost += life->lost;
        t->repeated += life->repeated;
        t->corrupted += life->corrupted;
        t->failed_to_dead += life->failed_to_dead;
        t->failed_to_living += life->failed_to_living;
        t->aborted += life->aborted_receives;
        for (uint32_t to = 1; to <= r->lives; to++)
            t->lost += missing(r, i, to);
    }
}

static void report(const struct run *r, const struct totals *t, unsigned seconds)
{
    uint32_t between = r->ledger->posted[1][2] + r->ledger->posted[2][1];

    printf("seed %u, %u s: %u killed, %u left without a word, %u started again\n",
           (unsigned)r->seed, seconds, (unsigned)r->killed, (unsigned)r->left,
           (unsigned)(r->lives - LEDGER_SLOTS));
    printf("%llu messages, %llu MB arrived and were verified; %u of them between the survivors\n",
           (unsigned long long)t->messages, (unsigned long long)(t->bytes / 1000000),
           (unsigned)between);
    printf("%u lost, %u repeated, %u corrupted\n", (unsigned)t->lost, (unsigned)t->repeated,
           (unsigned)t->corrupted);
    printf("sends to the dead that failed as they should: %u; to the living: %u\n",
           (unsigned)t->failed_to_dead, (unsigned)t->failed_to_living);
    printf("receives that ended with their sender: %u\n", (unsigned)t->aborted);
}

static int control(unsigned seconds, uint32_t seed)
{
    static struct run run;
    struct run *r = &run;
    struct totals totals;

    r->seed = seed;
    r->random = seed;
    r->ledger = ledger_create();
    if (!r->ledger) {
        printf("FAILED: no shared memory for the books (Windows error %lu)\n", GetLastError());
        return 1;
    }
    if (!kill_and_restart(r, seconds) || !end_all(r))
        abandon(r);
    add_up(r, &totals);
    report(r, &totals, seconds);
    if (totals.lost + totals.repeated + totals.corrupted + totals.failed_to_living != 0)
        fail(r, "messages were not as they should be", 0);
    if (totals.messages == 0 || r->killed + r->left == 0)
        fail(r, "nothing was tested: no message was sent, or no client was killed", 0);
    if (!sim_becomes_clean())
        fail(r, "objects of the dead are left in the driver", 0);
    else
        printf("the driver's tables are empty\n");
    printf("%u passed, %u failed\n", r->failures == 0, r->failures != 0);
    return r->failures != 0;
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "client") == 0)
        return client_run((uint32_t)strtoul(argv[2], NULL, 10),
                          (uint32_t)strtoul(argv[3], NULL, 10));
    if (argc == 3 && atoi(argv[1]) > 0)
        return control((unsigned)atoi(argv[1]), (uint32_t)strtoul(argv[2], NULL, 10));
    fprintf(stderr, "usage: kill_restart SECONDS SEED\n");
    return 2;
}
