/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Composes send descriptors and writes them to the ring, for post_send and the wr_* sessions. The
 * shifts follow the layout in send_descriptor.h.
 */
#ifndef EFA_QUEUE_COMPOSE_H
#define EFA_QUEUE_COMPOSE_H

#include <string.h>

#include "adapter_hooks.h"
#include "send_queue.h"

/* Word 0: request_id 15:0, ctrl1 23:16, ctrl2 31:24, destination_qp 47:32, length 63:48. */
#define EFA_WORD0_CTRL1_SHIFT 16
#define EFA_WORD0_CTRL2_SHIFT 24
#define EFA_WORD0_DESTINATION_SHIFT 32
#define EFA_WORD0_LENGTH_SHIFT 48
/* Word 1: immediate_data 31:0, address_handle 47:32. Word 2: qkey 31:0. Words 4 to 7: payload. */
#define EFA_WORD1_HANDLE_SHIFT 32

#define EFA_WORD0_PHASE ((uint64_t)EFA_SEND_PHASE << EFA_WORD0_CTRL2_SHIFT)
#define EFA_WORD0_HAS_IMM ((uint64_t)EFA_SEND_HAS_IMM << EFA_WORD0_CTRL1_SHIFT)
#define EFA_WORD0_INLINE ((uint64_t)EFA_SEND_INLINE_MSG << EFA_WORD0_CTRL1_SHIFT)
#define EFA_WORD0_RDMA_READ ((uint64_t)EFA_SEND_OP_RDMA_READ << EFA_WORD0_CTRL1_SHIFT)
/* The flags of every descriptor; the phase is 0 on the first pass over the ring. */
#define EFA_WORD0_ALWAYS                                     \
    ((uint64_t)EFA_SEND_META_DESC << EFA_WORD0_CTRL1_SHIFT | \
     (uint64_t)(EFA_SEND_FIRST | EFA_SEND_LAST | EFA_SEND_COMP_REQ) << EFA_WORD0_CTRL2_SHIFT)

/* Stores a whole descriptor at `line`, in the ring or in the stage. */
EFA_INLINE void efa_store_descriptor(unsigned char *line, efa_u128 words01, const uint32_t *qkey,
                                     efa_u128 payload0, efa_u128 payload1)
{
    efa_u128_store(line, words01);
    efa_u128_store(line + 16, efa_u128_load_u32(qkey));
    efa_u128_store(line + 32, payload0);
    efa_u128_store(line + 48, payload1);
}

/* Changes the position and the counter's base. */
EFA_INLINE void efa_send_queue_move(struct efa_send_queue *sq, const unsigned char *line,
                                    uint32_t counter_base)
{
    efa_store_position(&sq->position, line, counter_base, sq->position.rung);
}

/* Advances to `line`, after the last descriptor, or to the start of the ring if it ends there. */
EFA_INLINE void efa_send_queue_advance(struct efa_send_queue *sq, unsigned char *line)
{
    if (EFA_UNLIKELY(line == sq->ring_end)) {
        uint32_t depth = (uint32_t)((size_t)(line - sq->ring) / EFA_SEND_DESCRIPTOR_SIZE);

        sq->control ^= EFA_WORD0_PHASE;
        efa_send_queue_move(sq, sq->ring, sq->position.counter_base + depth);
        return;
    }
    sq->position.line = line;
}

/* Writes a descriptor to the ring; the device reads it when the doorbell rings. */
EFA_INLINE void efa_send_queue_put(struct efa_send_queue *sq, efa_u128 words01,
                                   const uint32_t *qkey, efa_u128 payload0, efa_u128 payload1)
{
    unsigned char *line = sq->position.line;

    efa_store_descriptor(line, words01, qkey, payload0, payload1);
    efa_send_queue_advance(sq, line + EFA_SEND_DESCRIPTOR_SIZE);
}

