/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The batch limit: detects descriptors beyond it. */
#include "batch_limit.h"

#include <string.h>

#include "violation.h"

void efasim_batch_init(struct efasim_qp *qp)
{
    uint32_t max_batch = qp->device->config.max_batch;
    uint32_t most = qp->sq_depth > 1 ? qp->sq_depth - 1 : 1;

    memset(&qp->batch, 0, sizeof qp->batch);
    qp->batch.limit = UINT32_MAX;
    if (qp->send.entries == 0 || max_batch == 0)
        return;
    qp->batch.limit = max_batch < most ? max_batch : most;
    qp->batch.looks = max_batch < most ? EFASIM_BATCH_ALWAYS : EFASIM_BATCH_IDLE;
}

static EFA_COLD void lose(struct efasim_qp *qp, uint16_t from, uint32_t written)
{
    struct efasim_batch_state *batch = &qp->batch;

    batch->has_lost = true;
    batch->lost_from = from;
    efasim_violation(qp, EFASIM_VIOLATION_BATCH, NULL, 0,
                     "%u send descriptors written without a doorbell, the limit is %u "
                     "(max_batch %u, a queue of %u): descriptor %u and all after it are lost; "
                     "ring the doorbell more often, and reset the queue pair",
                     written, batch->limit, qp->device->config.max_batch, qp->sq_depth,
                     (unsigned)from);
}

void efasim_batch_check(struct efasim_qp *qp)
{
    uint32_t limit = qp->batch.limit;
    uint32_t doorbell = efa_load_acquire_u32(qp->send.doorbell);

    if (qp->batch.has_lost)
        return;
    for (uint32_t i = 0; i <= limit; i++) {
        if (!efasim_batch_is_written(qp, doorbell + i))
            return;
    }
    /* If the doorbell was rung meanwhile, the descriptors may be within the limit. */
    if (efa_load_acquire_u32(qp->send.doorbell) == doorbell)
        lose(qp, (uint16_t)(doorbell + limit), limit + 1);
}

void efasim_batch_doorbell_written(struct efasim_qp *qp)
{
    struct efasim_batch_state *batch = &qp->batch;
    uint16_t value = (uint16_t)efa_load_acquire_u32(qp->send.doorbell);
    uint16_t count = (uint16_t)(value - batch->rung);

    /* A doorbell beyond the ring is another violation, detected when descriptors are fetched. */
    if (count > batch->limit && count <= qp->send.entries && !batch->has_lost)
        lose(qp, (uint16_t)(batch->rung + batch->limit), count);
    batch->rung = value;
    batch->written = 0;
}

/* Consecutive stores to one slot are one descriptor: write combining joins them. */
void efasim_batch_ring_written(struct efasim_qp *qp, uint32_t offset)
{
    struct efasim_batch_state *batch = &qp->batch;
    uint32_t slot = offset / EFA_SEND_DESCRIPTOR_SIZE;

    if (slot >= qp->send.entries || (batch->written != 0 && slot == batch->slot))
        return;
    batch->slot = slot;
    if (++batch->written > batch->limit && !batch->has_lost)
        lose(qp, (uint16_t)(batch->rung + ((slot - batch->rung) & (qp->send.entries - 1))),
             batch->written);
}
