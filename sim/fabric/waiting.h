/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Messages in flight, ordered by due time, then by sequence number. An entry whose key is not below
 * the last one's is appended to a list, which is cheap; the others go into a pairing heap. Entries
 * that return after a constant delay also arrive in order and have a second list. All links are
 * inside the entries, so no call here can run out of memory.
 */
#ifndef EFASIM_WAITING_H
#define EFASIM_WAITING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct efasim_waiting_entry {
    uint64_t due;
    uint64_t order;
    /* In the list: neighbours. In the heap: siblings, the first's `previous` is its parent. */
    struct efasim_waiting_entry *previous;
    struct efasim_waiting_entry *next;
    struct efasim_waiting_entry *child;
    uint8_t place; /* enum efasim_waiting_place */
};

enum efasim_waiting_place { EFASIM_IN_LINE, EFASIM_IN_DELAY, EFASIM_IN_HEAP };

struct efasim_waiting_list {
    struct efasim_waiting_entry *head;
    struct efasim_waiting_entry *tail;
};

struct efasim_waiting {
    struct efasim_waiting_list lists[EFASIM_IN_HEAP]; /* in line, in delay */
    struct efasim_waiting_entry *root;
    uint64_t next_order;
};

/* `delayed`: due later than the entries that will follow, so it must not go to the end of the
 * list. */
void efasim_waiting_insert(struct efasim_waiting *waiting, struct efasim_waiting_entry *entry,
                           bool delayed);
void efasim_waiting_remove(struct efasim_waiting *waiting, struct efasim_waiting_entry *entry);
/* Returns the entry with the lowest key without removing it, or NULL. */
struct efasim_waiting_entry *efasim_waiting_first(const struct efasim_waiting *waiting);

#endif
