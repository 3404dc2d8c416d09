/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Handles the accesses to device memory that a front reports. */
#include "../../src/device/send_descriptor.h"
#include "../device/batch_limit.h"
#include "../device/violation.h"
#include "../efasim.h"

/* Memory is mapped in pages, so the bytes after a small ring are device memory as well. */
static bool lies_in(const struct efasim_mapping *mapping, uint64_t address, uint64_t *offset)
{
    uint64_t pages = (mapping->size + EFASIM_DOORBELL_PAGE_SIZE - 1) / EFASIM_DOORBELL_PAGE_SIZE;

    *offset = address - mapping->client;
    return address >= mapping->client && *offset < pages * EFASIM_DOORBELL_PAGE_SIZE;
}

void efasim_report_read(struct efasim *sim, void *front_client, uint64_t address)
{
    efasim_lock(sim);
    for (uint32_t i = 0; i < sim->live_count; i++) {
        struct efasim_qp *qp = sim->live[i];
        uint64_t offset;

        if (qp->owner->front_client != front_client)
            continue;
        if (lies_in(&qp->send_mapping, address, &offset)) {
            uint32_t place = (uint32_t)offset / EFA_SEND_DESCRIPTOR_SIZE;
            const uint8_t *bytes = qp->send.memory + (size_t)place * EFA_SEND_DESCRIPTOR_SIZE;
            efasim_violation(qp, EFASIM_VIOLATION_READ, bytes,
                             place < qp->send.entries ? EFA_SEND_DESCRIPTOR_SIZE : 0,
                             "byte %u of slot %u of the send ring was read, device memory is "
                             "write-only",
                             (unsigned)offset % EFA_SEND_DESCRIPTOR_SIZE, place);
            break;
        }
        if (lies_in(&qp->doorbell_mapping, address, &offset)) {
            efasim_violation(qp, EFASIM_VIOLATION_READ, NULL, 0,
                             "the %s doorbell was read, it is write-only",
                             offset < EFASIM_RECV_DOORBELL_OFFSET ? "send" : "receive");
            break;
        }
    }
    efasim_unlock(sim);
}

void efasim_report_write(struct efasim *sim, void *front_client, uint64_t address)
{
    efasim_lock(sim);
    for (uint32_t i = 0; i < sim->live_count; i++) {
        struct efasim_qp *qp = sim->live[i];
        uint64_t offset = address - qp->send_mapping.client;

        if (qp->owner->front_client != front_client)
            continue;
        if (address == qp->doorbell_mapping.client) {
            efasim_batch_doorbell_written(qp);
            break;
        }
        if (offset < qp->send_mapping.size) {
            efasim_batch_ring_written(qp, (uint32_t)offset);
            break;
        }
    }
    efasim_unlock(sim);
}
