/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The send ring. */
#include "send_ring.h"

#include <string.h>

#include "../../src/driver/protocol.h"
#include "address_handle.h"
#include "batch_limit.h"
#include "completion_queue.h"
#include "memory_region.h"
#include "trace.h"
#include "violation.h"

/* Copies once, by whole words, into private memory: the client may change the ring at any time. */
static void copy_descriptor(const struct efasim_qp *qp, uint16_t counter,
                            struct efa_send_descriptor *descriptor)
{
    uint64_t words[EFA_SEND_DESCRIPTOR_SIZE / sizeof(uint64_t)];
    size_t index = counter & (qp->send.entries - 1);
    const uint64_t *ring =
        (const uint64_t *)(const void *)(qp->send.memory + index * EFA_SEND_DESCRIPTOR_SIZE);

    for (unsigned i = 0; i < EFA_ARRAY_SIZE(words); i++)
        words[i] = efa_load_relaxed_u64(&ring[i]);
    memcpy(descriptor, words, sizeof *descriptor);
}

void efasim_poison_send(const struct efasim_qp *qp)
{
    size_t index = qp->send.taken & (qp->send.entries - 1);
    uint8_t *ring = qp->send_mapping.model;
    memset(ring + index * EFA_SEND_DESCRIPTOR_SIZE, 0xa5, EFA_SEND_DESCRIPTOR_SIZE);
}

static uint8_t expected_phase(const struct efasim_ring *ring, uint16_t counter)
{
    return (counter & ring->entries) != 0 ? EFA_SEND_PHASE : 0;
}

static bool reserved_bytes_are_zero(const struct efa_send_descriptor *d)
{
    uint32_t words[sizeof d->reserved20 / sizeof(uint32_t)];

    memcpy(words, d->reserved20, sizeof words);
    return (words[0] | words[1] | words[2] | d->reserved14) == 0;
}

/* The usual descriptor: a valid send of buffers whose keys have 24 bits. */
static bool is_usual(const struct efasim_qp *qp, const struct efa_send_descriptor *d)
{
    const uint32_t must1 = EFA_SEND_META_DESC;
    const uint32_t zero1 = EFA_SEND_CTRL1_MBZ | EFA_SEND_OP_MASK | EFA_SEND_INLINE_MSG;
    const uint32_t must2 = EFA_SEND_FIRST | EFA_SEND_LAST;
    const uint32_t zero2 = EFA_SEND_CTRL2_MBZ;
    uint32_t control = d->ctrl1 | (uint32_t)d->ctrl2 << 8;
    uint32_t mask = must1 | zero1 | (must2 | zero2 | EFA_SEND_PHASE) << 8;
    uint32_t wanted = must1 | (must2 | expected_phase(&qp->send, qp->send.taken)) << 8;

    return (control & mask) == wanted && reserved_bytes_are_zero(d) &&
           d->length <= qp->device->config.max_sq_sge &&
           ((d->payload.buffers[0].lkey | d->payload.buffers[1].lkey) & ~EFA_LKEY_MASK) == 0 &&
           !qp->device->sim->config.strict_request_ids;
}

static bool has_reserved_bits(const struct efa_send_descriptor *d)
{
    if ((d->ctrl1 & EFA_SEND_CTRL1_MBZ) != 0 || (d->ctrl2 & EFA_SEND_CTRL2_MBZ) != 0 ||
        !reserved_bytes_are_zero(d))
        return true;
    if ((d->ctrl1 & EFA_SEND_INLINE_MSG) != 0)
        return false;
    if ((d->ctrl1 & EFA_SEND_OP_MASK) != EFA_SEND_OP_SEND)
        return (d->payload.rdma.local.lkey & ~EFA_LKEY_MASK) != 0;
    for (unsigned i = 0; i < d->length && i < EFA_SEND_MAX_BUFFERS; i++) {
        if ((d->payload.buffers[i].lkey & ~EFA_LKEY_MASK) != 0)
            return true;
    }
    return false;
}

