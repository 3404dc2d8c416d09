/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The messages between the two sides, as bytes. */
#include "peer.h"

#include <string.h>

#include "common/clock.h"
#include "common/message.h"

/* How long the other side may take to receive it. Assumed. */
#define END_NS 1000000000u

static void put(uint8_t *to, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        to[i] = (uint8_t)(value >> (8 * i));
}

static uint32_t get(const uint8_t *from)
{
    uint32_t value = 0;

    for (unsigned i = 0; i < 4; i++)
        value |= (uint32_t)from[i] << (8 * i);
    return value;
}

bool peer_send(tool_socket peer, const struct peer_message *message, uint64_t deadline)
{
    uint8_t bytes[PEER_MESSAGE_SIZE];

    put(bytes, PEER_FORMAT);
    put(bytes + 4, message->order);
    put(bytes + 8, message->count);
    put(bytes + 12, message->qp_num);
    put(bytes + 16, message->ah);
    memcpy(bytes + 20, message->gid, EFA_GID_SIZE);
    return tool_send_all(peer, bytes, sizeof bytes, deadline);
}

void peer_end(struct probe *probe)
{
    const struct peer_message end = {.order = PEER_END};

    if (probe->peer == TOOL_NO_SOCKET)
        return;
    peer_send(probe->peer, &end, tool_now_ns() + END_NS);
    tool_close_socket(probe->peer);
    probe->peer = TOOL_NO_SOCKET;
}

bool peer_receive(tool_socket peer, struct peer_message *message, uint64_t deadline)
{
    uint8_t bytes[PEER_MESSAGE_SIZE];

    if (!tool_receive_all(peer, bytes, sizeof bytes, deadline))
        return false;
    message->format = get(bytes);
    message->order = get(bytes + 4);
    message->count = get(bytes + 8);
    message->qp_num = get(bytes + 12);
    message->ah = get(bytes + 16);
    memcpy(message->gid, bytes + 20, EFA_GID_SIZE);
    if (message->format == PEER_FORMAT)
        return true;
    tool_error("the other side speaks format %u, this one %u: use efa_probe of one version on both",
               message->format, PEER_FORMAT);
    return false;
}
