/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The receive ring: each arriving message takes one request. A request is a sequence of
 * descriptors, the first marked FIRST and the last LAST.
 */
#ifndef EFASIM_DEVICE_RECV_RING_H
#define EFASIM_DEVICE_RECV_RING_H

#include "memory_region.h"
#include "qp.h"

enum efasim_recv_result {
    EFASIM_RECV_OK,
    EFASIM_RECV_NONE,      /* nothing posted */
    EFASIM_RECV_TOO_SHORT, /* too short for the message, and not taken */
    EFASIM_RECV_BAD_KEY,   /* completed in error */
    EFASIM_RECV_VIOLATION  /* the caller moves the QP to the error state */
};

/* Takes the next receive request if it has room for `size` bytes; puts its buffers into
 * `segments`. */
enum efasim_recv_result efasim_take_recv(struct efasim_qp *qp, uint32_t size,
                                         struct efasim_segments *segments, uint16_t *request_id);

/* Whether nothing is posted: cheaper than efasim_take_recv. */
EFA_INLINE bool efasim_recv_is_empty(const struct efasim_qp *qp)
{
    return (uint16_t)efa_load_acquire_u32(qp->recv.doorbell) == qp->recv.taken;
}

/* Completes all that is posted as flushed. Returns the number of descriptors. */
uint32_t efasim_flush_recvs(struct efasim_qp *qp);

#endif
