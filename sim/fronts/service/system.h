/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The operating system calls of the service: time, threads, a mutex, an event. peer.h and
 * shared_memory.h have the others. system_linux.c and system_windows.c implement it.
 */
#ifndef EFASIM_SERVICE_SYSTEM_H
#define EFASIM_SERVICE_SYSTEM_H

#include <stdbool.h>
#include <stdint.h>

/* In nanoseconds. */
#define SYSTEM_MILLISECOND UINT64_C(1000000)
#define SYSTEM_SECOND UINT64_C(1000000000)

#ifdef _WIN32
struct system_mutex {
    void *native; /* a slim reader/writer lock */
};
struct system_thread {
    void *native; /* a handle */
    void (*run)(void *argument);
    void *argument;
};
struct system_signal {
    void *native; /* an event that resets itself */
};
#else
#include <pthread.h>
#include <time.h>
struct system_mutex {
    pthread_mutex_t native;
};
struct system_thread {
    pthread_t native;
    void (*run)(void *argument);
    void *argument;
};
/* An event: it stays signalled until a thread has waited for it. */
struct system_signal {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_set;
};
#endif

bool system_mutex_init(struct system_mutex *mutex);
void system_mutex_destroy(struct system_mutex *mutex);
void system_mutex_lock(struct system_mutex *mutex);
bool system_mutex_try_lock(struct system_mutex *mutex);
void system_mutex_unlock(struct system_mutex *mutex);

/* The structure must live until the thread is joined. */
bool system_thread_start(struct system_thread *thread, void (*run)(void *argument), void *argument);
void system_thread_join(struct system_thread *thread);

bool system_signal_init(struct system_signal *signal);
void system_signal_destroy(struct system_signal *signal);
void system_signal_set(struct system_signal *signal);
void system_signal_wait(struct system_signal *signal);
/* False: it was not signalled within this time. */
bool system_signal_wait_for(struct system_signal *signal, uint64_t nanoseconds);

uint32_t system_process(void);

/* Nanoseconds since a fixed moment. */
uint64_t system_now(void);
void system_sleep(uint64_t nanoseconds);
/* Yields the processor to another thread, if one is waiting. */
void system_yield(void);
/* Makes the sleeps of the calling thread precise. */
void system_sleep_precisely(void);

#ifndef _WIN32
struct timespec system_timespec(uint64_t nanoseconds);
/* Makes an eventfd readable. */
void system_event_set(int event);
#endif

#endif
