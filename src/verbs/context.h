/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * An open device: its session with the driver, its limits, and a count of its objects. The public
 * ibv_context is the last member of the verbs_context; clients find the verbs_context from it.
 */
#ifndef EFA_VERBS_CONTEXT_H
#define EFA_VERBS_CONTEXT_H

#include "device.h"
#include "driver/driver.h"
#include "limits.h"
#include "os/os.h"

/* The library's record of 256 QP numbers; it exists once one of them was used. */
#define EFA_QP_NUMBERS 0x10000u
#define EFA_QP_NUMBERS_EACH 256
struct efa_qp_numbers {
    uint8_t generation[EFA_QP_NUMBERS_EACH]; /* of the next owner of each */
    uint8_t in_use[EFA_QP_NUMBERS_EACH / 8];
};

struct efa_context {
    struct verbs_context verbs;
    struct efa_device *device;
    struct efa_driver driver;
    struct efa_device_info info; /* as the driver reported it */
    struct efa_limits limits;    /* as the library enforces them */
    uint32_t max_batch;          /* send descriptors between two doorbells; EFA_NO_BATCH_LIMIT */
    uint32_t max_rdma_size;      /* bytes of one RDMA read, where the adapter reads */

    /* Number of PDs, CQs and thread domains; atomic. */
    uint32_t children;

    /*
     * Held while QPs are created, modified or destroyed, and while queues are attached to or
     * detached from CQs. First in the lock order, see docs/architecture.md.
     */
    struct efa_mutex qp_mutex;
    struct efa_qp_numbers *qp_numbers[EFA_QP_NUMBERS / EFA_QP_NUMBERS_EACH];
};

EFA_INLINE struct efa_context *efa_context_of(struct ibv_context *context)
{
    return EFA_CONTAINER_OF(context, struct efa_context, verbs.context);
}

struct ibv_context *efa_open_device(struct ibv_device *device);
int efa_close_device(struct ibv_context *context);

/*
 * QP numbers in use; under qp_mutex. Claiming one fails if the driver has given it away already, or
 * if there is no memory; the other calls are for claimed numbers.
 */
int efa_context_claim_qp_num(struct efa_context *context, uint32_t qp_num);
void efa_context_release_qp_num(struct efa_context *context, uint32_t qp_num);

/*
 * Returns the generation for the next owner of a QP number, and begins it. Call it only when
 * nothing can fail any more: after a failed attempt a deep queue would use the request ids of the
 * previous owner again. Needs qp_mutex.
 */
uint8_t efa_context_next_generation(struct efa_context *context, uint32_t qp_num);
void efa_context_begin_generation(struct efa_context *context, uint32_t qp_num);

#endif
