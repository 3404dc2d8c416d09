/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Creates and destroys request tables, and turns a generation into bits of the request id. */
#include "request_table.h"

#include "device/ring.h"
#include "os/os.h"

static uint32_t reverse_byte(uint32_t value)
{
    value = ((value & 0xf0) >> 4) | ((value & 0x0f) << 4);
    value = ((value & 0xcc) >> 2) | ((value & 0x33) << 2);
    return ((value & 0xaa) >> 1) | ((value & 0x55) << 1);
}

/*
 * The generation grows downwards from bit 15: its lowest bit is the topmost of the id. So
 * successive owners of a QP number differ whatever depth each has.
 */
static uint16_t generation_bits(uint8_t generation, uint32_t index_mask)
{
    return (uint16_t)((reverse_byte(generation) << 8) & ~index_mask);
}

struct efa_request_table *efa_request_table_create(uint32_t depth, enum efa_queue_type type,
                                                   uint32_t qp_num, uint8_t generation)
{
    size_t slots = efa_ring_entries(depth);
    /* The bytes of the slots end where 8-byte values may begin. */
    size_t head = sizeof(struct efa_request_table) + (slots + 7) / 8 * 8;
    size_t size = head + slots * (sizeof(uint64_t) + sizeof(uint16_t));
    struct efa_request_table *table = efa_os_alloc_aligned(size, EFA_CACHE_LINE);

    if (!table)
        return NULL;
    table->index_mask = (uint32_t)slots - 1;
    table->depth = depth;
    table->generation = generation_bits(generation, table->index_mask);
    table->qp_num = qp_num;
    table->expected = (uint64_t)qp_num << EFA_HEAD_QP_SHIFT |
                      (uint64_t)type << EFA_HEAD_TYPE_SHIFT | table->generation;
    table->must_match =
        EFA_HEAD_QUEUE_MASK | EFA_HEAD_UNUSUAL | (EFA_HEAD_ID_MASK & ~table->index_mask);
    table->wr_ids = (uint64_t *)(void *)((char *)table + head);
    table->free_indices = (uint16_t *)(void *)(table->wr_ids + slots);
    for (uint32_t i = 0; i < depth; i++)
        table->free_indices[i] = (uint16_t)i;
    table->returned = depth;
    return table;
}

void efa_request_source_init(struct efa_request_source *source, struct efa_request_table *table)
{
    source->taken = 0;
    source->returned_seen = table->depth;
    source->index_mask = table->index_mask;
    source->free_indices = table->free_indices;
    source->wr_ids = table->wr_ids;
    source->table = table;
}

void efa_request_table_destroy(struct efa_request_table *table)
{
    efa_os_free_aligned(table);
}
