/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The callbacks that the simulated EFA needs. A front (in-process, kernel driver, service) fills
 * this table. The model itself calls no operating system, and of the C runtime only memcpy and
 * related calls.
 *
 * Each callback gets `context`. Callbacks about a client also get the `front_client` of
 * efasim_client_open(). Unless stated otherwise, they run with the model's lock held and must not
 * call the model. Those that can fail return 0 or a Win32 error code.
 */
#ifndef EFASIM_PLATFORM_H
#define EFASIM_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* No deadline: nothing happens until a client rings a doorbell or makes a request. */
#define EFASIM_NEVER UINT64_MAX

enum efasim_log_level { EFASIM_LOG_ERROR, EFASIM_LOG_WARNING, EFASIM_LOG_INFO, EFASIM_LOG_DEBUG };

enum efasim_mapping_kind {
    EFASIM_MAP_SEND_RING,       /* device memory: the client only writes */
    EFASIM_MAP_RECV_RING,       /* the client writes, the device reads */
    EFASIM_MAP_COMPLETION_RING, /* the device writes, the client reads */
    EFASIM_MAP_DOORBELLS        /* the client only writes */
};

/* Memory that a client and the model share. Zeroed and page-aligned when mapped. */
struct efasim_mapping {
    void *model;     /* address in the model */
    uint64_t client; /* address in the client; never 0 */
    size_t size;     /* the requested size; set by the model */
    void *front;     /* for the front's own use */
};

enum efasim_copy_direction { EFASIM_COPY_FROM_CLIENT, EFASIM_COPY_TO_CLIENT };

/* One range to move between a client's memory and the model's. */
struct efasim_copy {
    uint64_t client;
    void *model;
    uint32_t size; /* never 0 */
    bool done;     /* false on entry; the front sets it for each range that it moved whole */
};

struct efasim_platform {
    void *context;

    /* Zeroed memory, aligned to 16 bytes, or NULL; `release` takes what `allocate` gave. */
    void *(*allocate)(void *context, size_t size);
    void (*release)(void *context, void *memory);

    /* The model's mutex; not recursive. */
    void (*lock)(void *context);
    void (*unlock)(void *context);

    /* Nanoseconds since a fixed moment. Never decreases and never returns EFASIM_NEVER. */
    uint64_t (*now)(void *context);

    /* One line without a line feed. NULL: no log. */
    void (*log)(void *context, enum efasim_log_level level, const char *line);

    /*
     * Called for each violation when efasim_config.abort_on_violation is set, after it was counted
     * and logged. It may end the process. NULL: nothing.
     */
    void (*violation)(void *context, const char *line);

    /* Maps memory and fills model, client and front of *mapping. */
    uint32_t (*map)(void *context, void *front_client, enum efasim_mapping_kind kind, size_t size,
                    struct efasim_mapping *mapping);
    void (*unmap)(void *context, void *front_client, const struct efasim_mapping *mapping);

    /* Checks that the client may read (and write, if `writable`) this range. If not:
     * EFA_WIN32_NOACCESS. */
    uint32_t (*validate)(void *context, void *front_client, uint64_t address, uint64_t size,
                         bool writable);

    /*
     * Returns where the model can access the client's memory at `address` while it is registered,
     * or NULL if `copy` must move it. The callback may be NULL.
     */
    void *(*translate)(void *context, void *front_client, uint64_t address, uint64_t size);

    /*
     * Moves `count` ranges of one client. Needed if `translate` may return NULL. Ranges may be
     * adjacent or overlap; the front may join them into fewer operations.
     */
    void (*copy)(void *context, void *front_client, enum efasim_copy_direction direction,
                 struct efasim_copy *copies, uint32_t count);

    /* A queue pair was created: a sleeping engine should check doorbells again. May be NULL. */
    void (*wake)(void *context);

    /*
     * Delays the calling thread, for requests that a fault makes late. Called without the lock.
     * NULL: no delay.
     */
    void (*delay)(void *context, uint64_t nanoseconds);

    /* One line of trace without a line feed. NULL: no trace. */
    void (*trace)(void *context, const char *line);
};

#endif
