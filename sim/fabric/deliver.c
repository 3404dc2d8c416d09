/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The arrival of a message: finds the queue pair, decides whether it accepts the message, and
 * reports to the sender. mover.c moves the bytes, rdma_read.c has RDMA reads.
 */
#include "deliver.h"

#include "../../src/driver/protocol.h"
#include "../device/address_handle.h"
#include "../device/fault_rules.h"
#include "../device/memory_region.h"
#include "../device/recv_ring.h"
#include "depart.h"
#include "flush.h"
#include "mover.h"
#include "rdma_read.h"
#include "source.h"
#include "state.h"
#include "transit.h"

#define RNR_RETRY_FOREVER 7u

static void drop(struct efasim_message *message, enum efasim_drop_reason reason, uint8_t status)
{
    message->qp->device->counters.drops[reason]++;
    /* A UD sender is not informed. */
    efasim_transit_answer(message, message->qp->type == EFA_DRIVER_QP_SRD ? status : EFA_STATUS_OK);
}

static bool can_receive(const struct efasim_qp *qp)
{
    return qp->state == EFA_DRIVER_QP_RTR || qp->state == EFA_DRIVER_QP_RTS ||
           qp->state == EFA_DRIVER_QP_SQD;
}

void efasim_not_ready(struct efasim_message *message)
{
    struct efasim_qp *sender = message->qp;

    if (sender->type != EFA_DRIVER_QP_SRD || message->rnr_left == 0) {
        drop(message, EFASIM_DROP_NO_RECEIVE, EFA_STATUS_RECEIVER_NOT_READY);
        return;
    }
    if (message->rnr_left != RNR_RETRY_FOREVER)
        message->rnr_left--;
    sender->device->counters.rnr_retries++;
    sender->counters.rnr_retries++;
    efasim_transit_retry(message, sender->device->sim->config.rnr_timer);
}

/* A datagram has its header before it. */
static bool find_source(struct efasim_message *message, struct efasim_segments *source)
{
    struct efasim_qp *qp = message->qp;

    efasim_segments_init(source, qp->owner);
    if (qp->type == EFA_DRIVER_QP_UD)
        efasim_segments_append_own(source, qp->device->sim->fabric->ud_header, EFA_UD_GRH_SIZE);
    return efasim_find_source(message, source);
}

static void describe(const struct efasim_message *message, const struct efasim_qp *receiver,
                     uint32_t size, struct efasim_received *received)
{
    const struct efasim_qp *sender = message->qp;
    const struct efasim_ah *ah = receiver->pd->ah_of_device[sender->device->index];

    received->length = (uint16_t)size;
    received->source_ah = ah ? (uint16_t)ah->number : EFA_AH_NONE;
    received->source_qp = (uint16_t)sender->number;
    received->has_immediate = message->has_immediate;
    received->immediate_data = message->has_immediate ? message->immediate_data : 0;
}

static void deliver_send(struct efasim_message *message, struct efasim_qp *receiver)
{
    struct efasim_qp *sender = message->qp;
    struct efasim_segments source;
    struct efasim_segments target;
    struct efasim_received received;
    uint16_t recv_request_id = 0;

    if (efasim_recv_is_empty(receiver)) {
        efasim_not_ready(message);
        return;
    }
    if (!find_source(message, &source)) {
        efasim_message_complete(message, EFA_STATUS_BAD_LKEY);
        return;
    }
    efasim_segments_init(&target, receiver->owner);
    switch (efasim_take_recv(receiver, source.size, &target, &recv_request_id)) {
    case EFASIM_RECV_OK:
        describe(message, receiver, source.size, &received);
        efasim_move(message, &source, &target, receiver, recv_request_id, &received);
        break;
    case EFASIM_RECV_NONE:
        efasim_not_ready(message);
        break;
    case EFASIM_RECV_TOO_SHORT:
        drop(message, EFASIM_DROP_RECEIVE_TOO_SHORT, EFA_STATUS_REMOTE_BAD_LENGTH);
        break;
    case EFASIM_RECV_BAD_KEY:
        drop(message, EFASIM_DROP_RECEIVE_ERROR, EFA_STATUS_BAD_RESPONSE);
        break;
    case EFASIM_RECV_VIOLATION:
        efasim_enter_error(receiver);
        /* If the queue pair sends to itself, the flush has just completed this message. */
        if (receiver != sender)
            drop(message, EFASIM_DROP_NO_QP, EFA_STATUS_BAD_DESTINATION_QP);
        break;
    }
}

/* True if a fault has finished or delayed the message. */
static EFA_NOINLINE bool suffers_fault(struct efasim_message *message)
{
    struct efasim_device *device = message->qp->device;

    message->fault_checked = true;
    const struct efasim_fault *fault =
        efasim_fault_strikes(device, EFASIM_FAULT_ON_MESSAGE, message->qp->number);
    if (!fault)
        return false;
    switch (fault->kind) {
    case EFASIM_FAULT_MESSAGE_STATUS:
        efasim_transit_answer(message, (uint8_t)fault->value);
        return true;
    case EFASIM_FAULT_MESSAGE_DELAY:
        efasim_transit_retry(message, fault->value);
        return true;
    case EFASIM_FAULT_MESSAGE_PATCH:
        message->is_patched = true;
        message->patch = efasim_patch_of(fault);
        if (message->qp->type == EFA_DRIVER_QP_UD)
            message->patch.offset += EFA_UD_GRH_SIZE;
        return false;
    default:
        efasim_transit_lose(message);
        return true;
    }
}

struct efasim_qp *efasim_find_receiver(const struct efasim_device *device, uint32_t number,
                                       uint32_t type, uint32_t qkey,
                                       enum efasim_drop_reason *reason)
{
    struct efasim_qp *receiver = efasim_find_qp_number(device, number);

    *reason = EFASIM_DROP_NO_QP;
    if (!receiver || receiver->type != type || !can_receive(receiver))
        return NULL;
    *reason = EFASIM_DROP_QKEY;
    return receiver->has_qkey && receiver->qkey != qkey ? NULL : receiver;
}

static void arrive(struct efasim_message *message)
{
    struct efasim_qp *sender = message->qp;
    struct efasim_ah *ah = sender->device->ahs.objects[message->ah];
    struct efasim_device *destination = ah->peer;

    if (EFA_UNLIKELY(!destination && ah->remote)) {
        efasim_depart(message);
        return;
    }
    if (EFA_UNLIKELY(!destination || destination->removed)) {
        efasim_transit_no_peer(message);
        return;
    }
    ah->peer_answered = true;
    enum efasim_drop_reason reason;
    struct efasim_qp *receiver = efasim_find_receiver(destination, message->destination_qp,
                                                      sender->type, message->qkey, &reason);
    if (!receiver) {
        drop(message, reason, EFA_STATUS_BAD_DESTINATION_QP);
        return;
    }
    if (message->operation == EFA_SEND_OP_RDMA_READ)
        efasim_read_remote(message, receiver);
    else
        deliver_send(message, receiver);
}

void efasim_deliver(struct efasim_message *message)
{
    const struct efasim *sim = message->qp->device->sim;

    switch (message->state) {
    case EFASIM_MESSAGE_ANSWERED:
        efasim_message_complete(message, message->status);
        return;
    case EFASIM_MESSAGE_TIMING_OUT:
        efasim_message_give_up(message);
        return;
    case EFASIM_MESSAGE_AWAY:
        efasim_link_overdue(message);
        return;
    default:
        if (EFA_UNLIKELY(sim->fault_count != 0) && !message->fault_checked &&
            suffers_fault(message))
            return;
        arrive(message);
        return;
    }
}
