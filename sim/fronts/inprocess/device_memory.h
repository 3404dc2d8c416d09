/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Device memory that a client can write and not read, as a write-combined ring of the adapter. No
 * protection of x86-64 pages says that, so the client's pages forbid everything: each access faults,
 * the fault tells reads from writes, and the one instruction runs with the pages open. An
 * instruction that reads and writes at once counts as a write.
 */
#ifndef EFASIM_DEVICE_MEMORY_H
#define EFASIM_DEVICE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Called in the thread that reads, before it gets what it reads. */
typedef void (*device_memory_reader)(void *context, uint64_t client_address);

struct device_memory {
    uint8_t *model; /* `size` bytes for the model, an ordinary mapping */
    uint8_t *client;
    size_t size;
    device_memory_reader read;
    void *context;
    unsigned open; /* instructions that are writing just now */
    struct device_memory *next;
};

/* Whether this machine can do it: Linux on x86-64, without the thread sanitizer. */
bool device_memory_is_supported(void);

/* `size` in whole pages. NULL when memory is short. Handles SIGSEGV and SIGTRAP from the first on. */
struct device_memory *device_memory_create(size_t size, device_memory_reader read, void *context);
void device_memory_destroy(struct device_memory *memory);

#endif
