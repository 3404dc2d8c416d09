/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The batch limit: how many send descriptors the adapter can hold between two doorbells.
 * Descriptors beyond the limit are lost: they never execute, and the send queue stops there until
 * the queue pair is reset or destroyed.
 *
 * The model cannot see stores to shared memory. It detects a violation in two ways:
 * - A front that sees the stores reports each of them (efasim_report_write). So every violation is
 *   found.
 * - Otherwise each step checks the slots ahead of the doorbell: more descriptors there than the
 *   limit are a violation. Several doorbells between two checks look like one, so the distance that
 *   a doorbell moved proves nothing.
 */
#ifndef EFASIM_DEVICE_BATCH_LIMIT_H
#define EFASIM_DEVICE_BATCH_LIMIT_H

#include "../../src/device/send_descriptor.h"
#include "qp.h"

enum efasim_batch_looks {
    EFASIM_BATCH_NEVER, /* no send queue, or no limit */
    /* only a whole queue is beyond the limit, which is possible only when the queue is empty */
    EFASIM_BATCH_IDLE,
    EFASIM_BATCH_ALWAYS
};

/* The send queue must be empty. */
void efasim_batch_init(struct efasim_qp *qp);

/* How many of `count` announced descriptors are before the first lost one. */
EFA_INLINE uint16_t efasim_batch_clip(const struct efasim_qp *qp, uint16_t count)
{
    uint16_t left = (uint16_t)(qp->batch.lost_from - qp->send.taken);

    return EFA_UNLIKELY(qp->batch.has_lost) && left < count ? left : count;
}

/*
 * Reads the first word of a descriptor that the client may be writing. The client uses plain
 * stores, as for device memory, so sanitizers must not report a race. The doorbell confirms what
 * the word decides.
 */
EFA_RACING_READ uint32_t efasim_batch_peek(const uint8_t *descriptor)
{
#if EFA_THREAD_SANITIZER
    return *(const volatile uint32_t *)(const void *)descriptor;
#else
    return efa_load_acquire_u32((const uint32_t *)(const void *)descriptor);
#endif
}

/* Whether the slot of this producer counter holds a descriptor of this pass over the ring. */
EFA_INLINE bool efasim_batch_is_written(const struct efasim_qp *qp, uint32_t counter)
{
    size_t slot = counter & (qp->send.entries - 1);
    const uint8_t *descriptor = qp->send.memory + slot * EFA_SEND_DESCRIPTOR_SIZE;
    uint32_t head = efasim_batch_peek(descriptor);
    /* Reserved bits distinguish a descriptor from a poisoned slot. */
    const uint32_t mask =
        (uint32_t)(EFA_SEND_CTRL2_MBZ | EFA_SEND_PHASE) << 24 | (uint32_t)EFA_SEND_META_DESC << 16;
    uint32_t phase = (counter & qp->send.entries) != 0 ? (uint32_t)EFA_SEND_PHASE << 24 : 0;

    return (head & mask) == (phase | (uint32_t)EFA_SEND_META_DESC << 16);
}

/* The first descriptor beyond the limit is written. Checks whether all before it were written
 * without a doorbell. */
EFA_COLD void efasim_batch_check(struct efasim_qp *qp);

/* Looks for descriptors beyond the limit that no doorbell has announced. */
EFA_INLINE void efasim_batch_look(struct efasim_qp *qp)
{
    if (qp->batch.looks == EFASIM_BATCH_ALWAYS ||
        (qp->batch.looks == EFASIM_BATCH_IDLE && qp->in_flight == 0)) {
        uint32_t doorbell = efa_load_acquire_u32(qp->send.doorbell);
        if (EFA_UNLIKELY(efasim_batch_is_written(qp, doorbell + qp->batch.limit)))
            efasim_batch_check(qp);
    }
}

/* A front saw a client store to the send doorbell, or to the send ring at `offset`. */
void efasim_batch_doorbell_written(struct efasim_qp *qp);
void efasim_batch_ring_written(struct efasim_qp *qp, uint32_t offset);

#endif
