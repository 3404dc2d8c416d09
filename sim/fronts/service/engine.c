/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The engine's loop: work, polling for work, and sleep. */
#include "engine.h"

#include "../../../src/os/compiler.h"

#define STEP_BUDGET 256u
/* Without work it first spins, then yields the processor between steps, then sleeps. */
#define SPIN_NS 2000u
#define YIELD_NS 200000u
#define SHORTEST_SLEEP_NS 20000u
#define LONGEST_SLEEP_NS 1000000u
/* Then, if clients wake it, it sleeps for longer. */
#define DOZE_NS 20000000u
#define LONGEST_DOZE_NS 200000000u
#define PASS_ROUNDS 1000u

bool engine_init(struct engine *engine)
{
    return system_signal_init(&engine->wake);
}

void engine_destroy(struct engine *engine)
{
    system_signal_destroy(&engine->wake);
}

/* The model's mutex is not fair: without this a request might wait as long as there is traffic. */
static void let_requests_pass(const struct engine *engine)
{
    for (unsigned i = 0; i < PASS_ROUNDS && efa_load_acquire_u32(engine->waiting) != 0; i++)
        system_yield();
}

static uint64_t at_most(uint64_t time, uint64_t now, uint64_t deadline)
{
    uint64_t left = deadline > now ? deadline - now : 0;

    return time < left ? time : left;
}

/* The longer it was idle, the longer it sleeps, but not beyond the due time of a message. */
static void rest(uint64_t idle, uint64_t now, uint64_t deadline)
{
    uint64_t sleep;

    if (idle < SPIN_NS) {
        efa_cpu_relax();
        return;
    }
    if (idle < YIELD_NS) {
        system_yield();
        return;
    }
    sleep = idle / 8 > SHORTEST_SLEEP_NS ? idle / 8 : SHORTEST_SLEEP_NS;
    if (sleep > LONGEST_SLEEP_NS)
        sleep = LONGEST_SLEEP_NS;
    system_sleep(at_most(sleep, now, deadline));
}

static void wake_up(struct engine *engine)
{
    if (engine->is_announced)
        (void)engine->announce(engine->context, false);
    engine->is_announced = false;
}

/*
 * A sleep that clients end. If a doorbell is stored while the bells are being set, the check after
 * the first, short sleep finds it. Returns true if there may be work.
 */
static bool doze(struct engine *engine, uint64_t now, uint64_t deadline)
{
    if (engine->is_announced)
        return system_signal_wait_for(&engine->wake, at_most(LONGEST_DOZE_NS, now, deadline));
    engine->is_announced = engine->announce(engine->context, true);
    system_sleep(at_most(LONGEST_SLEEP_NS, now, deadline));
    return false;
}

static bool is_stopping(const struct engine *engine)
{
    return efa_load_acquire_u32(&engine->stopping) != 0;
}

static void run(void *argument)
{
    struct engine *engine = argument;
    uint64_t last_work = system_now();

    system_sleep_precisely();
    while (!is_stopping(engine)) {
        struct efasim_step_result step = efasim_step(engine->sim, STEP_BUDGET);
        uint64_t now = system_now();

        let_requests_pass(engine);
        if (step.work != 0 || step.more) {
            wake_up(engine);
            last_work = now;
        } else if (now - last_work >= DOZE_NS && efasim_has_queue_pairs(engine->sim)) {
            if (doze(engine, now, step.next_deadline)) {
                wake_up(engine);
                last_work = system_now();
            }
        } else if (!efasim_has_queue_pairs(engine->sim)) {
            /* The creation of a queue pair signals this, also between that check and this wait. */
            wake_up(engine);
            system_signal_wait(&engine->wake);
            last_work = system_now();
        } else {
            rest(now - last_work, now, step.next_deadline);
        }
    }
}

bool engine_start(struct engine *engine, struct efasim *sim, const uint32_t *waiting,
                  engine_announcer *announce, void *context)
{
    engine->announce = announce;
    engine->context = context;
    engine->sim = sim;
    engine->waiting = waiting;
    return system_thread_start(&engine->thread, run, engine);
}

void engine_stop(struct engine *engine)
{
    efa_store_release_u32(&engine->stopping, 1);
    engine_wake(engine);
    system_thread_join(&engine->thread);
}

void engine_wake(struct engine *engine)
{
    system_signal_set(&engine->wake);
}
