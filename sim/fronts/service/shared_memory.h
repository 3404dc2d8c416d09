/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Memory that the service makes and maps, and that a client may map as well. */
#ifndef EFASIM_SERVICE_SHARED_MEMORY_H
#define EFASIM_SERVICE_SHARED_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct shared_memory {
    uint8_t *memory;
    size_t size;
    intptr_t handle; /* what a client maps it by */
};

#define SHARED_MEMORY_PAGE 4096u

/* `size` in pages. No memory is used but by shared_memory_commit. */
bool shared_memory_create(struct shared_memory *shared, size_t size);
void shared_memory_destroy(struct shared_memory *shared);

/* Gives the pages memory, all zero. False: there is none. */
bool shared_memory_commit(struct shared_memory *shared, size_t offset, size_t size);
/* Gives the memory back; the pages may still be touched. */
void shared_memory_decommit(struct shared_memory *shared, size_t offset, size_t size);

#endif
