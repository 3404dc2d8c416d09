/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The send ring: descriptors that a doorbell announced are copied and checked. An invalid request
 * gets a status and does not affect the queue pair. After a violation of the format the caller must
 * move the queue pair to the error state. fabric/send.h executes the requests.
 */
#ifndef EFASIM_DEVICE_SEND_RING_H
#define EFASIM_DEVICE_SEND_RING_H

#include "../../src/device/completion_entry.h"
#include "../../src/device/send_descriptor.h"
#include "qp.h"

struct efasim_send_request {
    struct efa_send_descriptor descriptor;
    uint32_t size;  /* of the message */
    uint8_t status; /* EFA_STATUS_OK, or the status with which the request completes at once */
};

/* Whether nothing is announced: cheaper than efasim_announced_sends. */
EFA_INLINE bool efasim_sends_are_none(const struct efasim_qp *qp)
{
    return (uint16_t)efa_load_acquire_u32(qp->send.doorbell) == qp->send.taken;
}

/* False if the doorbell is beyond the ring. That is a violation, and the ring's content must not
 * be used. */
bool efasim_announced_sends(struct efasim_qp *qp, uint32_t *count);

/* Reads the next descriptor without taking it. False if no correct client writes such a
 * descriptor. */
bool efasim_next_send(struct efasim_qp *qp, struct efasim_send_request *request);

/* Overwrites the next descriptor, to expose clients that read the ring back. */
EFA_COLD void efasim_poison_send(const struct efasim_qp *qp);

/* Takes the descriptor that was read last. */
EFA_INLINE void efasim_take_send(struct efasim_qp *qp)
{
    if (EFA_UNLIKELY(qp->device->sim->config.poison_send_ring))
        efasim_poison_send(qp);
    qp->send.taken++;
    qp->device->counters.sends++;
    qp->counters.sends++;
}

/* Completes all that is announced as flushed. Returns the number of descriptors. */
uint32_t efasim_flush_sends(struct efasim_qp *qp);

#endif
