/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The operating system interface on POSIX, for native builds with the simulated EFA. */
#include "lock_order.h"
#include "os.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static_assert(sizeof(pthread_mutex_t) <= sizeof(struct efa_mutex), "room for a pthread mutex");

static pthread_mutex_t *native_mutex(struct efa_mutex *mutex)
{
    return (pthread_mutex_t *)(void *)mutex->native;
}

void *efa_os_alloc(size_t size)
{
    return calloc(1, size);
}

void *efa_os_alloc_aligned(size_t size, size_t alignment)
{
    void *memory = NULL;

    if (posix_memalign(&memory, alignment, size))
        return NULL;
    return memset(memory, 0, size);
}

void efa_os_free(void *memory)
{
    free(memory);
}

void efa_os_free_aligned(void *memory)
{
    free(memory);
}

int efa_mutex_init(struct efa_mutex *mutex)
{
    return pthread_mutex_init(native_mutex(mutex), NULL);
}

void efa_mutex_destroy(struct efa_mutex *mutex)
{
    pthread_mutex_destroy(native_mutex(mutex));
}

/* As on Windows: an ended thread may hold it. */
void efa_mutex_lock(struct efa_mutex *mutex)
{
    pthread_mutex_t *lock = native_mutex(mutex);

    efa_lock_order_hold(mutex, EFA_RANK_CONTROL);
    if (efa_os_process_is_ending())
        pthread_mutex_init(lock, NULL);
    pthread_mutex_lock(lock);
}

void efa_mutex_unlock(struct efa_mutex *mutex)
{
    pthread_mutex_unlock(native_mutex(mutex));
    efa_lock_order_let_go(mutex);
}

void efa_os_yield(void)
{
    sched_yield();
}

/* Nothing calls the library while a process ends on this system. */
static uint32_t pretends_to_end;

bool efa_os_process_is_ending(void)
{
    return efa_load_relaxed_u32(&pretends_to_end) != 0;
}

void efa_os_pretend_process_ends(bool is_ending)
{
    efa_store_relaxed_u32(&pretends_to_end, is_ending);
}

bool efa_os_getenv(const char *name, char *value, size_t size)
{
    /* The library never changes the environment. */
    const char *found = getenv(name); /* NOLINT(concurrency-mt-unsafe) */
    size_t length = found ? strlen(found) : 0;

    if (length == 0)
        return false;
    if (length < size)
        memcpy(value, found, length + 1);
    else
        snprintf(value, size, EFA_OS_LONG_VALUE, (unsigned)size - 1);
    return true;
}

/* Returns 0 or an errno value, also if no file is named. */
static uint32_t write_to_log_file(const char *line, size_t length, bool *is_named)
{
    const char *path = getenv("EFAWIN_LOG_FILE"); /* NOLINT(concurrency-mt-unsafe) */
    uint32_t error = 0;
    struct stat about;
    int file;

    *is_named = path && path[0] != '\0';
    if (!*is_named)
        return ENOENT;
    if (strlen(path) > EFA_OS_LOG_PATH_LIMIT)
        return ENAMETOOLONG;
    /* A pipe could make the process wait for a reader, or end it when the reader is gone. */
    file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0644);
    if (file < 0)
        return (uint32_t)errno;
    if (fstat(file, &about) == 0 && S_ISFIFO(about.st_mode))
        error = ENXIO; /* the error of a pipe without a reader */
    else if (write(file, line, length) < 0)
        error = (uint32_t)errno;
    close(file);
    return error;
}

uint32_t efa_os_write_log(const char *line, size_t length)
{
    bool is_named;
    uint32_t error = write_to_log_file(line, length, &is_named);

    if (error != 0) {
        /* If this fails too, there is no other place for the line. */
        ssize_t written = write(STDERR_FILENO, line, length);
        (void)written;
    }
    return is_named ? error : 0;
}
