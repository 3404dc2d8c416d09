/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * A completion queue's map from (queue type, QP number) of a completion to the request table of its
 * queue. It contains only queues attached to this CQ, so a completion for another queue matches
 * nothing. Lookups need no lock and never fail: where nothing is attached, they find a table
 * without outstanding requests.
 *
 * Each type has a hash table that grows. The low bits of a queue's number give its place; if that
 * is taken, the queue gets one of the next places. The table grows to avoid that, unless it is
 * large for its number of queues. The straight line of a poll looks at the place of the number
 * only.
 */
#ifndef EFA_QUEUE_QUEUE_MAP_H
#define EFA_QUEUE_QUEUE_MAP_H

#include "request_table.h"

/* The places, mask + 1 of them, follow the structure in memory. */
struct efa_queue_places {
    struct efa_retired retired; /* a poll may still use it after the map has grown */
    uint32_t mask;
};

struct efa_queue_map {
    void *of_type[4]; /* struct efa_queue_places, by enum efa_queue_type; two stay empty */
    uint32_t count[4];
    void *history; /* struct efa_queue_history: the queues that were attached */
};

/* For places without a queue, never used and used before. They have one slot, which is free. */
struct efa_empty_table {
    struct efa_request_table table;
    EFA_ALIGNED(EFA_CACHE_LINE) uint8_t slot;
};
extern struct efa_empty_table efa_no_queue;
extern struct efa_empty_table efa_retired_queue;

void efa_queue_map_init(struct efa_queue_map *map);
void efa_queue_map_destroy(struct efa_queue_map *map);

/*
 * Callers of these three exclude one another, but not the poller. `reserve` makes room so that
 * `attach` cannot fail; returns false if there is no memory. If it replaces memory, `*old` is the
 * old memory, to be freed when no poll is in progress.
 */
bool efa_queue_map_reserve(struct efa_queue_map *map, enum efa_queue_type type, uint32_t qp_num,
                           struct efa_retired **old);
/* Also replaces the table that the queue had before. */
void efa_queue_map_attach(struct efa_queue_map *map, enum efa_queue_type type,
                          struct efa_request_table *table);
void efa_queue_map_detach(struct efa_queue_map *map, enum efa_queue_type type,
                          const struct efa_request_table *table);

EFA_INLINE void **efa_queue_map_places(const struct efa_queue_places *places)
{
    return (void **)(uintptr_t)(places + 1);
}

/* The table at the place of an entry's QP number. It may belong to another queue. */
EFA_INLINE struct efa_request_table *efa_queue_map_look(const struct efa_queue_map *map,
                                                        const struct efa_completion_entry *entry)
{
    static_assert(EFA_COMPLETION_QUEUE_SHIFT == 1, "twice the type");
    size_t twice = entry->flags & EFA_COMPLETION_QUEUE_MASK;
    const char *of_type = (const char *)map->of_type + twice * (sizeof map->of_type[0] / 2);
    const struct efa_queue_places *places =
        efa_load_acquire_ptr((void *const *)(const void *)of_type);

    return efa_load_acquire_ptr(&efa_queue_map_places(places)[entry->qp_num & places->mask]);
}

/* Out of line: the table of the queue that an entry's head names, or one of the empty tables. */
struct efa_request_table *efa_queue_map_find(const struct efa_queue_map *map, uint64_t head);

#endif
