/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The platform callbacks on Linux. Clients are in this process. So rings are mapped once, and
 * clients' memory is accessed directly, or through the kernel if configured.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "../mappings_linux.h"
#include "device_memory.h"
#include "inprocess_internal.h"

static void *allocate(void *context, size_t size)
{
    (void)context;
    return calloc(1, size);
}

static void release(void *context, void *memory)
{
    (void)context;
    free(memory);
}

/* Set while this thread runs the model. */
static _Thread_local unsigned locks_held;

static void lock(void *context)
{
    struct efasim_inprocess *inprocess = context;

    locks_held++;
    if (pthread_mutex_trylock(&inprocess->model_lock) == 0)
        return;
    efa_fetch_add_u32(&inprocess->waiting, 1);
    pthread_mutex_lock(&inprocess->model_lock);
    efa_fetch_add_u32(&inprocess->waiting, (uint32_t)-1);
}

static void unlock(void *context)
{
    struct efasim_inprocess *inprocess = context;

    locks_held--;
    pthread_mutex_unlock(&inprocess->model_lock);
}

uint64_t inprocess_real_time(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static uint64_t now(void *context)
{
    struct efasim_inprocess *inprocess = context;
    if (efa_load_acquire_u32(&inprocess->is_virtual) != 0)
        return efa_load_acquire_u64(&inprocess->virtual_now);
    return inprocess_real_time();
}

static void log_line(void *context, enum efasim_log_level level, const char *line)
{
    struct efasim_inprocess *inprocess = context;
    if (inprocess->hooks.log)
        inprocess->hooks.log(inprocess->hooks.context, level, line);
    else if (level <= EFASIM_LOG_WARNING)
        fprintf(stderr, "efasim: %s\n", line);
}

static void trace_line(void *context, const char *line)
{
    struct efasim_inprocess *inprocess = context;
    if (inprocess->hooks.trace)
        inprocess->hooks.trace(inprocess->hooks.context, line);
}

static void violation(void *context, const char *line)
{
    struct efasim_inprocess *inprocess = context;
    if (inprocess->hooks.violation) {
        inprocess->hooks.violation(inprocess->hooks.context, line);
        return;
    }
    fprintf(stderr, "efasim: ending the process (abort_on_violation)\n");
    abort();
}

/* If the client registered the memory of a ring, the model itself may access it: not an access
 * of the client. */
static bool is_the_models(void)
{
    return locks_held != 0;
}

static void report_read(void *context, uint64_t address)
{
    const struct inprocess_device *device = context;

    if (!is_the_models())
        efasim_report_read(device->inprocess->sim, context, address);
}

static void report_write(void *context, uint64_t address)
{
    const struct inprocess_device *device = context;

    if (!is_the_models())
        efasim_report_write(device->inprocess->sim, context, address);
}

/* Without traps for reads only the first page, the send doorbell, is watched. */
static uint32_t map_watched(struct inprocess_device *device, size_t size, bool traps_reads,
                            struct efasim_mapping *mapping)
{
    struct device_memory_watcher watcher = {traps_reads ? report_read : NULL, report_write, device};
    size_t watched = traps_reads ? size : (size_t)sysconf(_SC_PAGESIZE);
    struct device_memory *memory = device_memory_create(size, watched, &watcher);

    if (!memory)
        return EFA_WIN32_NOT_ENOUGH_MEMORY;
    mapping->model = memory->model;
    mapping->client = (uint64_t)(uintptr_t)memory->client;
    mapping->front = memory;
    return EFA_WIN32_SUCCESS;
}

/* There is an inaccessible page on both sides of each mapping. */
static uint32_t map(void *context, void *front_client, enum efasim_mapping_kind kind, size_t size,
                    struct efasim_mapping *mapping)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t rounded = (size + page - 1) / page * page;
    const struct efasim_inprocess *inprocess = context;
    struct inprocess_device *device = front_client;

    if (inprocess->traps_reads && (kind == EFASIM_MAP_SEND_RING || kind == EFASIM_MAP_DOORBELLS))
        return map_watched(device, rounded, true, mapping);
    if (device->watches_doorbells && kind == EFASIM_MAP_DOORBELLS)
        return map_watched(device, rounded, false, mapping);
    uint8_t *whole = mmap(NULL, rounded + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (whole == MAP_FAILED)
        return EFA_WIN32_NOT_ENOUGH_MEMORY;
    if (mprotect(whole + page, rounded, PROT_READ | PROT_WRITE) != 0) {
        munmap(whole, rounded + 2 * page);
        return EFA_WIN32_NOT_ENOUGH_MEMORY;
    }
    mapping->model = whole + page;
    mapping->client = (uint64_t)(uintptr_t)mapping->model;
    mapping->front = whole;
    return EFA_WIN32_SUCCESS;
}

static void unmap(void *context, void *front_client, const struct efasim_mapping *mapping)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    (void)context;
    (void)front_client;
    if ((uint64_t)(uintptr_t)mapping->model != mapping->client) {
        device_memory_destroy(mapping->front);
        return;
    }
    munmap(mapping->front, (mapping->size + page - 1) / page * page + 2 * page);
}

