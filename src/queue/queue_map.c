/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Reserves room in a queue map, attaches and detaches queues. */
#include "queue_map.h"

#include "os/os.h"

struct efa_empty_table efa_no_queue;
struct efa_empty_table efa_retired_queue;

static_assert(offsetof(struct efa_empty_table, slot) == sizeof(struct efa_request_table),
              "the slot stands where slots of a table stand");

/* Shared by all maps in place of leaves that they do not have; never written. */
#define NONE_4 &efa_no_queue.table, &efa_no_queue.table, &efa_no_queue.table, &efa_no_queue.table
#define NONE_16 NONE_4, NONE_4, NONE_4, NONE_4
#define NONE_64 NONE_16, NONE_16, NONE_16, NONE_16
static void *empty_leaf[EFA_QUEUE_MAP_LEAF] = {NONE_64, NONE_64, NONE_64, NONE_64};

static size_t leaf_index(enum efa_queue_type type, uint32_t qp_num)
{
    return ((size_t)type << 8) | (qp_num >> 8);
}

void efa_queue_map_init(struct efa_queue_map *map)
{
    for (size_t i = 0; i < EFA_QUEUE_MAP_LEAVES; i++)
        map->leaves[i] = empty_leaf;
}

void efa_queue_map_destroy(struct efa_queue_map *map)
{
    for (size_t i = 0; i < EFA_QUEUE_MAP_LEAVES; i++)
        if (map->leaves[i] != empty_leaf)
            efa_os_free(map->leaves[i]);
}

bool efa_queue_map_reserve(struct efa_queue_map *map, enum efa_queue_type type, uint32_t qp_num)
{
    size_t index = leaf_index(type, qp_num);

    if (map->leaves[index] != empty_leaf)
        return true;

    void **leaf = efa_os_alloc(EFA_QUEUE_MAP_LEAF * sizeof *leaf);

    if (!leaf)
        return false;
    for (size_t i = 0; i < EFA_QUEUE_MAP_LEAF; i++)
        leaf[i] = &efa_no_queue.table;
    efa_store_release_ptr((void **)(void *)&map->leaves[index], leaf);
    return true;
}

void efa_queue_map_attach(struct efa_queue_map *map, enum efa_queue_type type,
                          struct efa_request_table *table)
{
    void **leaf = map->leaves[leaf_index(type, table->qp_num)];

    efa_store_release_ptr(&leaf[table->qp_num & 0xff], table);
}

void efa_queue_map_detach(struct efa_queue_map *map, enum efa_queue_type type, uint32_t qp_num)
{
    efa_store_release_ptr(&map->leaves[leaf_index(type, qp_num)][qp_num & 0xff],
                          &efa_retired_queue.table);
}
