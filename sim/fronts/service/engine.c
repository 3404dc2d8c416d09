/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* How the engine divides its time between work, looking for work, and sleep. */
#include "engine.h"

#include "../../../src/os/compiler.h"

#define STEP_BUDGET 256u
/* Without work: it looks again and again, lets others run between looks, then sleeps. */
#define SPIN_NS 2000u
#define YIELD_NS 200000u
#define SHORTEST_SLEEP_NS 20000u
#define LONGEST_SLEEP_NS 1000000u
#define PASS_ROUNDS 1000u

bool engine_init(struct engine *engine)
{
    return system_signal_init(&engine->wake);
}

void engine_destroy(struct engine *engine)
{
    system_signal_destroy(&engine->wake);
}

/* The model's mutex is not fair: without this a request might wait for as long as traffic lasts. */
static void let_requests_pass(const struct engine *engine)
{
    for (unsigned i = 0; i < PASS_ROUNDS && efa_load_acquire_u32(engine->waiting) != 0; i++)
        system_yield();
}

/* The longer there was nothing to do, the longer it sleeps; not past the next message's moment. */
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
    if (deadline < now + sleep)
        sleep = deadline > now ? deadline - now : 0;
    system_sleep(sleep);
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
            last_work = now;
        } else if (!efasim_has_queue_pairs(engine->sim)) {
            /* Signalled by each queue pair that was made, also between that look and this wait. */
            system_signal_wait(&engine->wake);
            last_work = system_now();
        } else {
            rest(now - last_work, now, step.next_deadline);
        }
    }
}

bool engine_start(struct engine *engine, struct efasim *sim, const uint32_t *waiting)
{
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
