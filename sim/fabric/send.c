/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Takes send requests from the ring into the fabric. */
#include "send.h"

#include <string.h>

#include "../device/completion_queue.h"
#include "../device/send_ring.h"
#include "../device/violation.h"
#include "flush.h"
#include "message.h"
#include "transit.h"

static void fill(struct efasim_message *message, const struct efa_send_descriptor *d, uint32_t size)
{
    message->request_id = d->request_id;
    message->operation = d->ctrl1 & EFA_SEND_OP_MASK;
    message->has_immediate = (d->ctrl1 & EFA_SEND_HAS_IMM) != 0;
    message->is_inline = (d->ctrl1 & EFA_SEND_INLINE_MSG) != 0;
    message->is_signaled = (d->ctrl2 & EFA_SEND_COMP_REQ) != 0;
    message->destination_qp = d->destination_qp;
    message->buffer_count = (uint8_t)d->length;
    message->immediate_data = d->immediate_data;
    message->ah = d->address_handle;
    message->qkey = d->qkey;
    message->size = size;
    memcpy(&message->payload, &d->payload, sizeof message->payload);
}

static void count_outstanding(struct efasim_qp *qp)
{
    struct efasim_sub_cq *sub_cq = qp->send_sub_cq;
    if (EFA_LIKELY(++sub_cq->outstanding <= sub_cq->entries) || sub_cq->overrun_reported)
        return;
    sub_cq->overrun_reported = 1;
    efasim_violation(qp, EFASIM_VIOLATION_CQ_OVERRUN, NULL, 0,
                     "%u sends outstanding towards a sub-CQ of %u entries", sub_cq->outstanding,
                     sub_cq->entries);
}

enum fetch_result { FETCHED, NO_MEMORY, VIOLATED };

static enum fetch_result fetch_one(struct efasim_qp *qp)
{
    struct efasim_send_request request;
    const struct efa_send_descriptor *descriptor = &request.descriptor;
    struct efasim_message *message = NULL;

    if (EFA_UNLIKELY(!efasim_next_send(qp, &request))) {
        qp->send.taken++;
        efasim_enter_error_by(qp, descriptor);
        return VIOLATED;
    }
    if (request.status == EFA_STATUS_OK) {
        message = efasim_message_take(qp);
        if (!message)
            return NO_MEMORY;
    }
    efasim_take_send(qp);
    if (!message) {
        efasim_complete_send(qp, descriptor->request_id, descriptor->ctrl1 & EFA_SEND_OP_MASK,
                             request.status);
        return FETCHED;
    }
    qp->device->counters.send_bytes += request.size;
    qp->counters.send_bytes += request.size;
    fill(message, descriptor, request.size);
    count_outstanding(qp);
    efasim_transit_send(message);
    return FETCHED;
}

uint32_t efasim_fetch_sends(struct efasim_qp *qp, uint32_t budget, bool *more)
{
    uint32_t count;
    uint32_t fetched = 0;

    if (EFA_UNLIKELY(!efasim_announced_sends(qp, &count)))
        efasim_enter_error(qp);
    *more = count > budget;
    if (*more)
        count = budget;
    while (fetched < count) {
        EFA_PREFETCH(qp->send.memory + ((qp->send.taken + 1u) & (qp->send.entries - 1)) *
                                           (size_t)EFA_SEND_DESCRIPTOR_SIZE);
        enum fetch_result result = fetch_one(qp);
        if (result == NO_MEMORY) {
            *more = false;
            return fetched;
        }
        fetched++;
        if (result == VIOLATED) {
            *more = false;
            return fetched;
        }
    }
    return fetched;
}

uint32_t efasim_reject_sends(struct efasim_qp *qp)
{
    uint16_t doorbell = (uint16_t)efa_load_acquire_u32(qp->send.doorbell);
    uint16_t count = (uint16_t)(doorbell - qp->send.taken);

    if (EFA_LIKELY(count == 0))
        return 0;
    efasim_violation(qp, EFASIM_VIOLATION_STATE, NULL, 0,
                     "%u send descriptors announced in state %u, before RTS", (unsigned)count,
                     qp->state);
    efasim_enter_error(qp);
    return count;
}