static uint32_t validate(void *context, void *front_client, uint64_t address, uint64_t size,
                         bool writable)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    bool is_mapped;

    (void)context;
    (void)front_client;
    if (!maps)
        return EFA_WIN32_GEN_FAILURE;
    is_mapped = efasim_is_mapped(maps, address, size, writable);
    fclose(maps);
    return is_mapped ? EFA_WIN32_SUCCESS : EFA_WIN32_NOACCESS;
}

static void *translate(void *context, void *front_client, uint64_t address, uint64_t size)
{
    const struct efasim_inprocess *inprocess = context;
    (void)front_client;
    (void)size;
    return inprocess->indirect ? NULL : (void *)(uintptr_t)address;
}

/* Through the kernel, so that access to unmapped memory is an error and not a crash. */
static void copy(void *context, void *front_client, enum efasim_copy_direction direction,
                 struct efasim_copy *copies, uint32_t count)
{
    pid_t self = getpid();
    (void)context;
    (void)front_client;

    for (uint32_t i = 0; i < count; i++) {
        struct iovec own = {copies[i].model, copies[i].size};
        struct iovec theirs = {(void *)(uintptr_t)copies[i].client, copies[i].size};
        ssize_t moved = direction == EFASIM_COPY_FROM_CLIENT
                            ? process_vm_readv(self, &own, 1, &theirs, 1, 0)
                            : process_vm_writev(self, &own, 1, &theirs, 1, 0);
        copies[i].done = moved == (ssize_t)copies[i].size;
    }
}

static void wake(void *context)
{
    struct efasim_inprocess *inprocess = context;
    pthread_mutex_lock(&inprocess->engine_lock);
    inprocess->wake_count++;
    pthread_cond_signal(&inprocess->engine_wake);
    pthread_mutex_unlock(&inprocess->engine_lock);
}

static void delay(void *context, uint64_t nanoseconds)
{
    struct efasim_inprocess *inprocess = context;
    struct timespec time = {(time_t)(nanoseconds / 1000000000u), (long)(nanoseconds % 1000000000u)};
    if (efa_load_acquire_u32(&inprocess->is_virtual) == 0)
        nanosleep(&time, NULL);
}

bool inprocess_platform_init(struct efasim_inprocess *inprocess)
{
    struct efasim_platform *platform = &inprocess->platform;

    platform->context = inprocess;
    platform->allocate = allocate;
    platform->release = release;
    platform->lock = lock;
    platform->unlock = unlock;
    platform->now = now;
    platform->log = log_line;
    platform->violation = violation;
    platform->map = map;
    platform->unmap = unmap;
    platform->validate = validate;
    platform->translate = translate;
    platform->copy = copy;
    platform->wake = wake;
    platform->delay = delay;
    platform->trace = trace_line;
    if (pthread_mutex_init(&inprocess->model_lock, NULL) != 0)
        return false;
    if (pthread_mutex_init(&inprocess->engine_lock, NULL) != 0)
        goto no_engine_lock;
    if (pthread_cond_init(&inprocess->engine_wake, NULL) != 0)
        goto no_engine_wake;
    return true;

no_engine_wake:
    pthread_mutex_destroy(&inprocess->engine_lock);
no_engine_lock:
    pthread_mutex_destroy(&inprocess->model_lock);
    return false;
}

void inprocess_platform_destroy(struct efasim_inprocess *inprocess)
{
    pthread_cond_destroy(&inprocess->engine_wake);
    pthread_mutex_destroy(&inprocess->engine_lock);
    pthread_mutex_destroy(&inprocess->model_lock);
}

void efasim_inprocess_set_hooks(struct efasim_inprocess *inprocess,
                                const struct efasim_inprocess_hooks *hooks)
{
    lock(inprocess);
    inprocess->hooks = *hooks;
    unlock(inprocess);
}

void efasim_inprocess_set_indirect(struct efasim_inprocess *inprocess, bool indirect)
{
    lock(inprocess);
    inprocess->indirect = indirect;
    unlock(inprocess);
}

bool efasim_inprocess_watch_doorbells(struct efasim_inprocess *inprocess, bool watch)
{
    if (watch && !device_memory_is_supported())
        return false;
    lock(inprocess);
    for (unsigned i = 0; i < inprocess->device_count; i++)
        inprocess->devices[i].watches_doorbells = watch;
    unlock(inprocess);
    return true;
}

bool efasim_inprocess_trap_reads(struct efasim_inprocess *inprocess)
{
    if (!device_memory_is_supported())
        return false;
    lock(inprocess);
    inprocess->traps_reads = true;
    unlock(inprocess);
    return true;
}
