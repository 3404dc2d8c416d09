/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Points that need two instances: one listens, the other measures. The measuring side sends orders
 * for the endpoint of the other over TCP, and waits for each reply.
 */
#ifndef EFA_PROBE_PEER_H
#define EFA_PROBE_PEER_H

#include "common/network.h"
#include "probe.h"

#define PEER_PORT 18517u
#define PEER_FORMAT 1u
#define PEER_MOST_RECEIVES 64u
#define PEER_MOST_ECHOES 10000u

enum peer_order {
    PEER_OPEN, /* opens a new endpoint with `count` receives; `qp_num` and `gid` are the sender's */
    PEER_KNOW, /* makes an address handle for the sender */
    PEER_TAKE, /* waits for `count` messages; the reply has their number and the sender's handle */
    PEER_ECHO, /* sends back `count` messages, one by one */
    PEER_DROP, /* destroys the queue pair */
    PEER_END   /* the last order; without a reply */
};

/* An order, and the reply to it. */
struct peer_message {
    uint32_t format; /* PEER_FORMAT */
    uint32_t order;
    uint32_t count;
    uint32_t qp_num;
    uint32_t ah; /* of a reply to PEER_TAKE */
    uint8_t gid[EFA_GID_SIZE];
};
#define PEER_MESSAGE_SIZE 36u

bool peer_send(tool_socket peer, const struct peer_message *message, uint64_t deadline);
bool peer_receive(tool_socket peer, struct peer_message *message, uint64_t deadline);

/* Sends PEER_END and closes the connection, if there is one. */
void peer_end(struct probe *probe);

/* Serves clients until Ctrl-C. False if it failed. */
bool peer_serve(struct probe *probe, uint16_t port, unsigned limit_ms, bool *stuck);

#endif