/* Rings the doorbell with the producer counter, of which the device uses 16 bits. */
EFA_INLINE void efa_send_queue_ring(struct efa_send_queue *sq)
{
    uint32_t posted = efa_send_queue_posted(sq);

    sq->position.rung = posted;
    efa_flush_write_combining();
    efa_ring_doorbell(sq->doorbell, posted & 0xffff);
    efa_send_queue_rung(sq);
}

/* Ends a batch in the middle of a call: the next descriptors belong to another batch. */
EFA_INLINE void efa_send_queue_ring_between(struct efa_send_queue *sq)
{
    efa_send_queue_ring(sq);
    efa_order_after_doorbell(false);
}

/* Descriptors written since the last doorbell. */
EFA_INLINE uint32_t efa_send_queue_unrung(const struct efa_send_queue *sq)
{
    return efa_send_queue_posted(sq) - sq->position.rung;
}

/* For slow paths: how many more may be written before the doorbell must ring. */
EFA_INLINE uint32_t efa_send_queue_room(const struct efa_send_queue *sq)
{
    return sq->max_batch - sq->wasted - efa_send_queue_unrung(sq);
}

/* For slow paths: rings, which also makes room again after a session that was taken back. */
EFA_INLINE void efa_send_queue_ring_anew(struct efa_send_queue *sq)
{
    efa_send_queue_ring(sq);
    sq->wasted = 0;
    efa_send_queue_hide_ids(sq);
}

/*
 * Copies up to EFA_SEND_MAX_INLINE bytes, each size by two loads and stores that may overlap:
 * calling memcpy would cost more than the copy.
 */
EFA_INLINE void efa_copy_inline(unsigned char *to, const unsigned char *from, size_t length)
{
    static_assert(EFA_SEND_MAX_INLINE == 32, "two halves of 16");
    if (length >= 16) {
        efa_u128 head = efa_u128_load_anywhere(from);
        efa_u128 tail = efa_u128_load_anywhere(from + length - 16);

        efa_u128_store_anywhere(to, head);
        efa_u128_store_anywhere(to + length - 16, tail);
    } else if (length >= 8) {
        uint64_t head, tail;

        memcpy(&head, from, 8);
        memcpy(&tail, from + length - 8, 8);
        memcpy(to, &head, 8);
        memcpy(to + length - 8, &tail, 8);
    } else if (length >= 4) {
        uint32_t head, tail;

        memcpy(&head, from, 4);
        memcpy(&tail, from + length - 4, 4);
        memcpy(to, &head, 4);
        memcpy(to + length - 4, &tail, 4);
    } else if (length) {
        unsigned char middle = from[length / 2], last = from[length - 1];

        to[0] = from[0];
        to[length / 2] = middle;
        to[length - 1] = last;
    }
}

/* Loads an inline payload of at most EFA_SEND_MAX_INLINE bytes; the rest is 0. */
EFA_INLINE void efa_load_inline(const unsigned char *data, size_t length, efa_u128 payload[2])
{
    EFA_ALIGNED(16) unsigned char bytes[EFA_SEND_MAX_INLINE] = {0};

    if (EFA_LIKELY(length == EFA_SEND_MAX_INLINE)) { /* straight to registers */
        payload[0] = efa_u128_load_anywhere(data);
        payload[1] = efa_u128_load_anywhere(data + 16);
        return;
    }
    efa_copy_inline(bytes, data, length);
    payload[0] = efa_u128_load(bytes);
    payload[1] = efa_u128_load(bytes + 16);
}

/*
 * Appends to an inline payload of EFA_SEND_MAX_INLINE bytes; returns false if it would exceed
 * `limit`. `used` counts its bytes.
 */
EFA_INLINE bool efa_compose_inline(unsigned char *payload, uint32_t *used, uint32_t limit,
                                   const void *data, size_t length)
{
    if (EFA_UNLIKELY(length > limit - *used))
        return false;
    efa_copy_inline(payload + *used, data, length);
    *used += (uint32_t)length;
    return true;
}

#endif