static bool has_bad_flags(const struct efa_send_descriptor *d)
{
    const uint8_t always2 = EFA_SEND_FIRST | EFA_SEND_LAST;
    bool is_send = (d->ctrl1 & EFA_SEND_OP_MASK) == EFA_SEND_OP_SEND;
    return (d->ctrl1 & EFA_SEND_META_DESC) == 0 || (d->ctrl2 & always2) != always2 ||
           (!is_send && (d->ctrl1 & EFA_SEND_INLINE_MSG) != 0);
}

/* Whether the descriptor is one that no correct client writes. */
static EFA_NOINLINE bool is_violation(struct efasim_qp *qp, const struct efa_send_descriptor *d)
{
    const struct efasim *sim = qp->device->sim;
    uint16_t counter = qp->send.taken;

    if ((d->ctrl2 & EFA_SEND_PHASE) != expected_phase(&qp->send, counter)) {
        efasim_violation(qp, EFASIM_VIOLATION_PHASE, d, sizeof *d,
                         "send descriptor %u has phase %u", counter,
                         (unsigned)(d->ctrl2 & EFA_SEND_PHASE));
        return true;
    }
    if (has_reserved_bits(d)) {
        efasim_violation(qp, EFASIM_VIOLATION_RESERVED, d, sizeof *d,
                         "send descriptor %u sets reserved bits", counter);
        return true;
    }
    if (has_bad_flags(d)) {
        efasim_violation(qp, EFASIM_VIOLATION_FLAGS, d, sizeof *d,
                         "send descriptor %u: meta_desc, first and last must be set, "
                         "inline_msg is valid only for send",
                         counter);
        return true;
    }
    if ((d->ctrl1 & EFA_SEND_OP_MASK) == EFA_SEND_OP_SEND &&
        (d->ctrl1 & EFA_SEND_INLINE_MSG) == 0 && d->length > qp->device->config.max_sq_sge) {
        efasim_violation(qp, EFASIM_VIOLATION_BUFFER_COUNT, d, sizeof *d,
                         "send descriptor %u has %u buffers, the limit is %u", counter,
                         (unsigned)d->length, qp->device->config.max_sq_sge);
        return true;
    }
    if (sim->config.strict_request_ids && d->request_id >= qp->sq_depth) {
        efasim_violation(qp, EFASIM_VIOLATION_REQUEST_ID, d, sizeof *d,
                         "send request id %u in a queue of %u" EFASIM_STRICT_IDS_HINT,
                         (unsigned)d->request_id, qp->sq_depth);
        return true;
    }
    return false;
}

/* Keys are checked now, so that an invalid one is reported at once, and again when data moves. */
static bool buffer_is_valid(struct efasim_qp *qp, const struct efa_buffer_descriptor *buffer,
                            uint32_t permissions)
{
    return efasim_lkey_covers(qp->pd, buffer->lkey,
                              efasim_address(buffer->address_low, buffer->address_high),
                              buffer->length, permissions);
}

static uint8_t judge_send(struct efasim_qp *qp, const struct efa_send_descriptor *d, uint32_t *size)
{
    const struct efasim_device_config *config = &qp->device->config;
    uint64_t total = 0;

    if ((d->ctrl1 & EFA_SEND_INLINE_MSG) != 0) {
        *size = d->length;
        return d->length <= config->inline_buf_size ? EFA_STATUS_OK : EFA_STATUS_BAD_LENGTH;
    }
    for (unsigned i = 0; i < d->length; i++)
        total += d->payload.buffers[i].length;
    if (total > config->mtu)
        return EFA_STATUS_BAD_LENGTH;
    for (unsigned i = 0; i < d->length; i++) {
        if (d->payload.buffers[i].length != 0 && !buffer_is_valid(qp, &d->payload.buffers[i], 0))
            return EFA_STATUS_BAD_LKEY;
    }
    *size = (uint32_t)total;
    return EFA_STATUS_OK;
}

