/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The outstanding work requests of one queue: the free request ids, and the wr_id of each id in
 * use. One thread at a time posts (it takes ids), one at a time polls (it returns them); they share
 * no lock. Free ids go from the poller to the poster through a ring.
 *
 * The completion queue finds a table by QP number and uses it during a poll. So a table is an
 * allocation of its own, and can outlive its queue (completion_queue.h).
 *
 * A request id has 16 bits: the slot in the low bits and the queue's generation above, so that a
 * late completion of an earlier owner of the QP number does not match. The ring holds slots without
 * generation; poster and poller add or remove it.
 */
#ifndef EFA_QUEUE_REQUEST_TABLE_H
#define EFA_QUEUE_REQUEST_TABLE_H

#include "os/compiler.h"

/*
 * At least one of the 16 bits is a generation bit, so reuse of a QP number is detected at any
 * depth.
 */
#define EFA_REQUEST_TABLE_MAX_DEPTH 0x8000u

struct efa_request {
    uint64_t wr_id;
    uint32_t outstanding; /* 0 or 1; atomic */
    uint32_t reserved;
};

/* The slots, index_mask + 1 of them, follow the structure in memory. */
struct efa_request_table {
    /* Constant after creation. */
    uint32_t index_mask;
    uint32_t depth;
    uint32_t generation; /* shifted to its field of a request id */
    uint32_t qp_num;
    uint16_t *free_indices;                 /* ring of index_mask + 1 */
    struct efa_request_table *next_retired; /* owned by the completion queue */
#ifdef EFAWIN_SIMULATED_ADAPTER
    const uint32_t *doorbell; /* of a send queue */
#endif

    /* Written only by the poller: the number of indices that it has put into the ring so far. */
    EFA_ALIGNED(EFA_CACHE_LINE) uint32_t returned;
};

EFA_INLINE struct efa_request *efa_request_slots(struct efa_request_table *table)
{
    return (struct efa_request *)(void *)(table + 1);
}

/*
 * The poster's end of a table: copies of its constants, its own position, and the poller's as last
 * seen. Indices from `taken` to `returned_seen` are free.
 */
struct efa_request_source {
    uint32_t taken;
    uint32_t returned_seen;
    uint32_t index_mask;
    uint16_t *free_indices;
    struct efa_request *requests;
    struct efa_request_table *table; /* NULL in a queue of depth 0 */
};

/*
 * `depth` is at least 1 and at most EFA_REQUEST_TABLE_MAX_DEPTH. `generation`: its low bits tell
 * successive owners of a QP number apart. NULL where there is no memory.
 */
struct efa_request_table *efa_request_table_create(uint32_t depth, uint32_t qp_num,
                                                   uint8_t generation);
void efa_request_table_destroy(struct efa_request_table *table);

/* Makes `source` the poster's end of a table from which nothing was taken. */
void efa_request_source_init(struct efa_request_source *source, struct efa_request_table *table);

/* Poster: whether an index is free that the last look at the poller's position showed. */
EFA_INLINE bool efa_request_seen_free(const struct efa_request_source *source)
{
    return source->taken != source->returned_seen;
}

/* Poster: the same, after a new look if need be. */
EFA_INLINE bool efa_request_available(struct efa_request_source *source)
{
    if (EFA_UNLIKELY(!efa_request_seen_free(source)))
        source->returned_seen = efa_load_acquire_u32(&source->table->returned);
    return efa_request_seen_free(source);
}

/* Poster: takes the next free index, of which there must be one. */
EFA_INLINE uint32_t efa_request_take(struct efa_request_source *source, uint64_t wr_id)
{
    uint32_t taken = source->taken;
    uint32_t index = source->free_indices[taken & source->index_mask];
    struct efa_request *request = &source->requests[index];

    source->taken = taken + 1;
    request->wr_id = wr_id;
    efa_store_relaxed_u32(&request->outstanding, 1);
    return index;
}

/* Poster: gives back the last indices taken. The device has seen none of them. */
EFA_INLINE void efa_request_untake(struct efa_request_source *source, uint32_t taken_before)
{
    while (source->taken != taken_before) {
        uint32_t index = source->free_indices[--source->taken & source->index_mask];

        efa_store_relaxed_u32(&source->requests[index].outstanding, 0);
    }
}

/* Poller: the slot of an outstanding request, or NULL: not outstanding, or of another owner. */
EFA_INLINE struct efa_request *efa_request_find(struct efa_request_table *table,
                                                uint32_t request_id, uint32_t *index)
{
    struct efa_request *request;

    *index = request_id ^ table->generation;
    if (EFA_UNLIKELY(*index > table->index_mask))
        return NULL;
    request = &efa_request_slots(table)[*index];
    return EFA_LIKELY(efa_load_relaxed_u32(&request->outstanding)) ? request : NULL;
}

/* Poller: gives back the index of a completed request. */
EFA_INLINE void efa_request_return(struct efa_request_table *table, struct efa_request *request,
                                   uint32_t index)
{
    uint32_t returned = table->returned;

    efa_store_relaxed_u32(&request->outstanding, 0);
    table->free_indices[returned & table->index_mask] = (uint16_t)index;
    efa_store_release_u32(&table->returned, returned + 1);
}

#endif
