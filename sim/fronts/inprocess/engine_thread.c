/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The background thread that runs the adapters. It sleeps when there is no traffic. */
#define _GNU_SOURCE
#include <sched.h>
#include <time.h>

#include "inprocess_internal.h"

#define STEP_BUDGET 256u
/* Idle steps: first it spins, then it yields the processor, then it sleeps. */
#define SPIN_ROUNDS 20u
#define IDLE_ROUNDS 1000u
#define YIELD_ROUNDS 1000u
#define SHORTEST_SLEEP 20000u
#define LONGEST_SLEEP 1000000u

/* The model's mutex is not fair: without this a request might wait as long as there is traffic. */
static void let_requests_pass(struct efasim_inprocess *inprocess)
{
    for (unsigned i = 0; i < YIELD_ROUNDS && efa_load_acquire_u32(&inprocess->waiting) != 0; i++)
        sched_yield();
}

static uint32_t wakes_seen(struct efasim_inprocess *inprocess)
{
    pthread_mutex_lock(&inprocess->engine_lock);
    uint32_t count = inprocess->wake_count;
    pthread_mutex_unlock(&inprocess->engine_lock);
    return count;
}

static void wait_for_queue_pair(struct efasim_inprocess *inprocess, uint32_t seen)
{
    pthread_mutex_lock(&inprocess->engine_lock);
    while (inprocess->wake_count == seen && efa_load_acquire_u32(&inprocess->engine_stop) == 0)
        pthread_cond_wait(&inprocess->engine_wake, &inprocess->engine_lock);
    pthread_mutex_unlock(&inprocess->engine_lock);
}

/* Sleeps twice as long each time, but not beyond the due time of a message. */
static void sleep_a_little(uint32_t *duration, uint64_t deadline)
{
    uint64_t now = inprocess_real_time();
    uint64_t left = deadline > now ? deadline - now : 0;
    struct timespec time = {0, (long)(left < *duration ? left : *duration)};

    nanosleep(&time, NULL);
    if (*duration < LONGEST_SLEEP / 2)
        *duration *= 2;
    else
        *duration = LONGEST_SLEEP;
}

static void *engine(void *argument)
{
    struct efasim_inprocess *inprocess = argument;
    uint32_t idle_rounds = 0;
    uint32_t duration = SHORTEST_SLEEP;

    while (efa_load_acquire_u32(&inprocess->engine_stop) == 0) {
        uint32_t wakes = wakes_seen(inprocess);
        struct efasim_step_result result;
        do {
            result = efasim_step(inprocess->sim, STEP_BUDGET);
            let_requests_pass(inprocess);
            idle_rounds = result.work != 0 ? 0 : idle_rounds + 1;
            if (idle_rounds > SPIN_ROUNDS)
                sched_yield();
        } while ((result.more || idle_rounds < IDLE_ROUNDS) &&
                 efa_load_acquire_u32(&inprocess->engine_stop) == 0);
        if (!efasim_has_queue_pairs(inprocess->sim)) {
            wait_for_queue_pair(inprocess, wakes);
            duration = SHORTEST_SLEEP;
        } else {
            if (idle_rounds == IDLE_ROUNDS)
                duration = SHORTEST_SLEEP;
            bool is_virtual = efa_load_acquire_u32(&inprocess->is_virtual) != 0;
            sleep_a_little(&duration, is_virtual ? EFASIM_NEVER : result.next_deadline);
        }
    }
    return NULL;
}

bool efasim_inprocess_start_engine(struct efasim_inprocess *inprocess)
{
    if (inprocess->engine_runs)
        return true;
    efa_store_release_u32(&inprocess->engine_stop, 0);
    inprocess->engine_runs = pthread_create(&inprocess->engine, NULL, engine, inprocess) == 0;
    return inprocess->engine_runs;
}

void efasim_inprocess_stop_engine(struct efasim_inprocess *inprocess)
{
    if (!inprocess->engine_runs)
        return;
    pthread_mutex_lock(&inprocess->engine_lock);
    efa_store_release_u32(&inprocess->engine_stop, 1);
    pthread_cond_signal(&inprocess->engine_wake);
    pthread_mutex_unlock(&inprocess->engine_lock);
    pthread_join(inprocess->engine, NULL);
    inprocess->engine_runs = false;
}
