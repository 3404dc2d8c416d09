/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Messages to adapters of other instances. Each has a slot of its link until it is answered; the
 * payload is copied when the message is sent. Once the link is down, or silent for the peer's
 * timeout, its messages time out.
 */
#include "depart.h"

#include <string.h>

#include "../../src/driver/protocol.h"
#include "../device/address_handle.h"
#include "message.h"
#include "mover.h"
#include "rdma_chunk.h"
#include "source.h"
#include "transit.h"

static bool is_read(const struct efasim_message *message)
{
    return message->operation == EFA_SEND_OP_RDMA_READ;
}

static uint32_t bytes_of(const struct efasim_message *message)
{
    return is_read(message) ? efasim_rdma_chunk(message->size - message->done) : message->size;
}

static void describe(const struct efasim_message *message, struct efasim_packet *packet)
{
    const struct efasim_qp *qp = message->qp;
    const struct efasim_ah *ah = qp->device->ahs.objects[message->ah];

    memset(packet, 0, sizeof *packet);
    memcpy(packet->source_gid, qp->device->config.gid, sizeof packet->source_gid);
    memcpy(packet->destination_gid, ah->gid, sizeof packet->destination_gid);
    packet->source_qp = (uint16_t)qp->number;
    packet->destination_qp = message->destination_qp;
    packet->qkey = message->qkey;
    packet->qp_type = qp->type;
    packet->has_immediate = message->has_immediate;
    packet->immediate_data = message->has_immediate ? message->immediate_data : 0;
}

static void ask_for_chunk(struct efasim_link *link, struct efasim_message *message)
{
    const struct efa_remote_address *remote = &message->payload.rdma.remote;
    struct efasim *sim = link->sim;
    struct efasim_packet packet;

    describe(message, &packet);
    packet.kind = EFASIM_PACKET_READ;
    packet.rkey = remote->rkey;
    packet.address = efasim_address(remote->address_low, remote->address_high) + message->done;
    packet.left = message->size - message->done;
    packet.token = efasim_link_take_slot(link, message, bytes_of(message));
    link->send(link->context, &packet, NULL);
    efasim_link_start_timer(message, sim->config.peer_timeout);
}

static void send_payload(struct efasim_link *link, struct efasim_message *message)
{
    struct efasim_link_move move = {.way = EFASIM_LINK_SEND_OUT, .link = link, .message = message};
    struct efasim_segments source, target;

    efasim_segments_init(&source, message->qp->owner);
    efasim_segments_init(&target, NULL);
    if (!efasim_find_source(message, &source)) {
        efasim_message_complete(message, EFA_STATUS_BAD_LKEY);
        return;
    }
    /* The header before a datagram is the receiver's. */
    if (message->is_patched && message->qp->type == EFA_DRIVER_QP_UD)
        message->patch.offset -= EFA_UD_GRH_SIZE;
    describe(message, &move.packet);
    move.packet.kind = EFASIM_PACKET_SEND;
    move.packet.size = message->size;
    move.packet.token = efasim_link_take_slot(link, message, bytes_of(message));
    efasim_move_over_link(&move, &source, &target);
}

static void go(struct efasim_link *link, struct efasim_message *message)
{
    if (is_read(message))
        ask_for_chunk(link, message);
    else
        send_payload(link, message);
}

void efasim_depart(struct efasim_message *message)
{
    struct efasim_device *device = message->qp->device;
    const struct efasim_ah *ah = device->ahs.objects[message->ah];
    struct efasim_link *link = ah->remote->link;
    struct efasim *sim = device->sim;

    if (!link->is_up && message->qp->type != EFA_DRIVER_QP_SRD) {
        efasim_transit_no_peer(message);
        return;
    }
    if (link->is_up && !link->held && efasim_link_has_room(link, bytes_of(message))) {
        go(link, message);
        return;
    }
    efasim_link_hold(link, message);
    efasim_link_start_timer(message, sim->config.peer_timeout);
}

void efasim_link_let_go(struct efasim_link *link)
{
    while (link->is_up && link->held && efasim_link_has_room(link, bytes_of(link->held))) {
        struct efasim_message *message = link->held;

        efasim_link_forget(message);
        efasim_message_leave_fabric(message);
        go(link, message);
    }
}

void efasim_link_overdue(struct efasim_message *message)
{
    struct efasim_device *device = message->qp->device;
    const struct efasim_link *link = message->link;
    const struct efasim *sim = device->sim;

    if (link && link->is_up && link->heard_at + sim->config.peer_timeout > sim->now) {
        efasim_link_start_timer(message, link->heard_at + sim->config.peer_timeout - sim->now);
        return;
    }
    device->counters.drops[EFASIM_DROP_NO_PEER]++;
    if (message->qp->type != EFA_DRIVER_QP_SRD)
        efasim_message_complete(message, EFA_STATUS_OK);
    else
        efasim_message_give_up(message);
}
