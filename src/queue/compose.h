/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Composing send descriptors as eight 64-bit words, and putting them into the ring: what post_send
 * and the wr_* sessions share. send_descriptor.h has the layout that the shifts here follow.
 */
#ifndef EFA_QUEUE_COMPOSE_H
#define EFA_QUEUE_COMPOSE_H

#include <string.h>

#include "line_store.h"
#include "send_queue.h"

/* Word 0: request_id 15:0, ctrl1 23:16, ctrl2 31:24, destination_qp 47:32, length 63:48. */
#define EFA_WORD0_CTRL1_SHIFT 16
#define EFA_WORD0_CTRL2_SHIFT 24
#define EFA_WORD0_DESTINATION_SHIFT 32
#define EFA_WORD0_LENGTH_SHIFT 48
/* Word 1: immediate_data 31:0, address_handle 47:32. Word 2: qkey 31:0. */
#define EFA_WORD1_HANDLE_SHIFT 32
/* Words 4 to 7: the payload. */
#define EFA_PAYLOAD_WORD 4

#define EFA_CTRL2_ALWAYS (EFA_SEND_FIRST | EFA_SEND_LAST | EFA_SEND_COMP_REQ)

/* Word 0 without destination and length. The phase is 0 on the first pass over the ring. */
EFA_INLINE uint64_t efa_compose_control(const struct efa_send_queue *sq, uint16_t request_id,
                                        uint32_t operation_and_flags)
{
    uint32_t phase = (sq->producer & sq->depth) != 0 ? EFA_SEND_PHASE : 0;
    uint32_t ctrl1 = operation_and_flags | EFA_SEND_META_DESC;
    uint32_t ctrl2 = EFA_CTRL2_ALWAYS | phase;

    return request_id | (uint64_t)ctrl1 << EFA_WORD0_CTRL1_SHIFT |
           (uint64_t)ctrl2 << EFA_WORD0_CTRL2_SHIFT;
}

/* A buffer descriptor's first word; the key field has 24 bits and the rest of it must be 0. */
EFA_INLINE uint64_t efa_compose_buffer(uint32_t length, uint32_t lkey)
{
    return length | (uint64_t)(lkey & EFA_LKEY_MASK) << 32;
}

/* Appends to the inline payload; false where it would exceed `limit`. `used` counts its bytes. */
EFA_INLINE bool efa_compose_inline(uint64_t words[EFA_SEND_DESCRIPTOR_WORDS], uint32_t *used,
                                   uint32_t limit, const void *data, size_t length)
{
    if (EFA_UNLIKELY(length > limit - *used))
        return false;
    if (length) {
        memcpy((unsigned char *)&words[EFA_PAYLOAD_WORD] + *used, data, length);
        *used += (uint32_t)length;
    }
    return true;
}

/* Stores the composed descriptor as the ring's next; the device looks when the doorbell rings. */
EFA_INLINE void efa_send_queue_put(struct efa_send_queue *sq,
                                   const uint64_t words[EFA_SEND_DESCRIPTOR_WORDS])
{
    size_t slot = sq->producer & (sq->depth - 1);

    efa_store_line(sq->ring + slot * EFA_SEND_DESCRIPTOR_SIZE, words);
    sq->producer++;
}

EFA_INLINE void efa_send_queue_ring(struct efa_send_queue *sq)
{
    efa_flush_write_combining();
    efa_ring_doorbell(sq->doorbell, sq->producer & 0xffff);
}

/* Network to host order, and back. */
EFA_INLINE uint32_t efa_swap_imm(uint32_t value)
{
    return (value >> 24) | ((value >> 8) & 0xff00) | ((value << 8) & 0xff0000) | (value << 24);
}

#endif
