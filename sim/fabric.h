/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The waiting room of the fabric: entries ordered by due time, then by place in line. Entries whose
 * key is not below the last one's wait in a list, which costs nothing; the others in a pairing heap.
 * Both are intrusive, so that nothing here can run out of memory.
 */
#ifndef EFASIM_FABRIC_H
#define EFASIM_FABRIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct efasim_fabric_entry {
    uint64_t due;
    uint64_t order;
    /* In the list: neighbours. In the heap: siblings, where `previous` of the first is its parent. */
    struct efasim_fabric_entry *previous;
    struct efasim_fabric_entry *next;
    struct efasim_fabric_entry *child;
    bool in_heap;
};

struct efasim_fabric {
    struct efasim_fabric_entry *head;
    struct efasim_fabric_entry *tail;
    struct efasim_fabric_entry *root;
    uint64_t next_order;
};

/* `out_of_line`: due far later than what follows, so not to be put at the end of the list. */
void efasim_fabric_insert(struct efasim_fabric *fabric, struct efasim_fabric_entry *entry,
                          bool out_of_line);
void efasim_fabric_remove(struct efasim_fabric *fabric, struct efasim_fabric_entry *entry);
/* The entry with the lowest key, left in place, or NULL. */
struct efasim_fabric_entry *efasim_fabric_first(const struct efasim_fabric *fabric);

#endif
