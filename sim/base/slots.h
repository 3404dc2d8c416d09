/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Numbered slots for objects: which numbers are in use, and which free number is next. It does not
 * look at the objects.
 */
#ifndef EFASIM_SLOTS_H
#define EFASIM_SLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct efasim_slots {
    void **objects;
    uint32_t limit;
    uint32_t used;
    uint32_t cursor;
    /* take the lowest free number, instead of the one that has been free for longest */
    bool reuse_at_once;
};

#define EFASIM_NO_SLOT UINT32_MAX

/* Returns the number that `object` got, or EFASIM_NO_SLOT. */
uint32_t efasim_slots_put(struct efasim_slots *slots, void *object);
void efasim_slots_remove(struct efasim_slots *slots, uint32_t number);

static inline void *efasim_slots_get(const struct efasim_slots *slots, uint32_t number)
{
    return number < slots->limit ? slots->objects[number] : NULL;
}

#endif
