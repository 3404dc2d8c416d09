/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* A list of the bells. */
#include "bells.h"

#include <stdlib.h>

#include "../../../src/os/compiler.h"
#include "../../client/protocol.h"

#define FIRST_ROOM 64u

void bells_destroy(struct bells *bells)
{
    free(bells->words);
}

static bool make_room(struct bells *bells, uint32_t more)
{
    uint32_t room = bells->room ? bells->room : FIRST_ROOM;
    uint32_t **words;

    while (room < bells->count + more)
        room *= 2;
    if (room == bells->room)
        return true;
    words = realloc(bells->words, room * sizeof *words);
    if (!words)
        return false;
    bells->words = words;
    bells->room = room;
    return true;
}

bool bells_add(struct bells *bells, const struct efasim_mapping *mapping)
{
    uint8_t *memory = mapping->model;

    if (!make_room(bells, (uint32_t)(mapping->size / EFASIM_BELL_PAGE)))
        return false;
    for (size_t page = 0; page < mapping->size; page += EFASIM_BELL_PAGE)
        bells->words[bells->count++] = (uint32_t *)(void *)(memory + page + EFASIM_BELL_OFFSET);
    return true;
}

void bells_remove(struct bells *bells, const struct efasim_mapping *mapping)
{
    uintptr_t begin = (uintptr_t)mapping->model;
    uint32_t kept = 0;

    for (uint32_t i = 0; i < bells->count; i++)
        if ((uintptr_t)bells->words[i] - begin >= mapping->size)
            bells->words[kept++] = bells->words[i];
    bells->count = kept;
}

void bells_set(const struct bells *bells, bool asleep)
{
    for (uint32_t i = 0; i < bells->count; i++)
        efa_store_relaxed_u32(bells->words[i], asleep);
}
