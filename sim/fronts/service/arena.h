/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The rings and doorbells of one client: pieces of segments that the service makes and both map. Of one
 * thread at a time. An unused page lies between two pieces.
 */
#ifndef EFASIM_SERVICE_ARENA_H
#define EFASIM_SERVICE_ARENA_H

#include "../../platform.h"
#include "shared_memory.h"

struct arena_segment;

struct arena {
    struct arena_segment *segments;
    struct arena_segment *offered; /* made, and not yet mapped by the client */
    bool is_closing;
};

/* What is given back from now on stays as it is: a client that lives on may still look at it. */
void arena_close(struct arena *arena);

void arena_destroy(struct arena *arena);

/* Whether a piece of `size` bytes, or several of together no more, would be found. */
bool arena_has_room(const struct arena *arena, uint64_t size);

/* Makes a segment with room for `size` bytes. NULL: no memory, or one is offered already. */
const struct shared_memory *arena_offer(struct arena *arena, uint64_t size);
/* The client has mapped it at `address`, or could not, which is 0. False: that cannot be. */
bool arena_accept(struct arena *arena, uint64_t address);

/* Fills model, client and front of the mapping in; false: no room, or no memory. */
bool arena_take(struct arena *arena, size_t size, struct efasim_mapping *mapping);
void arena_give_back(struct arena *arena, const struct efasim_mapping *mapping);

#endif
