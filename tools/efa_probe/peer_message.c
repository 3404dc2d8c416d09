/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The messages between the two sides, as bytes. */
#include "peer.h"

#include <string.h>

#include "common/byte_order.h"
#include "common/clock.h"
#include "common/message.h"

/* How long the other side may take to receive it. Assumed. */
#define END_NS 1000000000u

bool peer_send(tool_socket peer, const struct peer_message *message, uint64_t deadline)
{
    uint8_t bytes[PEER_MESSAGE_SIZE];

    put_big_endian32(bytes, PEER_FORMAT);
    put_big_endian32(bytes + 4, message->order);
    put_big_endian32(bytes + 8, message->count);
    put_big_endian32(bytes + 12, message->qp_num);
    put_big_endian32(bytes + 16, message->ah);
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
    message->format = get_big_endian32(bytes);
    message->order = get_big_endian32(bytes + 4);
    message->count = get_big_endian32(bytes + 8);
    message->qp_num = get_big_endian32(bytes + 12);
    message->ah = get_big_endian32(bytes + 16);
    memcpy(message->gid, bytes + 20, EFA_GID_SIZE);
    if (message->format == PEER_FORMAT)
        return true;
    tool_error("the other side speaks format %u, this one %u: use efa_probe of one version on both",
               message->format, PEER_FORMAT);
    return false;
}
