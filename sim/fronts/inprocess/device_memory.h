/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Device memory whose accesses by a client are seen: reads of a write-combined ring, which the
 * adapter does not allow, and writes of rings and doorbells. The client's pages are protected. Each
 * access faults, the fault tells reads from writes, and the one instruction runs with its page open.
 * An instruction that reads and writes at once counts as a write.
 */
#ifndef EFASIM_DEVICE_MEMORY_H
#define EFASIM_DEVICE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is told of accesses, in the thread that makes them. */
struct device_memory_watcher {
    void (*read)(void *context, uint64_t client_address); /* before the client gets what it reads */
    void (*wrote)(void *context, uint64_t client_address); /* after the store */
    void *context;
};

struct device_memory {
    uint8_t *model; /* `size` bytes for the model, an ordinary mapping */
    uint8_t *client;
    size_t size;
    size_t watched; /* bytes from the start */
    int protection; /* of what is watched, between accesses */
    struct device_memory_watcher watcher;
    struct device_memory *next;
    uint16_t open[]; /* of each page: the instructions that have it open just now */
};

/*
 * Whether this process can do it: on Linux on x86-64, without the thread sanitizer, and not under a
 * debugger or valgrind, which take the traps for their own.
 */
bool device_memory_is_supported(void);

/*
 * `size` and `watched` in whole pages. Without `watcher.read` the client may read freely. NULL when
 * memory is short. Handles SIGSEGV and SIGTRAP from the first on.
 */
struct device_memory *device_memory_create(size_t size, size_t watched,
                                           const struct device_memory_watcher *watcher);
void device_memory_destroy(struct device_memory *memory);

#endif
