/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Messages in flight, ordered by due time, then by place in line. Entries whose key is not below the
 * last one's wait in a list, which costs nothing; the others in a pairing heap. What comes back after
 * a delay has a list of its own: a constant delay keeps the order, too. All is intrusive, so that
 * nothing here can run out of memory.
 */
#ifndef EFASIM_WAITING_H
#define EFASIM_WAITING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct efasim_waiting_entry {
    uint64_t due;
    uint64_t order;
    /* In the list: neighbours. In the heap: siblings, where `previous` of the first is its parent. */
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

/* `delayed`: due later than what will follow, so not to be put at the end of the line. */
void efasim_waiting_insert(struct efasim_waiting *waiting, struct efasim_waiting_entry *entry,
                           bool delayed);
void efasim_waiting_remove(struct efasim_waiting *waiting, struct efasim_waiting_entry *entry);
/* The entry with the lowest key, left in place, or NULL. */
struct efasim_waiting_entry *efasim_waiting_first(const struct efasim_waiting *waiting);

#endif
