/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The model's platform (sim/platform.h) on the kernel that Wine offers. */
#include "driver.h"

#include "client_process.h"
#include "driver/win32_error.h"
#include "fronts/copy_rows.h"

static void *platform_allocate(void *context, size_t size)
{
    (void)context;
    return nt_allocate(size);
}

static void platform_release(void *context, void *memory)
{
    (void)context;
    nt_release(memory);
}

static void platform_lock(void *context)
{
    struct driver *driver = context;

    engine_lock_acquire(&driver->lock);
}

static void platform_unlock(void *context)
{
    struct driver *driver = context;

    engine_lock_release(&driver->lock);
}

static uint64_t platform_now(void *context)
{
    const struct driver *driver = context;

    return engine_now(&driver->ntdll);
}

static void platform_log(void *context, enum efasim_log_level level, const char *line)
{
    static const char *const names[] = {"error", "warning", "info", "debug"};
    struct driver *driver = context;

    if ((size_t)level < sizeof names / sizeof names[0])
        driver_log_line(&driver->log, names[level], line);
}

static void platform_violation(void *context, const char *line)
{
    struct driver *driver = context;

    driver_log_line(&driver->log, "abort", line);
}

static uint32_t platform_map(void *context, void *front_client, enum efasim_mapping_kind kind,
                             size_t size, struct efasim_mapping *mapping)
{
    struct shared_section *shared = nt_allocate(sizeof *shared);
    NTSTATUS status;

    (void)kind;
    if (!shared)
        return EFA_WIN32_NOT_ENOUGH_MEMORY;
    status = shared_section_map(front_client, size, shared);
    if (!NT_SUCCESS(status)) {
        struct driver *driver = context;

        if (status != STATUS_PROCESS_IS_TERMINATING)
            driver_log_status(&driver->log, "memory could not be shared with a client", status);
        nt_release(shared);
        return EFA_WIN32_NO_SYSTEM_RESOURCES;
    }
    mapping->model = shared->here;
    mapping->client = shared->client;
    mapping->front = shared;
    return 0;
}

static void platform_unmap(void *context, void *front_client, const struct efasim_mapping *mapping)
{
    struct driver *driver = context;

    /* A client may access its rings while its handle is open. */
    shared_section_unmap(driver->leaving ? NULL : front_client, mapping->front);
    nt_release(mapping->front);
}

static uint32_t platform_validate(void *context, void *front_client, uint64_t address,
                                  uint64_t size, bool writable)
{
    (void)context;
    return client_memory_accessible(front_client, address, size, writable) ? 0 : EFA_WIN32_NOACCESS;
}

static bool move(void *context, enum efasim_copy_direction direction,
                 const struct efasim_copy *copy, uint32_t size)
{
    struct client_process *client = context;

    if (direction == EFASIM_COPY_FROM_CLIENT)
        return client_memory_read(client, copy->client, copy->model, size);
    return client_memory_write(client, copy->client, copy->model, size);
}

static void platform_copy(void *context, void *front_client, enum efasim_copy_direction direction,
                          struct efasim_copy *copies, uint32_t count)
{
    (void)context;
    efasim_copy_rows(copies, count, direction, move, front_client);
}

static void platform_wake(void *context)
{
    struct driver *driver = context;

    engine_wake(&driver->engine);
}

static void platform_delay(void *context, uint64_t nanoseconds)
{
    (void)context;
    nt_sleep(nanoseconds);
}

static void platform_trace(void *context, const char *line)
{
    struct driver *driver = context;

    driver_log_line(&driver->trace, NULL, line);
}

void driver_platform_init(struct driver *driver)
{
    struct efasim_platform *platform = &driver->platform;

    memset(platform, 0, sizeof *platform);
    platform->context = driver;
    platform->allocate = platform_allocate;
    platform->release = platform_release;
    platform->lock = platform_lock;
    platform->unlock = platform_unlock;
    platform->now = platform_now;
    platform->log = platform_log;
    platform->violation = platform_violation;
    platform->map = platform_map;
    platform->unmap = platform_unmap;
    platform->validate = platform_validate;
    platform->copy = platform_copy;
    platform->wake = platform_wake;
    platform->delay = platform_delay;
    platform->trace = platform_trace;
}
