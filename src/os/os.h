/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The library's interface to the operating system, apart from the driver: memory, mutexes,
 * yielding, the end of the process, and log output. os_windows.c, log_file_windows.c and os_posix.c
 * implement it.
 */
#ifndef EFA_OS_OS_H
#define EFA_OS_OS_H

#include "compiler.h"

/* Zeroed memory, or NULL. `alignment` is a power of two of at least sizeof(void *). */
void *efa_os_alloc(size_t size);
void *efa_os_alloc_aligned(size_t size, size_t alignment);
/* Each frees what the function of the same name allocated. NULL is allowed. */
void efa_os_free(void *memory);
void efa_os_free_aligned(void *memory);

/* For control calls, which may wait for the driver while they hold it. */
struct efa_mutex {
    void *native[8]; /* room for the system's own object */
};

/* Returns 0 or an errno value. */
int efa_mutex_init(struct efa_mutex *mutex);
void efa_mutex_destroy(struct efa_mutex *mutex);
void efa_mutex_lock(struct efa_mutex *mutex);
void efa_mutex_unlock(struct efa_mutex *mutex);

/* Lets another thread run. */
void efa_os_yield(void);

/*
 * True in calls from a DLL's detach while the process ends: Windows has then ended all other
 * threads. No other thread can release a lock, so the caller may take it; efa_mutex_lock() does so
 * itself.
 */
bool efa_os_process_is_ending(void);

#ifdef _WIN32
/*
 * Called once, while the DLL is attached: looks up the function that efa_os_process_is_ending()
 * calls.
 */
void efa_os_find_process_state(void);
#else
/* For tests: what efa_os_process_is_ending() returns from now on. */
void efa_os_pretend_process_ends(bool is_ending);
#endif

/*
 * Copies an environment variable; returns false if it is unset or empty. If it is longer than the
 * buffer (at least 64 bytes), the copy is a text in brackets that says so. No setting accepts it.
 */
#define EFA_OS_LONG_VALUE "(longer than %u characters)"
bool efa_os_getenv(const char *name, char *value, size_t size);

#define EFA_OS_LOG_PATH_LIMIT 1023

/*
 * Writes one complete line to the file that EFAWIN_LOG_FILE names, else to stderr and the debugger.
 * Returns 0, or the system's error that prevented writing to the file.
 */
uint32_t efa_os_write_log(const char *line, size_t length);

#endif
