/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Threads and time on Linux. */
#define _GNU_SOURCE
#include "system.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#define STACK_SIZE ((size_t)256 * 1024)
#define TIMER_SLACK 1000u /* nanoseconds; the default of 50000 is longer than a short sleep */

bool system_mutex_init(struct system_mutex *mutex)
{
    return pthread_mutex_init(&mutex->native, NULL) == 0;
}

void system_mutex_destroy(struct system_mutex *mutex)
{
    pthread_mutex_destroy(&mutex->native);
}

void system_mutex_lock(struct system_mutex *mutex)
{
    pthread_mutex_lock(&mutex->native);
}

bool system_mutex_try_lock(struct system_mutex *mutex)
{
    return pthread_mutex_trylock(&mutex->native) == 0;
}

void system_mutex_unlock(struct system_mutex *mutex)
{
    pthread_mutex_unlock(&mutex->native);
}

static void *run_thread(void *argument)
{
    struct system_thread *thread = argument;

    thread->run(thread->argument);
    return NULL;
}

/* Only the main thread handles signals. */
bool system_thread_start(struct system_thread *thread, void (*run)(void *argument), void *argument)
{
    pthread_attr_t attributes;
    sigset_t all, before;
    bool ok;

    if (pthread_attr_init(&attributes) != 0)
        return false;
    thread->run = run;
    thread->argument = argument;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    ok = pthread_attr_setstacksize(&attributes, STACK_SIZE) == 0 &&
         pthread_create(&thread->native, &attributes, run_thread, thread) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return ok;
}

void system_thread_join(struct system_thread *thread)
{
    pthread_join(thread->native, NULL);
}

uint32_t system_process(void)
{
    return (uint32_t)getpid();
}

struct timespec system_timespec(uint64_t nanoseconds)
{
    struct timespec time = {(time_t)(nanoseconds / SYSTEM_SECOND),
                            (long)(nanoseconds % SYSTEM_SECOND)};

    return time;
}

uint64_t system_now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * SYSTEM_SECOND + (uint64_t)time.tv_nsec;
}

bool system_signal_init(struct system_signal *signal)
{
    pthread_condattr_t attributes;
    bool ok;

    signal->is_set = false;
    if (pthread_condattr_init(&attributes) != 0)
        return false;
    ok = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0 &&
         pthread_mutex_init(&signal->lock, NULL) == 0;
    if (ok && pthread_cond_init(&signal->changed, &attributes) != 0) {
        pthread_mutex_destroy(&signal->lock);
        ok = false;
    }
    pthread_condattr_destroy(&attributes);
    return ok;
}

void system_signal_destroy(struct system_signal *signal)
{
    pthread_cond_destroy(&signal->changed);
    pthread_mutex_destroy(&signal->lock);
}

void system_signal_set(struct system_signal *signal)
{
    pthread_mutex_lock(&signal->lock);
    signal->is_set = true;
    pthread_cond_signal(&signal->changed);
    pthread_mutex_unlock(&signal->lock);
}

void system_signal_wait(struct system_signal *signal)
{
    pthread_mutex_lock(&signal->lock);
    while (!signal->is_set)
        pthread_cond_wait(&signal->changed, &signal->lock);
    signal->is_set = false;
    pthread_mutex_unlock(&signal->lock);
}

bool system_signal_wait_for(struct system_signal *signal, uint64_t nanoseconds)
{
    struct timespec time = system_timespec(system_now() + nanoseconds);
    int error = 0;
    bool was_set;

    pthread_mutex_lock(&signal->lock);
    while (!signal->is_set && error == 0)
        error = pthread_cond_timedwait(&signal->changed, &signal->lock, &time);
    was_set = signal->is_set;
    signal->is_set = false;
    pthread_mutex_unlock(&signal->lock);
    return was_set;
}

void system_sleep(uint64_t nanoseconds)
{
    struct timespec time = system_timespec(nanoseconds);

    nanosleep(&time, NULL);
}

void system_yield(void)
{
    sched_yield();
}

void system_event_set(int event)
{
    const uint64_t one = 1;

    while (write(event, &one, sizeof one) < 0 && errno == EINTR)
        ;
}

void system_sleep_precisely(void)
{
    (void)prctl(PR_SET_TIMERSLACK, (unsigned long)TIMER_SLACK, 0, 0, 0);
}
