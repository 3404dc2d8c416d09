/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The receive ring. */
#include "recv_ring.h"

#include <string.h>

#include "../../src/device/recv_descriptor.h"
#include "../../src/device/send_descriptor.h"
#include "../../src/driver/protocol.h"
#include "completion_queue.h"
#include "trace.h"
#include "violation.h"

static void copy_descriptor(const struct efasim_qp *qp, uint16_t counter,
                            struct efa_recv_descriptor *descriptor)
{
    uint64_t words[EFA_RECV_DESCRIPTOR_SIZE / sizeof(uint64_t)];
    size_t index = counter & (qp->recv.entries - 1);
    const uint64_t *ring =
        (const uint64_t *)(const void *)(qp->recv.memory + index * EFA_RECV_DESCRIPTOR_SIZE);

    for (unsigned i = 0; i < EFA_ARRAY_SIZE(words); i++)
        words[i] = efa_load_relaxed_u64(&ring[i]);
    memcpy(descriptor, words, sizeof *descriptor);
}

/* Counts the descriptors that are posted and not taken; false if the doorbell is invalid. */
static bool posted(struct efasim_qp *qp, uint16_t *count)
{
    uint32_t doorbell = efa_load_acquire_u32(qp->recv.doorbell);
    *count = (uint16_t)(doorbell - qp->recv.taken);
    if (EFA_LIKELY(*count <= qp->recv.entries))
        return true;
    efasim_violation(qp, EFASIM_VIOLATION_DOORBELL, NULL, 0,
                     "receive doorbell at %u with %u taken, in a ring of %u", doorbell & 0xffffu,
                     (unsigned)qp->recv.taken, qp->recv.entries);
    qp->recv.taken = (uint16_t)doorbell;
    return false;
}

/* Checks one descriptor, number `place` of its request. */
static bool is_well_formed(struct efasim_qp *qp, const struct efa_recv_descriptor *d,
                           uint32_t place, uint32_t available)
{
    uint32_t max_buffers = qp->device->config.max_rq_sge;

    if (EFA_UNLIKELY((d->lkey_ctrl & EFA_RECV_CTRL_MBZ) != 0)) {
        efasim_violation(qp, EFASIM_VIOLATION_RESERVED, d, sizeof *d,
                         "receive descriptor %u sets reserved bits", (unsigned)qp->recv.taken);
        return false;
    }
    if (EFA_UNLIKELY(((d->lkey_ctrl & EFA_RECV_FIRST) != 0) != (place == 0) ||
                     (place + 1 == available && (d->lkey_ctrl & EFA_RECV_LAST) == 0))) {
        efasim_violation(qp, EFASIM_VIOLATION_RECV_FRAMING, d, sizeof *d,
                         "receive descriptor %u is number %u of its request, and %u are posted",
                         (unsigned)qp->recv.taken, place + 1, available);
        return false;
    }
    if (EFA_UNLIKELY(place >= max_buffers)) {
        efasim_violation(qp, EFASIM_VIOLATION_BUFFER_COUNT, d, sizeof *d,
                         "a receive request has more than %u buffers", max_buffers);
        return false;
    }
    if (EFA_UNLIKELY(place == 0 && qp->device->sim->config.strict_request_ids &&
                     d->request_id >= qp->rq_depth)) {
        efasim_violation(qp, EFASIM_VIOLATION_REQUEST_ID, d, sizeof *d,
                         "receive request id %u in a queue of %u" EFASIM_STRICT_IDS_HINT,
                         (unsigned)d->request_id, qp->rq_depth);
        return false;
    }
    return true;
}

/* Every buffer's key is checked, even if the message does not reach the buffer. */
static bool resolve(struct efasim_qp *qp, const struct efa_recv_descriptor *d, uint32_t wanted,
                    struct efasim_segments *segments)
{
    uint64_t address = efasim_address(d->address_low, d->address_high);

    if (d->length == 0)
        return true;
    if (!efasim_resolve_lkey(qp->pd, d->lkey_ctrl & EFA_LKEY_MASK, address, d->length,
                             EFA_MR_LOCAL_WRITE, segments))
        return false;
    if (wanted >= d->length)
        return true;
    segments->size -= d->length - wanted;
    segments->list[segments->count - 1].size = wanted;
    if (wanted == 0)
        segments->count--;
    return true;
}

enum efasim_recv_result efasim_take_recv(struct efasim_qp *qp, uint32_t size,
                                         struct efasim_segments *segments, uint16_t *request_id)
{
    struct efa_recv_descriptor list[EFASIM_MAX_SEGMENTS];
    uint32_t count = 0;
    uint32_t room = 0;
    uint16_t available;

    if (!posted(qp, &available))
        return EFASIM_RECV_VIOLATION;
    if (available == 0)
        return EFASIM_RECV_NONE;
    do {
        copy_descriptor(qp, (uint16_t)(qp->recv.taken + count), &list[count]);
        if (!is_well_formed(qp, &list[count], count, available))
            return EFASIM_RECV_VIOLATION;
        room += list[count].length;
    } while ((list[count++].lkey_ctrl & EFA_RECV_LAST) == 0);
    if (room < size)
        return EFASIM_RECV_TOO_SHORT;

    if (efasim_traced(qp->device->sim, EFASIM_TRACE_DESCRIPTORS)) {
        for (uint32_t i = 0; i < count; i++)
            efasim_trace_descriptor(qp, false, (uint16_t)(qp->recv.taken + i), &list[i]);
    }
    *request_id = list[0].request_id;
    qp->recv.taken = (uint16_t)(qp->recv.taken + count);
    for (uint32_t i = 0; i < count; i++) {
        if (!resolve(qp, &list[i], size - segments->size, segments)) {
            efasim_complete_recv(qp, *request_id, EFA_STATUS_BAD_LKEY, NULL);
            return EFASIM_RECV_BAD_KEY;
        }
    }
    return EFASIM_RECV_OK;
}

uint32_t efasim_flush_recvs(struct efasim_qp *qp)
{
    uint16_t count;
    if (!posted(qp, &count))
        return 0;
    for (uint16_t i = 0; i < count; i++) {
        struct efa_recv_descriptor descriptor;
        copy_descriptor(qp, qp->recv.taken++, &descriptor);
        if ((descriptor.lkey_ctrl & EFA_RECV_FIRST) != 0)
            efasim_complete_recv(qp, descriptor.request_id, EFA_STATUS_FLUSHED, NULL);
    }
    return count;
}
