/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Packets that came in over a link: messages of another instance's clients to clients of this one,
 * and answers. A packet is what another machine says, so each field is checked.
 */
#include "link_in.h"

#include <string.h>

#include "../../src/driver/protocol.h"
#include "../device/address_handle.h"
#include "../device/memory_region.h"
#include "../device/recv_ring.h"
#include "deliver.h"
#include "flush.h"
#include "mover.h"
#include "rdma_chunk.h"
#include "transit.h"

/* What a packet came with, and who it is for. */
struct coming {
    struct efasim_link *link;
    const struct efasim_packet *packet;
    uint8_t *payload;
    const struct efasim_remote_device *from;
    struct efasim_qp *receiver;
};

static void answer(const struct coming *c, uint8_t status)
{
    efasim_link_answer(c->link, c->packet, EFASIM_RESULT_STATUS, status, EFASIM_NO_DROP);
}

/* Counted by the sender, who hears of it; a sender of datagrams does not. */
static void drop(const struct coming *c, struct efasim_device *device,
                 enum efasim_drop_reason reason, uint8_t status)
{
    if (c->packet->qp_type == EFA_DRIVER_QP_SRD) {
        efasim_link_answer(c->link, c->packet, EFASIM_RESULT_STATUS, status, (uint8_t)reason);
        return;
    }
    device->counters.drops[reason]++;
    answer(c, EFA_STATUS_OK);
}

static void not_ready(const struct coming *c)
{
    if (c->packet->qp_type == EFA_DRIVER_QP_SRD)
        efasim_link_answer(c->link, c->packet, EFASIM_RESULT_NOT_READY, 0, EFASIM_NO_DROP);
    else
        drop(c, c->receiver->device, EFASIM_DROP_NO_RECEIVE, EFA_STATUS_OK);
}

static void describe(const struct coming *c, uint32_t size, struct efasim_received *received)
{
    const struct efasim_ah *ah = c->receiver->pd->ah_of_remote[c->from->index];

    received->length = (uint16_t)size;
    received->source_ah = ah ? (uint16_t)ah->number : EFA_AH_NONE;
    received->source_qp = c->packet->source_qp;
    received->has_immediate = c->packet->has_immediate != 0;
    received->immediate_data = received->has_immediate ? c->packet->immediate_data : 0;
}

static void receive(const struct coming *c)
{
    struct efasim_link_move move = {
        .way = EFASIM_LINK_SEND_IN, .link = c->link, .receiver = c->receiver};
    struct efasim *sim = c->link->sim;
    struct efasim_segments source, target;

    if (efasim_recv_is_empty(c->receiver)) {
        not_ready(c);
        return;
    }
    efasim_segments_init(&source, NULL);
    efasim_segments_init(&target, c->receiver->owner);
    if (c->receiver->type == EFA_DRIVER_QP_UD)
        efasim_segments_append_own(&source, sim->fabric->ud_header, EFA_UD_GRH_SIZE);
    if (c->packet->size != 0)
        efasim_segments_append_own(&source, c->payload, c->packet->size);
    switch (efasim_take_recv(c->receiver, source.size, &target, &move.recv_request_id)) {
    case EFASIM_RECV_OK:
        describe(c, source.size, &move.received);
        move.packet = efasim_link_answer_to(c->packet);
        efasim_move_over_link(&move, &source, &target);
        break;
    case EFASIM_RECV_NONE:
        not_ready(c);
        break;
    case EFASIM_RECV_TOO_SHORT:
        drop(c, c->receiver->device, EFASIM_DROP_RECEIVE_TOO_SHORT, EFA_STATUS_REMOTE_BAD_LENGTH);
        break;
    case EFASIM_RECV_BAD_KEY:
        drop(c, c->receiver->device, EFASIM_DROP_RECEIVE_ERROR, EFA_STATUS_BAD_RESPONSE);
        break;
    case EFASIM_RECV_VIOLATION:
        drop(c, c->receiver->device, EFASIM_DROP_NO_QP, EFA_STATUS_BAD_DESTINATION_QP);
        efasim_enter_error(c->receiver);
        break;
    }
}

/* The responder's side of an RDMA read (rdma_read.c has both sides of one within an instance). */
static void be_read(const struct coming *c)
{
    const struct efasim_packet *packet = c->packet;
    struct efasim_qp *responder = c->receiver;
    struct efasim_link_move move = {.way = EFASIM_LINK_READ_OUT, .link = c->link};
    uint32_t chunk = efasim_rdma_chunk(packet->left);
    struct efasim_segments source, target;

    efasim_segments_init(&source, responder->owner);
    efasim_segments_init(&target, NULL);
    if ((responder->device->config.features & EFA_FEATURE_RDMA_READ) == 0) {
        answer(c, EFA_STATUS_FEATURE_MISMATCH);
        return;
    }
    if (!responder->pd->ah_of_remote[c->from->index]) {
        answer(c, EFA_STATUS_UNKNOWN_PEER);
        return;
    }
    if (packet->left != 0 && !efasim_resolve_rkey(responder->pd, packet->rkey, packet->address,
                                                  packet->left, EFA_MR_REMOTE_READ, &source)) {
        answer(c, EFA_STATUS_BAD_REMOTE_ADDRESS);
        return;
    }
    source.size = chunk;
    source.list[0].size = chunk;
    move.packet = efasim_link_answer_to(packet);
    move.packet.kind = EFASIM_PACKET_DATA;
    move.packet.size = chunk;
    efasim_move_over_link(&move, &source, &target);
}

