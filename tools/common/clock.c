/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Clock and yield, for programs that poll; see clock.h. */
#ifndef _WIN32
#define _POSIX_C_SOURCE 200809L
#endif

#include "clock.h"

#ifdef _WIN32

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

uint64_t tool_now_ns(void)
{
    LARGE_INTEGER count, frequency;

    QueryPerformanceCounter(&count);
    QueryPerformanceFrequency(&frequency);
    /* In two steps: count * 10^9 would overflow after some minutes. */
    return (uint64_t)(count.QuadPart / frequency.QuadPart) * 1000000000u +
           (uint64_t)(count.QuadPart % frequency.QuadPart) * 1000000000u /
               (uint64_t)frequency.QuadPart;
}

void tool_yield(void)
{
    SwitchToThread();
}

void tool_sleep_ms(unsigned milliseconds)
{
    Sleep(milliseconds);
}

#else

#include <sched.h>
#include <time.h>

uint64_t tool_now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void tool_yield(void)
{
    sched_yield();
}

void tool_sleep_ms(unsigned milliseconds)
{
    const struct timespec time = {(time_t)(milliseconds / 1000),
                                  (long)(milliseconds % 1000) * 1000000};

    nanosleep(&time, NULL);
}

#endif
