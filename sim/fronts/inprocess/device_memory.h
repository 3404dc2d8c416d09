/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Device memory that reports a client's accesses: reads of a write-combined ring, which the adapter
 * does not allow, and writes of rings and doorbells. The client's pages are protected. Each access
 * causes a page fault, whose error code distinguishes reads and writes; then the instruction runs
 * alone with its page open. An instruction that reads and writes counts as a write.
 */
#ifndef EFASIM_DEVICE_MEMORY_H
#define EFASIM_DEVICE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Callbacks about accesses, in the thread that makes them. */
struct device_memory_watcher {
    void (*read)(void *context, uint64_t client_address);  /* before the client gets the value */
    void (*wrote)(void *context, uint64_t client_address); /* after the store */
    void *context;
};

struct device_memory {
    uint8_t *model; /* `size` bytes for the model, an ordinary mapping */
    uint8_t *client;
    size_t size;
    size_t watched; /* bytes from the start */
    int protection; /* protection of watched pages between accesses */
    struct device_memory_watcher watcher;
    struct device_memory *next;
    uint16_t open[]; /* for each page, how many instructions have it open now */
};

/*
 * Whether this process can do it: on Linux on x86-64, without the thread sanitizer, a debugger or
 * valgrind, which use the same traps.
 */
bool device_memory_is_supported(void);

/*
 * `size` and `watched` in whole pages. Without `watcher.read` the client may read freely. NULL when
 * memory is short. From the first call on, SIGSEGV and SIGTRAP are handled.
 */
struct device_memory *device_memory_create(size_t size, size_t watched,
                                           const struct device_memory_watcher *watcher);
void device_memory_destroy(struct device_memory *memory);

#endif
