/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The operating system on Windows, except where log lines go (log_file_windows.c). Memory and errno
 * are the dynamic UCRT's.
 */
#include "os.h"

#include <windows.h>

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static_assert(sizeof(SRWLOCK) <= sizeof(struct efa_mutex), "room for a slim reader/writer lock");

static SRWLOCK *native_mutex(struct efa_mutex *mutex)
{
    return (SRWLOCK *)(void *)mutex->native;
}

void *efa_os_alloc(size_t size)
{
    return calloc(1, size);
}

void *efa_os_alloc_aligned(size_t size, size_t alignment)
{
    void *memory = _aligned_malloc(size, alignment);

    return memory ? memset(memory, 0, size) : NULL;
}

void efa_os_free(void *memory)
{
    free(memory);
}

void efa_os_free_aligned(void *memory)
{
    _aligned_free(memory);
}

int efa_mutex_init(struct efa_mutex *mutex)
{
    InitializeSRWLock(native_mutex(mutex));
    return 0;
}

void efa_mutex_destroy(struct efa_mutex *mutex)
{
    (void)mutex; /* a slim lock owns nothing */
}

/*
 * While the process ends, waiting for a lock of an ended thread makes Windows end the process at
 * once, without the detach of the other DLLs. A free lock may also still list ended threads that
 * waited for it, on their stacks. So the lock is initialised again: no other thread is left.
 */
void efa_mutex_lock(struct efa_mutex *mutex)
{
    SRWLOCK *lock = native_mutex(mutex);

    if (efa_os_process_is_ending())
        InitializeSRWLock(lock);
    AcquireSRWLockExclusive(lock);
}

void efa_mutex_unlock(struct efa_mutex *mutex)
{
    ReleaseSRWLockExclusive(native_mutex(mutex));
}

void efa_os_yield(void)
{
    SwitchToThread();
}

/* ntdll's RtlDllShutdownInProgress; NULL if the system has no such call. */
static BOOLEAN(NTAPI *shutdown_in_progress)(void);

void efa_os_find_process_state(void)
{
    HMODULE ntdll = GetModuleHandleW(L"ntdll.dll");
    FARPROC address = ntdll ? GetProcAddress(ntdll, "RtlDllShutdownInProgress") : NULL;

    /* Copied as bytes: C does not convert between pointers to different kinds of functions. */
    memcpy(&shutdown_in_progress, &address, sizeof address);
}

bool efa_os_process_is_ending(void)
{
    static bool others_have_stopped;

    if (!shutdown_in_progress || !shutdown_in_progress())
        return false;
    if (!others_have_stopped) {
        /* Ending a thread that runs on another core takes until that core is interrupted. */
        Sleep(1);
        others_have_stopped = true;
    }
    return true;
}

bool efa_os_getenv(const char *name, char *value, size_t size)
{
    DWORD length = GetEnvironmentVariableA(name, value, (DWORD)size);

    if (length >= size)
        snprintf(value, size, EFA_OS_LONG_VALUE, (unsigned)size - 1);
    return length != 0;
}
