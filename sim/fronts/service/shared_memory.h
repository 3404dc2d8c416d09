/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Memory that the service creates and maps, and that a client may map as well. */
#ifndef EFASIM_SERVICE_SHARED_MEMORY_H
#define EFASIM_SERVICE_SHARED_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct shared_memory {
    uint8_t *memory;
    size_t size;
    intptr_t handle; /* the handle by which a client maps it */
};

#define SHARED_MEMORY_PAGE 4096u

/* `size` is in whole pages. They use no memory before shared_memory_commit. */
bool shared_memory_create(struct shared_memory *shared, size_t size);
void shared_memory_destroy(struct shared_memory *shared);

/* Allocates zeroed memory for the pages. False: the system has not enough. */
bool shared_memory_commit(struct shared_memory *shared, size_t offset, size_t size);
/* Frees the memory; the pages may still be accessed. */
void shared_memory_decommit(struct shared_memory *shared, size_t offset, size_t size);

#endif
