/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Numbered slots for objects. */
#include "slots.h"

uint32_t efasim_slots_put(struct efasim_slots *slots, void *object)
{
    if (slots->used == slots->limit)
        return EFASIM_NO_SLOT;
    uint32_t number = slots->reuse_at_once ? 0 : slots->cursor;
    while (slots->objects[number])
        number = number + 1 == slots->limit ? 0 : number + 1;
    slots->objects[number] = object;
    slots->used++;
    slots->cursor = number + 1 == slots->limit ? 0 : number + 1;
    return number;
}

void efasim_slots_remove(struct efasim_slots *slots, uint32_t number)
{
    slots->objects[number] = NULL;
    slots->used--;
}
