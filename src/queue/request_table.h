/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The outstanding work requests of one queue: which request ids are free, and the wr_id behind each
 * that is not. One thread at a time posts (it takes ids), one at a time polls (it returns them);
 * they share no lock. Free ids travel from the poller to the poster through a ring.
 *
 * The completion queue reaches a table by QP number, and may hold on to it for the length of a
 * poll; a table is therefore an allocation of its own and outlives its queue where it must
 * (completion_queue.h).
 *
 * A request id is 16 bits: the slot's index in the low bits and the queue's generation above, so
 * that a late completion of an earlier owner of the QP number does not match.
 */
#ifndef EFA_QUEUE_REQUEST_TABLE_H
#define EFA_QUEUE_REQUEST_TABLE_H

#include "os/compiler.h"

/* One generation bit is always left of the 16: reuse of a QP number is seen at any depth. */
#define EFA_REQUEST_TABLE_MAX_DEPTH 0x8000u

/* In `expected`: nothing is outstanding in this slot. No 16-bit request id equals it. */
#define EFA_REQUEST_NONE 0x10000u

struct efa_request {
    uint64_t wr_id;
    uint32_t expected; /* the request id outstanding here, or EFA_REQUEST_NONE */
    uint32_t reserved;
};

struct efa_request_table {
    /* Constant from creation to the end. */
    uint32_t index_mask;
    uint32_t depth;
    struct efa_request *requests;
    uint16_t *free_ids; /* ring of index_mask + 1 request ids */
    uint32_t qp_num;
    struct efa_request_table *next_departed; /* owned by the completion queue */

    /* Written by the poller alone: how many ids it has ever put into the ring. */
    EFA_ALIGNED(EFA_CACHE_LINE) uint32_t returned;
};

/* The poster's view of a table: its own cursor, and what it last saw of the poller's. */
struct efa_request_cursor {
    uint32_t taken;
    uint32_t returned_seen;
};

/*
 * `depth` is at least 1 and at most EFA_REQUEST_TABLE_MAX_DEPTH. `generation`: its low bits tell
 * successive owners of a QP number apart. NULL where there is no memory.
 */
struct efa_request_table *efa_request_table_create(uint32_t depth, uint32_t qp_num,
                                                   uint8_t generation);
void efa_request_table_destroy(struct efa_request_table *table);

EFA_INLINE struct efa_request *efa_request_slot(const struct efa_request_table *table,
                                                uint32_t request_id)
{
    return &table->requests[request_id & table->index_mask];
}

/* Poster: whether an id is free; looks at the poller's line only when its last look is used up. */
EFA_INLINE bool efa_request_available(const struct efa_request_table *table,
                                      struct efa_request_cursor *cursor)
{
    if (EFA_LIKELY(cursor->taken != cursor->returned_seen))
        return true;
    cursor->returned_seen = efa_load_acquire_u32(&table->returned);
    return cursor->taken != cursor->returned_seen;
}

/* Poster: takes the next free id, of which there must be one. */
EFA_INLINE uint16_t efa_request_take(struct efa_request_table *table,
                                     struct efa_request_cursor *cursor, uint64_t wr_id)
{
    uint16_t id = table->free_ids[cursor->taken++ & table->index_mask];
    struct efa_request *request = efa_request_slot(table, id);

    request->wr_id = wr_id;
    efa_store_relaxed_u32(&request->expected, id);
    return id;
}

/* Poster: takes back the last ids taken, none of which the device has seen. */
EFA_INLINE void efa_request_untake(struct efa_request_table *table,
                                   struct efa_request_cursor *cursor, uint32_t taken_before)
{
    while (cursor->taken != taken_before) {
        uint16_t id = table->free_ids[--cursor->taken & table->index_mask];

        efa_store_relaxed_u32(&efa_request_slot(table, id)->expected, EFA_REQUEST_NONE);
    }
}

/* Poller: gives back the id of a completed request. */
EFA_INLINE void efa_request_return(struct efa_request_table *table, struct efa_request *request,
                                   uint16_t id)
{
    uint32_t returned = table->returned;

    efa_store_relaxed_u32(&request->expected, EFA_REQUEST_NONE);
    table->free_ids[returned & table->index_mask] = id;
    efa_store_release_u32(&table->returned, returned + 1);
}

#endif
