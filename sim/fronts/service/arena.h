/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The rings and doorbells of one client: pieces of segments that the service creates and both sides
 * map. One thread at a time may use an arena. There is an unused page between two pieces.
 */
#ifndef EFASIM_SERVICE_ARENA_H
#define EFASIM_SERVICE_ARENA_H

#include "../../platform.h"
#include "shared_memory.h"

struct arena_segment;

struct arena {
    struct arena_segment *segments;
    struct arena_segment *offered; /* created, and not yet mapped by the client */
    bool is_closing;
};

/* Pieces that are released from now on keep their content: a client that is still running may
 * read it. */
void arena_close(struct arena *arena);

void arena_destroy(struct arena *arena);

/* Whether there is room for pieces of `size` bytes in total. */
bool arena_has_room(const struct arena *arena, uint64_t size);

/* Creates a segment with room for `size` bytes. NULL: no memory, or another one is already
 * offered. */
const struct shared_memory *arena_offer(struct arena *arena, uint64_t size);
/* The client mapped the segment at `address`, or failed (0). False: the address is invalid. */
bool arena_accept(struct arena *arena, uint64_t address);

/* Fills model, client and front of the mapping; false if there is no room or no memory. */
bool arena_take(struct arena *arena, size_t size, struct efasim_mapping *mapping);
void arena_give_back(struct arena *arena, const struct efasim_mapping *mapping);

#endif
