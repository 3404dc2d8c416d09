/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * A completion queue's map from (queue type, QP number) of a completion to the request table of its
 * queue. It contains only queues attached to this CQ, so a completion for another queue matches
 * nothing. Lookups need no lock and never fail: where nothing is attached, they find a table
 * without outstanding requests.
 */
#ifndef EFA_QUEUE_QUEUE_MAP_H
#define EFA_QUEUE_QUEUE_MAP_H

#include "device/completion_entry.h"
#include "request_table.h"

#define EFA_QUEUE_MAP_LEAF 256
#define EFA_QUEUE_MAP_LEAVES 1024 /* two bits of queue type, high byte of the QP number */

enum efa_queue_type { EFA_QUEUE_SEND = 1, EFA_QUEUE_RECV = 2 };

struct efa_queue_map {
    void **leaves[EFA_QUEUE_MAP_LEAVES]; /* each of EFA_QUEUE_MAP_LEAF tables */
};

/* Where there never was a queue, and where there was one that is gone: one slot, always free. */
struct efa_empty_table {
    struct efa_request_table table;
    struct efa_request slot;
};
extern struct efa_empty_table efa_no_queue;
extern struct efa_empty_table efa_retired_queue;

void efa_queue_map_init(struct efa_queue_map *map);
void efa_queue_map_destroy(struct efa_queue_map *map);

/*
 * Callers of these three exclude one another, but not the poller. `reserve` makes room so that
 * `attach` cannot fail: false where there is no memory. `detach` leaves efa_retired_queue behind.
 */
bool efa_queue_map_reserve(struct efa_queue_map *map, enum efa_queue_type type, uint32_t qp_num);
void efa_queue_map_attach(struct efa_queue_map *map, enum efa_queue_type type,
                          struct efa_request_table *table);
void efa_queue_map_detach(struct efa_queue_map *map, enum efa_queue_type type, uint32_t qp_num);

EFA_INLINE struct efa_request_table *efa_queue_map_find(const struct efa_queue_map *map,
                                                        const struct efa_completion_entry *entry)
{
    size_t type = entry->flags & EFA_COMPLETION_QUEUE_MASK;
    size_t index = type << (8 - EFA_COMPLETION_QUEUE_SHIFT) | (entry->qp_num >> 8);
    void *const *leaf = efa_load_acquire_ptr((void *const *)&map->leaves[index]);

    return efa_load_acquire_ptr(&leaf[entry->qp_num & 0xff]);
}

#endif
