/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The structure of a queue pair, and its lookup. The requests that create, change and destroy one
 * are in model/.
 */
#ifndef EFASIM_DEVICE_QP_H
#define EFASIM_DEVICE_QP_H

#include "device.h"

#define EFASIM_QP_NUMBERS 65536u

/*
 * The doorbells of a queue pair are in one mapping, each in its own page, so that a front can
 * protect one of them.
 */
#define EFASIM_DOORBELL_PAGE_SIZE 4096u
#define EFASIM_RECV_DOORBELL_OFFSET EFASIM_DOORBELL_PAGE_SIZE

struct efasim_cq;
struct efasim_message;
struct efasim_pd;
struct efasim_sub_cq;

struct efasim_ring {
    const uint8_t *memory;
    uint32_t *doorbell;
    uint32_t entries; /* a power of two, or 0 */
    uint16_t taken;   /* counter of descriptors consumed by the device */
    uint16_t traced;  /* the last receive doorbell in the trace */
};

/* The adapter's staging of a send queue (batch_limit.h). */
struct efasim_batch_state {
    uint32_t limit;     /* descriptors between two doorbells */
    uint8_t looks;      /* enum efasim_batch_looks */
    bool has_lost;      /* the limit was exceeded: descriptors from lost_from on never execute */
    uint16_t lost_from; /* a producer counter */
    uint16_t rung;      /* the last reported doorbell */
    uint32_t written;   /* descriptors reported since then */
    uint32_t slot;      /* the slot of the last one */
};

struct efasim_qp {
    struct efasim_device *device;
    struct efasim_client *owner;
    struct efasim_pd *pd;
    uint32_t state; /* enum efa_driver_qp_state */
    uint32_t type;  /* enum efa_driver_qp_type */
    uint32_t number;
    uint32_t handle;
    uint32_t slot;
    uint32_t live_index; /* in efasim.live */
    uint32_t qkey;
    bool has_qkey; /* false: created by a client of interface version 1, which cannot set a QKey */
    uint8_t rnr_retry;
    uint32_t violations_reported; /* a bit for each kind, because each kind is logged once */
    struct efasim_ring send;
    struct efasim_ring recv;
    struct efasim_batch_state batch;
    uint32_t sq_depth;
    uint32_t rq_depth;
    uint32_t in_flight;
    struct efasim_message *first_message; /* in the order they were posted */
    struct efasim_message *last_message;
    struct efasim_cq *send_cq;
    struct efasim_cq *recv_cq;
    struct efasim_sub_cq *send_sub_cq;
    struct efasim_sub_cq *recv_sub_cq;
    struct efasim_mapping send_mapping;
    struct efasim_mapping recv_mapping;
    struct efasim_mapping doorbell_mapping;
    struct efasim_qp_counters counters;
};

EFA_INLINE struct efasim_qp *efasim_find_qp_number(const struct efasim_device *device,
                                                   uint32_t number)
{
    struct efasim_qp *qp = efasim_slots_get(&device->qps, number & (device->qp_number_span - 1));

    return qp && qp->number == number ? qp : NULL;
}

EFA_INLINE struct efasim_qp *efasim_find_qp_handle(const struct efasim_client *client,
                                                   uint32_t handle)
{
    struct efasim_qp *qp = efasim_find_qp_number(client->device, handle & (EFASIM_QP_NUMBERS - 1));

    return qp && qp->handle == handle && qp->owner == client ? qp : NULL;
}

#endif
