/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Payloads that have moved between a client's memory and a link. */
#include "link_out.h"

#include "../../src/driver/protocol.h"
#include "arrival.h"
#include "message.h"
#include "transit.h"

void efasim_link_start_timer(struct efasim_message *message, uint64_t delay)
{
    message->state = EFASIM_MESSAGE_AWAY;
    efasim_transit_retry(message, delay);
}

struct efasim_packet efasim_link_answer_to(const struct efasim_packet *packet)
{
    struct efasim_packet answer = {
        .kind = EFASIM_PACKET_ANSWER, .drop = EFASIM_NO_DROP, .token = packet->token};

    return answer;
}

void efasim_link_answer(struct efasim_link *link, const struct efasim_packet *to,
                        enum efasim_packet_result result, uint8_t status, uint8_t drop)
{
    struct efasim_packet answer = efasim_link_answer_to(to);

    answer.result = (uint8_t)result;
    answer.status = status;
    answer.drop = drop;
    link->send(link->context, &answer, NULL);
}

static void send_out(const struct efasim_link_move *move, const uint8_t *payload)
{
    struct efasim_message *message = move->message;
    struct efasim_link *link = move->link;
    struct efasim *sim = link->sim;
    struct efasim_packet packet = move->packet;
    bool is_srd = message->qp->type == EFA_DRIVER_QP_SRD;

    /* The slot was taken when the payload began to move. */
    link->send(link->context, &packet, payload);
    if (is_srd) {
        efasim_link_start_timer(message, sim->config.peer_timeout);
        return;
    }
    link->slots[packet.token.slot].message = NULL;
    message->link = NULL;
    efasim_message_complete(message, EFA_STATUS_OK);
}

static void send_came_in(const struct efasim_link_move *move, bool is_there)
{
    struct efasim_qp *receiver = move->receiver;
    struct efasim_packet answer = move->packet;

    efasim_complete_recv(receiver, move->recv_request_id,
                         is_there ? EFA_STATUS_OK : EFA_STATUS_BAD_LKEY, &move->received);
    if (is_there)
        efasim_count_receive(receiver, move->received.length);
    else
        answer.status = EFA_STATUS_BAD_RESPONSE;
    move->link->send(move->link->context, &answer, NULL);
}

void efasim_link_moved(const struct efasim_link_move *move, const uint8_t *payload, bool is_there)
{
    switch (move->way) {
    case EFASIM_LINK_SEND_OUT:
        if (is_there)
            send_out(move, payload);
        else
            efasim_message_complete(move->message, EFA_STATUS_BAD_LKEY);
        break;
    case EFASIM_LINK_SEND_IN:
        send_came_in(move, is_there);
        break;
    case EFASIM_LINK_READ_OUT:
        if (is_there)
            move->link->send(move->link->context, &move->packet, payload);
        else
            efasim_link_answer(move->link, &move->packet, EFASIM_RESULT_STATUS,
                               EFA_STATUS_BAD_REMOTE_ADDRESS, EFASIM_NO_DROP);
        break;
    default:
        efasim_read_arrived(move->message, move->packet.size, true, is_there);
        break;
    }
}
