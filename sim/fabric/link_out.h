/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Sends over a link what has its payload, and handles payloads that came in. */
#ifndef EFASIM_FABRIC_LINK_OUT_H
#define EFASIM_FABRIC_LINK_OUT_H

#include "../device/completion_queue.h"
#include "link_window.h"

enum efasim_link_way {
    EFASIM_NOT_OVER_LINK,
    EFASIM_LINK_SEND_OUT, /* a send of this instance */
    EFASIM_LINK_SEND_IN,
    EFASIM_LINK_READ_OUT, /* what another instance reads of this one's memory */
    EFASIM_LINK_READ_IN
};

/* A payload that moves between a client's memory and a link. */
struct efasim_link_move {
    enum efasim_link_way way;
    struct efasim_link *link;
    struct efasim_packet packet;    /* to be sent: out with the payload, in as the answer */
    struct efasim_message *message; /* of this instance, or NULL */
    struct efasim_qp *receiver;     /* of a send that came in, */
    uint16_t recv_request_id;       /* into this receive */
    struct efasim_received received;
};

/* The memory of the side that lies here was there, or not. */
void efasim_link_moved(const struct efasim_link_move *move, const uint8_t *payload, bool is_there);

/* An answer without a payload; `packet` names the token and the addresses. */
void efasim_link_answer(struct efasim_link *link, const struct efasim_packet *to,
                        enum efasim_packet_result result, uint8_t status, uint8_t drop);
/* What efasim_link_answer sends. */
struct efasim_packet efasim_link_answer_to(const struct efasim_packet *packet);

/* The message is at the link now, or held back: it is given up when the link stays silent. */
void efasim_link_start_timer(struct efasim_message *message, uint64_t delay);

#endif