static bool take_request(struct coming *c)
{
    const struct efasim_packet *packet = c->packet;
    struct efasim *sim = c->link->sim;
    struct efasim_device *device = efasim_find_device(sim, packet->destination_gid);
    enum efasim_drop_reason reason;

    c->from = efasim_find_remote(sim, packet->source_gid);
    if (!c->from || c->from->link != c->link)
        return false;
    if (packet->qp_type != EFA_DRIVER_QP_SRD && packet->qp_type != EFA_DRIVER_QP_UD)
        return false;
    if (!device || device->removed) {
        efasim_link_answer(c->link, packet, EFASIM_RESULT_NO_PEER, 0, EFASIM_NO_DROP);
        return true;
    }
    c->receiver = efasim_find_receiver(device, packet->destination_qp, packet->qp_type,
                                       packet->qkey, &reason);
    if (!c->receiver)
        drop(c, device, reason, EFA_STATUS_BAD_DESTINATION_QP);
    else if (packet->kind == EFASIM_PACKET_READ)
        be_read(c);
    else
        receive(c);
    return true;
}

/* Returns the message to this instance's fabric. */
static void take_back(struct efasim_message *message)
{
    efasim_link_forget(message);
    efasim_message_leave_fabric(message);
    message->state = message->done != 0 ? EFASIM_MESSAGE_READING : EFASIM_MESSAGE_UNDELIVERED;
}

static bool take_answer(struct efasim_link *link, const struct efasim_packet *packet)
{
    struct efasim_link_slot *slot = efasim_link_find_slot(link, packet->token);
    struct efasim_message *message = slot ? slot->message : NULL;
    struct efasim_device *device;
    struct efasim_ah *ah;

    if (packet->size != 0 || packet->result > EFASIM_RESULT_NO_PEER ||
        packet->status > EFA_STATUS_FEATURE_MISMATCH ||
        (packet->drop != EFASIM_NO_DROP && packet->drop >= EFASIM_DROP_REASONS))
        return false;
    if (slot && !message)
        efasim_link_free_slot(link, packet->token.slot); /* a datagram */
    if (!message)
        return true;
    /* Only data completes a read with success. */
    if (message->operation == EFA_SEND_OP_RDMA_READ && packet->result == EFASIM_RESULT_STATUS &&
        packet->status == EFA_STATUS_OK)
        return false;
    take_back(message);
    device = message->qp->device;
    if (packet->result == EFASIM_RESULT_NO_PEER) {
        efasim_transit_no_peer(message);
        return true;
    }
    ah = device->ahs.objects[message->ah];
    ah->peer_answered = true;
    if (packet->result == EFASIM_RESULT_NOT_READY) {
        efasim_not_ready(message);
        return true;
    }
    if (packet->drop != EFASIM_NO_DROP)
        device->counters.drops[packet->drop]++;
    efasim_transit_answer(message, packet->status);
    return true;
}

static bool take_data(struct efasim_link *link, const struct efasim_packet *packet,
                      uint8_t *payload)
{
    const struct efasim_link_slot *slot = efasim_link_find_slot(link, packet->token);
    struct efasim_message *message = slot ? slot->message : NULL;
    struct efasim_link_move move = {.way = EFASIM_LINK_READ_IN, .link = link, .packet = *packet};
    const struct efa_buffer_descriptor *local;
    struct efasim_segments source, target;
    struct efasim_ah *ah;

    if (!message)
        return true;
    if (message->operation != EFA_SEND_OP_RDMA_READ ||
        packet->size != efasim_rdma_chunk(message->size - message->done))
        return false;
    take_back(message);
    ah = message->qp->device->ahs.objects[message->ah];
    ah->peer_answered = true;
    local = &message->payload.rdma.local;
    efasim_segments_init(&source, NULL);
    efasim_segments_init(&target, message->qp->owner);
    if (packet->size != 0) {
        efasim_segments_append_own(&source, payload, packet->size);
        if (!efasim_resolve_lkey(message->qp->pd, local->lkey,
                                 efasim_address(local->address_low, local->address_high) +
                                     message->done,
                                 packet->size, EFA_MR_LOCAL_WRITE, &target)) {
            efasim_message_complete(message, EFA_STATUS_BAD_LKEY);
            return true;
        }
    }
    move.message = message;
    efasim_move_over_link(&move, &source, &target);
    return true;
}

bool efasim_link_take_packet(struct efasim_link *link, const struct efasim_packet *packet,
                             uint8_t *payload)
{
    struct coming coming = {.link = link, .packet = packet, .payload = payload};

    switch (packet->kind) {
    case EFASIM_PACKET_SEND:
        return packet->size <= EFASIM_PACKET_LARGEST_SEND && take_request(&coming);
    case EFASIM_PACKET_READ:
        return packet->size == 0 && packet->qp_type == EFA_DRIVER_QP_SRD && take_request(&coming);
    case EFASIM_PACKET_ANSWER:
        return take_answer(link, packet);
    case EFASIM_PACKET_DATA:
        return take_data(link, packet, payload);
    default:
        return false;
    }
}
