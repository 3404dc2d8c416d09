/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Threads and time on Windows. */
#include "system.h"

#include <windows.h>

#include <assert.h>

#define STACK_SIZE ((SIZE_T)256 * 1024)
#define TICK 100u /* nanoseconds: what timers count in */

/*
 * Older headers do not name it: a timer that the system's tick does not make late (Windows 10
 * 1803).
 */
#define PRECISE_TIMER 0x2u

static_assert(sizeof(SRWLOCK) == sizeof(struct system_mutex), "a slim reader/writer lock");

static SRWLOCK *native_lock(struct system_mutex *mutex)
{
    return (SRWLOCK *)(void *)&mutex->native;
}

bool system_mutex_init(struct system_mutex *mutex)
{
    InitializeSRWLock(native_lock(mutex));
    return true;
}

void system_mutex_destroy(struct system_mutex *mutex)
{
    (void)mutex; /* a slim lock owns nothing */
}

void system_mutex_lock(struct system_mutex *mutex)
{
    AcquireSRWLockExclusive(native_lock(mutex));
}

bool system_mutex_try_lock(struct system_mutex *mutex)
{
    return TryAcquireSRWLockExclusive(native_lock(mutex)) != 0;
}

void system_mutex_unlock(struct system_mutex *mutex)
{
    ReleaseSRWLockExclusive(native_lock(mutex));
}

static DWORD WINAPI run_thread(void *argument)
{
    struct system_thread *thread = argument;

    thread->run(thread->argument);
    return 0;
}

bool system_thread_start(struct system_thread *thread, void (*run)(void *argument), void *argument)
{
    thread->run = run;
    thread->argument = argument;
    thread->native =
        CreateThread(NULL, STACK_SIZE, run_thread, thread, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
    return thread->native != NULL;
}

void system_thread_join(struct system_thread *thread)
{
    WaitForSingleObject(thread->native, INFINITE);
    CloseHandle(thread->native);
}

uint32_t system_process(void)
{
    return GetCurrentProcessId();
}

/* The frequency is fixed at boot, and asking for it costs a read. */
uint64_t system_now(void)
{
    LARGE_INTEGER count, frequency;
    uint64_t seconds, rest;

    QueryPerformanceFrequency(&frequency);
    QueryPerformanceCounter(&count);
    seconds = (uint64_t)count.QuadPart / (uint64_t)frequency.QuadPart;
    rest = (uint64_t)count.QuadPart % (uint64_t)frequency.QuadPart;
    return seconds * SYSTEM_SECOND + rest * SYSTEM_SECOND / (uint64_t)frequency.QuadPart;
}

bool system_signal_init(struct system_signal *signal)
{
    signal->native = CreateEventW(NULL, FALSE, FALSE, NULL);
    return signal->native != NULL;
}

void system_signal_destroy(struct system_signal *signal)
{
    CloseHandle(signal->native);
}

void system_signal_set(struct system_signal *signal)
{
    SetEvent(signal->native);
}

void system_signal_wait(struct system_signal *signal)
{
    WaitForSingleObject(signal->native, INFINITE);
}

static DWORD milliseconds(uint64_t nanoseconds)
{
    uint64_t count = (nanoseconds + SYSTEM_MILLISECOND - 1) / SYSTEM_MILLISECOND;

    return count < INFINITE ? (DWORD)count : INFINITE - 1;
}

bool system_signal_wait_for(struct system_signal *signal, uint64_t nanoseconds)
{
    return WaitForSingleObject(signal->native, milliseconds(nanoseconds)) == WAIT_OBJECT_0;
}

/*
 * The timers of threads that sleep precisely: one for each, made at its first call, in a slot that
 * closes it when the thread ends.
 */
static INIT_ONCE slot_once = INIT_ONCE_STATIC_INIT;
static DWORD slot = FLS_OUT_OF_INDEXES;

static void WINAPI close_timer(void *timer)
{
    if (timer)
        CloseHandle(timer);
}

static BOOL CALLBACK take_slot(INIT_ONCE *once, void *argument, void **result)
{
    (void)once;
    (void)argument;
    (void)result;
    slot = FlsAlloc(close_timer);
    return TRUE;
}

void system_sleep_precisely(void)
{
    HANDLE timer;

    InitOnceExecuteOnce(&slot_once, take_slot, NULL, NULL);
    if (slot == FLS_OUT_OF_INDEXES || FlsGetValue(slot))
        return;
    timer = CreateWaitableTimerExW(NULL, NULL, PRECISE_TIMER, TIMER_MODIFY_STATE | SYNCHRONIZE);
    if (timer && !FlsSetValue(slot, timer))
        CloseHandle(timer);
}

void system_sleep(uint64_t nanoseconds)
{
    HANDLE timer = slot != FLS_OUT_OF_INDEXES ? FlsGetValue(slot) : NULL;
    LARGE_INTEGER time;

    time.QuadPart = -(LONGLONG)(nanoseconds / TICK); /* negative: from now on */
    if (timer && SetWaitableTimer(timer, &time, 0, NULL, NULL, FALSE))
        WaitForSingleObject(timer, INFINITE);
    else
        Sleep(milliseconds(nanoseconds));
}

void system_yield(void)
{
    SwitchToThread();
}
