/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Segments of ring memory, each with a map of its used pages. */
#include "arena.h"

#include <stdlib.h>
#include <string.h>

/* Room for several requests. Only used pages cost memory; Windows reserves paging file for all. */
#define SEGMENT_SIZE ((size_t)16 << 20)
/* A request needs at most three pieces (two rings, the doorbells), each followed by an unused
 * page. */
#define PIECES 3u

struct arena_segment {
    struct shared_memory shared;
    uint64_t client; /* address in the client */
    size_t pages;
    struct arena_segment *next;
    uint8_t *used; /* a flag for each page */
};

static size_t pages_of(uint64_t size)
{
    return (size_t)((size + SHARED_MEMORY_PAGE - 1) / SHARED_MEMORY_PAGE);
}

static void destroy_segment(struct arena_segment *segment)
{
    shared_memory_destroy(&segment->shared);
    free(segment);
}

void arena_destroy(struct arena *arena)
{
    while (arena->segments) {
        struct arena_segment *segment = arena->segments;

        arena->segments = segment->next;
        destroy_segment(segment);
    }
    if (arena->offered)
        destroy_segment(arena->offered);
    arena->offered = NULL;
}

/* Finds `wanted` consecutive free pages. Returns `pages` if there are not enough. */
static size_t find_row(const struct arena_segment *segment, size_t wanted)
{
    size_t row = 0;

    for (size_t page = 0; page < segment->pages; page++) {
        row = segment->used[page] ? 0 : row + 1;
        if (row == wanted)
            return page + 1 - wanted;
    }
    return segment->pages;
}

static size_t pages_for_request(uint64_t size)
{
    return pages_of(size) + (size_t)PIECES * 2;
}

bool arena_has_room(const struct arena *arena, uint64_t size)
{
    for (const struct arena_segment *s = arena->segments; s; s = s->next)
        if (find_row(s, pages_for_request(size)) != s->pages)
            return true;
    return false;
}

const struct shared_memory *arena_offer(struct arena *arena, uint64_t size)
{
    size_t pages = pages_for_request(size);
    struct arena_segment *segment;

    if (arena->offered)
        return NULL;
    if (pages < SEGMENT_SIZE / SHARED_MEMORY_PAGE)
        pages = SEGMENT_SIZE / SHARED_MEMORY_PAGE;
    segment = calloc(1, sizeof *segment + pages);
    if (!segment)
        return NULL;
    segment->pages = pages;
    segment->used = (uint8_t *)(segment + 1);
    if (!shared_memory_create(&segment->shared, pages * SHARED_MEMORY_PAGE)) {
        free(segment);
        return NULL;
    }
    arena->offered = segment;
    return &segment->shared;
}

bool arena_accept(struct arena *arena, uint64_t address)
{
    struct arena_segment *segment = arena->offered;

    if (!segment)
        return false;
    arena->offered = NULL;
    if (!address || address % SHARED_MEMORY_PAGE || address + segment->shared.size < address) {
        destroy_segment(segment);
        return !address;
    }
    segment->client = address;
    segment->next = arena->segments;
    arena->segments = segment;
    return true;
}

bool arena_take(struct arena *arena, size_t size, struct efasim_mapping *mapping)
{
    size_t wanted = pages_of(size);

    for (struct arena_segment *s = arena->segments; s; s = s->next) {
        size_t first = find_row(s, wanted + 1), offset = first * SHARED_MEMORY_PAGE;

        if (first == s->pages)
            continue;
        if (!shared_memory_commit(&s->shared, offset, wanted * SHARED_MEMORY_PAGE))
            return false;
        memset(&s->used[first], 1, wanted + 1);
        mapping->model = s->shared.memory + offset;
        mapping->client = s->client + offset;
        mapping->front = s;
        return true;
    }
    return false;
}

void arena_close(struct arena *arena)
{
    arena->is_closing = true;
}

void arena_give_back(struct arena *arena, const struct efasim_mapping *mapping)
{
    struct arena_segment *segment = mapping->front;
    size_t offset = (size_t)((uint8_t *)mapping->model - segment->shared.memory);
    size_t pages = pages_of(mapping->size);

    if (arena->is_closing)
        return;
    shared_memory_decommit(&segment->shared, offset, pages * SHARED_MEMORY_PAGE);
    memset(&segment->used[offset / SHARED_MEMORY_PAGE], 0, pages + 1);
}
