/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The model's platform (sim/platform.h) in the service. A front client is a session. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "service_internal.h"

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

static void lock(void *context)
{
    struct efasim_service *service = context;

    if (system_mutex_try_lock(&service->model_lock))
        return;
    efa_fetch_add_u32(&service->waiting, 1);
    system_mutex_lock(&service->model_lock);
    efa_fetch_add_u32(&service->waiting, UINT32_MAX);
}

static void unlock(void *context)
{
    struct efasim_service *service = context;

    system_mutex_unlock(&service->model_lock);
}

static uint64_t now(void *context)
{
    (void)context;
    return system_now();
}

static void log_line(void *context, enum efasim_log_level level, const char *line)
{
    struct efasim_service *service = context;

    if (service->options.log)
        service->options.log(service->options.context, level, line);
}

static void violation(void *context, const char *line)
{
    struct efasim_service *service = context;

    if (service->options.violation)
        service->options.violation(service->options.context, line);
}

static void trace(void *context, const char *line)
{
    struct efasim_service *service = context;

    service->options.trace(service->options.context, line);
}

static uint32_t map(void *context, void *front_client, enum efasim_mapping_kind kind, size_t size,
                    struct efasim_mapping *mapping)
{
    struct efasim_service *service = context;
    struct session *session = front_client;

    if (!arena_take(&session->arena, size, mapping))
        return EFA_WIN32_NO_SYSTEM_RESOURCES;
    if (kind != EFASIM_MAP_DOORBELLS || bells_add(&service->bells, mapping))
        return EFA_WIN32_SUCCESS;
    arena_give_back(&session->arena, mapping);
    return EFA_WIN32_NO_SYSTEM_RESOURCES;
}

static void unmap(void *context, void *front_client, const struct efasim_mapping *mapping)
{
    struct efasim_service *service = context;
    struct session *session = front_client;

    bells_remove(&service->bells, mapping);
    arena_give_back(&session->arena, mapping);
}

static uint32_t validate(void *context, void *front_client, uint64_t address, uint64_t size,
                         bool writable)
{
    const struct session *session = front_client;

    (void)context;
    return peer_validate(session->peer, address, size, writable);
}

static void copy(void *context, void *front_client, enum efasim_copy_direction direction,
                 struct efasim_copy *copies, uint32_t count)
{
    const struct session *session = front_client;

    (void)context;
    peer_copy(session->peer, direction, copies, count);
}

static void wake(void *context)
{
    struct efasim_service *service = context;

    engine_wake(&service->engine);
}

bool service_announce_sleep(void *context, bool asleep)
{
    struct efasim_service *service = context;
    bool announced;

    lock(service);
    announced = !asleep || efa_load_acquire_u32(&service->silent) == 0;
    if (announced)
        bells_set(&service->bells, asleep);
    unlock(service);
    return announced;
}

static void delay(void *context, uint64_t nanoseconds)
{
    (void)context;
    system_sleep(nanoseconds);
}

void service_log(struct efasim_service *service, enum efasim_log_level level, const char *format,
                 ...)
{
    char line[512];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    log_line(service, level, line);
}

void service_platform_init(struct efasim_service *service)
{
    struct efasim_platform *platform = &service->platform;

    memset(platform, 0, sizeof *platform);
    platform->context = service;
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
    platform->copy = copy;
    platform->wake = wake;
    platform->delay = delay;
    platform->trace = service->options.trace ? trace : NULL;
}