static uint8_t judge_read(struct efasim_qp *qp, const struct efa_send_descriptor *d, uint32_t *size)
{
    const struct efasim_device_config *config = &qp->device->config;
    const struct efa_buffer_descriptor *local = &d->payload.rdma.local;

    if ((config->features & EFA_FEATURE_RDMA_READ) == 0 || qp->type != EFA_DRIVER_QP_SRD)
        return EFA_STATUS_UNSUPPORTED_OP;
    if (d->length != 1 || local->length > config->max_rdma_size ||
        local->length != d->payload.rdma.remote.length)
        return EFA_STATUS_BAD_LENGTH;
    if (local->length != 0 && !buffer_is_valid(qp, local, EFA_MR_LOCAL_WRITE))
        return EFA_STATUS_BAD_LKEY;
    *size = local->length;
    return EFA_STATUS_OK;
}

static uint8_t judge(struct efasim_qp *qp, const struct efa_send_descriptor *d, uint32_t *size)
{
    const struct efasim_ah *ah = efasim_slots_get(&qp->device->ahs, d->address_handle);
    uint8_t operation = d->ctrl1 & EFA_SEND_OP_MASK;

    if (operation != EFA_SEND_OP_SEND && operation != EFA_SEND_OP_RDMA_READ)
        return EFA_STATUS_UNSUPPORTED_OP;
    if (!ah || ah->pd != qp->pd)
        return EFA_STATUS_BAD_AH;
    return operation == EFA_SEND_OP_SEND ? judge_send(qp, d, size) : judge_read(qp, d, size);
}

bool efasim_announced_sends(struct efasim_qp *qp, uint32_t *count)
{
    uint32_t doorbell = efa_load_acquire_u32(qp->send.doorbell);
    uint16_t beyond = (uint16_t)(doorbell - qp->send.taken);

    *count = 0;
    if (EFA_LIKELY(beyond == 0))
        return true;
    if (efasim_traced(qp->device->sim, EFASIM_TRACE_DOORBELLS))
        efasim_trace_doorbell(qp, true, doorbell);
    if (EFA_UNLIKELY(beyond + qp->in_flight > qp->send.entries)) {
        efasim_violation(qp, EFASIM_VIOLATION_DOORBELL, NULL, 0,
                         "send doorbell at %u, %u descriptors beyond the %u taken of which %u are "
                         "in flight, in a ring of %u",
                         doorbell & 0xffffu, (unsigned)beyond, (unsigned)qp->send.taken,
                         qp->in_flight, qp->send.entries);
        qp->send.taken = (uint16_t)doorbell;
        qp->batch.has_lost = false;
        return false;
    }
    *count = efasim_batch_clip(qp, beyond);
    return true;
}

bool efasim_next_send(struct efasim_qp *qp, struct efasim_send_request *request)
{
    copy_descriptor(qp, qp->send.taken, &request->descriptor);
    if (efasim_traced(qp->device->sim, EFASIM_TRACE_DESCRIPTORS))
        efasim_trace_descriptor(qp, true, qp->send.taken, &request->descriptor);
    if (EFA_UNLIKELY(!is_usual(qp, &request->descriptor)) && is_violation(qp, &request->descriptor))
        return false;
    request->size = 0;
    request->status = judge(qp, &request->descriptor, &request->size);
    return true;
}

uint32_t efasim_flush_sends(struct efasim_qp *qp)
{
    uint16_t doorbell = (uint16_t)efa_load_acquire_u32(qp->send.doorbell);
    uint16_t count = (uint16_t)(doorbell - qp->send.taken);

    if (count > qp->send.entries) {
        efasim_violation(qp, EFASIM_VIOLATION_DOORBELL, NULL, 0,
                         "send doorbell at %u with %u taken, in a ring of %u", (unsigned)doorbell,
                         (unsigned)qp->send.taken, qp->send.entries);
        qp->send.taken = doorbell;
        qp->batch.has_lost = false;
        return 0;
    }
    count = efasim_batch_clip(qp, count);
    for (uint16_t i = 0; i < count; i++) {
        struct efa_send_descriptor descriptor;
        copy_descriptor(qp, qp->send.taken++, &descriptor);
        efasim_complete_send(qp, descriptor.request_id, descriptor.ctrl1 & EFA_SEND_OP_MASK,
                             EFA_STATUS_FLUSHED);
    }
    return count;
}
