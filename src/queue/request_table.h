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

#include "device/completion_entry.h"
#include "os/compiler.h"

/*
 * At least one of the 16 bits is a generation bit, so reuse of a QP number is detected at any
 * depth.
 */
#define EFA_REQUEST_TABLE_MAX_DEPTH 0x8000u

/* As in the flags of a completion entry. */
enum efa_queue_type { EFA_QUEUE_SEND = 1, EFA_QUEUE_RECV = 2 };

/*
 * The first eight bytes of a completion entry, read at once: request_id 15:0, status 23:16,
 * flags 31:24, qp_num 47:32.
 */
#define EFA_HEAD_ID_MASK 0xffffull
#define EFA_HEAD_STATUS_MASK 0x00ff0000ull
#define EFA_HEAD_FLAGS_SHIFT 24
#define EFA_HEAD_QP_SHIFT 32
#define EFA_HEAD_TYPE_SHIFT (EFA_HEAD_FLAGS_SHIFT + EFA_COMPLETION_QUEUE_SHIFT)
#define EFA_HEAD_PHASE ((uint32_t)EFA_COMPLETION_PHASE << EFA_HEAD_FLAGS_SHIFT)
#define EFA_HEAD_RECV ((uint32_t)EFA_COMPLETION_QUEUE_RECV << EFA_HEAD_FLAGS_SHIFT)
/* The bits that name a queue. */
#define EFA_HEAD_QUEUE_MASK                                                         \
    ((uint64_t)EFA_COMPLETION_QUEUE_MASK << EFA_HEAD_FLAGS_SHIFT | (uint64_t)0xffff \
                                                                       << EFA_HEAD_QP_SHIFT)
/* 0 in usual entries: the status, and the op except its lowest bit, because 1 is an RDMA read. */
#define EFA_HEAD_UNUSUAL                                                                          \
    (EFA_HEAD_STATUS_MASK | (uint64_t)(EFA_COMPLETION_OP_MASK & ~(1u << EFA_COMPLETION_OP_SHIFT)) \
                                << EFA_HEAD_FLAGS_SHIFT)

/* First member of memory that is freed when no poll is in progress (completion_queue.h). */
struct efa_retired {
    struct efa_retired *next;
};

/*
 * index_mask + 1 bytes follow the structure in memory, one for each slot: 1 while the request is
 * outstanding, else 0. Atomic.
 */
struct efa_request_table {
    struct efa_retired retired;
    /*
     * Constant after creation. `expected`: the first eight bytes of a completion entry without an
     * error, for one comparison of the bits in `must_match`: generation, status, queue, QP number.
     */
    uint64_t expected;
    uint64_t must_match;
    uint32_t index_mask;
    uint32_t depth;
    uint16_t *free_indices; /* ring of index_mask + 1 */
    uint64_t *wr_ids;       /* of outstanding slots */
    uint32_t generation;    /* shifted to its field of a request id */
    uint32_t qp_num;
#ifdef EFAWIN_SIMULATED_ADAPTER
    const uint32_t *doorbell; /* of a send queue */
#endif

    /* Written only by the poller: the number of indices that it has put into the ring so far. */
    EFA_ALIGNED(EFA_CACHE_LINE) uint32_t returned;
};

EFA_INLINE uint8_t *efa_request_outstanding(struct efa_request_table *table)
{
    return (uint8_t *)(table + 1);
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
    uint64_t *wr_ids;
    struct efa_request_table *table; /* NULL in a queue of depth 0 */
};

/*
 * `depth` is at least 1 and at most EFA_REQUEST_TABLE_MAX_DEPTH. `generation`: its low bits tell
 * successive owners of a QP number apart. Returns NULL if there is no memory.
 */
struct efa_request_table *efa_request_table_create(uint32_t depth, enum efa_queue_type type,
                                                   uint32_t qp_num, uint8_t generation);
void efa_request_table_destroy(struct efa_request_table *table);

/* Makes `source` the poster's end of a table from which nothing was taken. */
void efa_request_source_init(struct efa_request_source *source, struct efa_request_table *table);

/* Poster: whether an index is free that the last look at the poller's position showed. */
EFA_INLINE bool efa_request_seen_free(const struct efa_request_source *source)
{
    return source->taken != source->returned_seen;
}

/* Poster: the same, after a new look if needed. */
EFA_INLINE bool efa_request_available(struct efa_request_source *source)
{
    if (EFA_UNLIKELY(!efa_request_seen_free(source))) {
        /* Or GCC keeps the table in a register for efa_request_take(), on all paths. */
        efa_compiler_barrier();
        source->returned_seen = efa_load_acquire_u32(&source->table->returned);
    }
    return efa_request_seen_free(source);
}

/* Poster: takes the next free index. There must be one. */
EFA_INLINE uint32_t efa_request_take(struct efa_request_source *source, uint64_t wr_id)
{
    uint32_t taken = source->taken;
    size_t index = source->free_indices[taken & source->index_mask];

    source->taken = taken + 1;
    source->wr_ids[index] = wr_id;
    efa_store_relaxed_u8(&efa_request_outstanding(source->table)[index], 1);
    return (uint32_t)index;
}

/* Poster: gives back the last indices taken. The device has seen none of them. */
EFA_INLINE void efa_request_untake(struct efa_request_source *source, uint32_t taken_before)
{
    while (source->taken != taken_before) {
        uint32_t index = source->free_indices[--source->taken & source->index_mask];

        efa_store_relaxed_u8(&efa_request_outstanding(source->table)[index], 0);
    }
}

/* Poller: the slot in the low bits of an entry's head. */
EFA_INLINE size_t efa_request_slot(const struct efa_request_table *table, uint64_t head)
{
    return (size_t)head & table->index_mask;
}

EFA_INLINE bool efa_request_is_outstanding(struct efa_request_table *table, size_t slot)
{
    return efa_is_set_relaxed_u8(&efa_request_outstanding(table)[slot]);
}

/* Poller: returns the slot of a completed request. */
EFA_INLINE void efa_request_return(struct efa_request_table *table, size_t slot)
{
    uint32_t returned = table->returned;

    efa_store_relaxed_u8(&efa_request_outstanding(table)[slot], 0);
    table->free_indices[returned & table->index_mask] = (uint16_t)slot;
    efa_store_release_u32(&table->returned, returned + 1);
}

#endif
