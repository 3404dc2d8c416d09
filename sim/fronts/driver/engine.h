/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The thread of the adapter. It runs the model while there is work, sleeps briefly while all queue
 * pairs are idle, and blocks while there is no queue pair.
 */
#ifndef EFASIM_DRIVER_ENGINE_H
#define EFASIM_DRIVER_ENGINE_H

#include "nt.h"
#include "ntdll_calls.h"

struct efasim;
struct engine_lock;

struct engine {
    struct efasim *sim;
    const struct engine_lock *lock;
    const struct ntdll_calls *ntdll;
    KEVENT wake;
    PVOID thread; /* the thread object; NULL: not started */
    uint32_t stopping;
};

NTSTATUS engine_start(struct engine *engine);
/* Returns when the thread has ended. */
void engine_stop(struct engine *engine);
void engine_wake(struct engine *engine);

uint64_t engine_now(const struct ntdll_calls *ntdll);

#endif
