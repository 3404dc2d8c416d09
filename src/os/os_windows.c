/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The operating system seam on Windows. Memory and errno are the dynamic UCRT's. */
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

void efa_mutex_lock(struct efa_mutex *mutex)
{
    AcquireSRWLockExclusive(native_mutex(mutex));
}

void efa_mutex_unlock(struct efa_mutex *mutex)
{
    ReleaseSRWLockExclusive(native_mutex(mutex));
}

void efa_os_yield(void)
{
    SwitchToThread();
}

bool efa_os_getenv(const char *name, char *value, size_t size)
{
    DWORD length = GetEnvironmentVariableA(name, value, (DWORD)size);

    if (length >= size)
        snprintf(value, size, EFA_OS_LONG_VALUE, (unsigned)size - 1);
    return length != 0;
}

static DWORD write_to(HANDLE file, const char *line, size_t length)
{
    DWORD written = 0;

    if (!WriteFile(file, line, (DWORD)length, &written, NULL))
        return GetLastError();
    return written == length ? ERROR_SUCCESS : ERROR_DISK_FULL;
}

/*
 * A Windows error, also where no file is named. Opened for each line: log lines are rare, and nothing
 * is left open when the DLL is unloaded.
 */
static DWORD write_to_log_file(const char *line, size_t length, bool *is_named)
{
    wchar_t path[EFA_OS_LOG_PATH_LIMIT + 1];
    DWORD path_length = GetEnvironmentVariableW(L"EFAWIN_LOG_FILE", path, EFA_ARRAY_SIZE(path));

    *is_named = path_length != 0;
    if (path_length == 0)
        return ERROR_ENVVAR_NOT_FOUND;
    if (path_length >= EFA_ARRAY_SIZE(path))
        return ERROR_FILENAME_EXCED_RANGE;
    HANDLE file = CreateFileW(path, FILE_APPEND_DATA, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
                              OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return GetLastError();
    DWORD error = write_to(file, line, length);
    CloseHandle(file);
    return error;
}

uint32_t efa_os_write_log(const char *line, size_t length)
{
    DWORD last_error = GetLastError();
    bool is_named;
    DWORD error = write_to_log_file(line, length, &is_named);

    if (error != ERROR_SUCCESS) {
        HANDLE console = GetStdHandle(STD_ERROR_HANDLE);

        if (console && console != INVALID_HANDLE_VALUE)
            (void)write_to(console, line, length);
        OutputDebugStringA(line);
    }
    SetLastError(last_error);
    return is_named ? error : 0;
}
