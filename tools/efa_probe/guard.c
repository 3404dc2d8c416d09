/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Runs each point in a thread of its own. A request to which the driver never replies blocks only
 * that thread, and a case that fails ends its thread at once.
 */
#ifdef _WIN32
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <process.h>
#else
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <time.h>
#include <unistd.h>
#endif

#include "probe.h"

#include <stdio.h>
#include <stdlib.h>

/* Of the thread that runs; one at a time. */
static guard_function *guarded;
static void *guarded_argument;
static bool has_left;

#ifdef _WIN32

static unsigned __stdcall run(void *unused)
{
    (void)unused;
    guarded(guarded_argument);
    return 0;
}

void guard_leave(void)
{
    has_left = true;
    _endthreadex(0);
    for (;;) /* for compilers that do not know that _endthreadex does not return */
        Sleep(INFINITE);
}

enum guard_end guard_run(guard_function *function, void *argument, unsigned limit_ms)
{
    HANDLE thread;
    DWORD waited;

    guarded = function;
    guarded_argument = argument;
    has_left = false;
    thread = (HANDLE)_beginthreadex(NULL, 0, run, NULL, 0, NULL);
    if (!thread)
        return GUARD_NO_THREAD;
    waited = WaitForSingleObject(thread, limit_ms);
    CloseHandle(thread);
    if (waited != WAIT_OBJECT_0)
        return GUARD_STUCK;
    return has_left ? GUARD_LEFT : GUARD_RETURNED;
}

void guard_exit(int status)
{
    fflush(NULL);
    TerminateProcess(GetCurrentProcess(), (UINT)status);
    for (;;) /* as above */
        Sleep(INFINITE);
}

#else

static void *run(void *unused)
{
    (void)unused;
    guarded(guarded_argument);
    return NULL;
}

void guard_leave(void)
{
    has_left = true;
    pthread_exit(NULL);
}

enum guard_end guard_run(guard_function *function, void *argument, unsigned limit_ms)
{
    struct timespec until;
    pthread_t thread;

    guarded = function;
    guarded_argument = argument;
    has_left = false;
    if (pthread_create(&thread, NULL, run, NULL) != 0)
        return GUARD_NO_THREAD;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += limit_ms / 1000;
    until.tv_nsec += (long)(limit_ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    if (pthread_timedjoin_np(thread, NULL, &until) == ETIMEDOUT)
        return GUARD_STUCK;
    return has_left ? GUARD_LEFT : GUARD_RETURNED;
}

void guard_exit(int status)
{
    fflush(NULL);
    _exit(status);
}

#endif
