/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Threads on Windows and POSIX; see thread.h. */
#ifndef _WIN32
#define _GNU_SOURCE /* affinity */
#endif

#include "thread.h"

#ifdef _WIN32

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

static DWORD WINAPI run(void *argument)
{
    struct tool_thread *thread = (struct tool_thread *)argument;

    if (thread->cpu != TOOL_ANY_CPU)
        tool_bind_to_cpu(thread->cpu);
    thread->main(thread->argument);
    return 0;
}

static bool start(struct tool_thread *thread)
{
    HANDLE handle = CreateThread(NULL, 0, run, thread, 0, NULL);

    thread->handle = (uintptr_t)handle;
    return handle != NULL;
}

void tool_thread_join(struct tool_thread *thread)
{
    WaitForSingleObject((HANDLE)thread->handle, INFINITE);
    CloseHandle((HANDLE)thread->handle);
}

/* Of the first group of processors, which has up to 64. */
bool tool_bind_to_cpu(int cpu)
{
    return SetThreadAffinityMask(GetCurrentThread(), (DWORD_PTR)1 << cpu) != 0;
}

unsigned tool_cpu_count(void)
{
    SYSTEM_INFO info;

    GetSystemInfo(&info);
    return info.dwNumberOfProcessors;
}

static uint64_t in_ns(FILETIME time)
{
    return ((uint64_t)time.dwHighDateTime << 32 | time.dwLowDateTime) * 100;
}

uint64_t tool_processor_time_ns(void)
{
    FILETIME created, ended, kernel, user;

    if (!GetProcessTimes(GetCurrentProcess(), &created, &ended, &kernel, &user))
        return 0;
    return in_ns(kernel) + in_ns(user);
}

#else

#include <pthread.h>
#include <sched.h>
#include <time.h>
#include <unistd.h>

static void *run(void *argument)
{
    struct tool_thread *thread = (struct tool_thread *)argument;

    if (thread->cpu != TOOL_ANY_CPU)
        tool_bind_to_cpu(thread->cpu);
    thread->main(thread->argument);
    return NULL;
}

static bool start(struct tool_thread *thread)
{
    pthread_t handle;

    if (pthread_create(&handle, NULL, run, thread) != 0)
        return false;
    thread->handle = (uintptr_t)handle;
    return true;
}

void tool_thread_join(struct tool_thread *thread)
{
    pthread_join((pthread_t)thread->handle, NULL);
}

bool tool_bind_to_cpu(int cpu)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET((unsigned)cpu, &set);
    return sched_setaffinity(0, sizeof set, &set) == 0;
}

unsigned tool_cpu_count(void)
{
    const long count = sysconf(_SC_NPROCESSORS_ONLN);

    return count > 0 ? (unsigned)count : 1;
}

uint64_t tool_processor_time_ns(void)
{
    struct timespec time;

    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) != 0)
        return 0;
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

#endif

bool tool_thread_start(struct tool_thread *thread, tool_thread_main *main, void *argument, int cpu)
{
    thread->main = main;
    thread->argument = argument;
    thread->cpu = cpu;
    return start(thread);
}
