/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The side that listens: carries out the orders of the measuring side with an endpoint of its own.
 */
#include "peer.h"

#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/interrupt.h"
#include "common/message.h"

#define RECEIVE_SIZE 64

struct server {
    struct probe *probe;
    tool_socket peer;
    struct raw_endpoint e;
    bool is_open;
    uint16_t sender_ah;
    uint32_t sender_qp;
    uint8_t sender_gid[EFA_GID_SIZE];
};

static void open_endpoint(struct sim_world *world, struct server *server,
                          const struct peer_message *order)
{
    struct raw_options options = probe_options(server->probe, EFA_DRIVER_QP_SRD);

    if (server->is_open)
        raw_endpoint_close(&server->e);
    options.depth = PEER_MOST_RECEIVES;
    options.cq_depth = PEER_MOST_RECEIVES;
    raw_endpoint_open(world, &server->e, &options);
    server->is_open = true;
    server->sender_qp = order->qp_num;
    memcpy(server->sender_gid, order->gid, sizeof server->sender_gid);
    for (uint32_t i = 0; i < order->count && i < PEER_MOST_RECEIVES; i++)
        raw_recv(&server->e, (uint16_t)i, i * RECEIVE_SIZE, RECEIVE_SIZE);
}

/* If both sides share an adapter, the endpoint has the handle. */
static void know_sender(struct server *server)
{
    struct raw_client *client = &server->e.client;

    server->sender_ah = server->e.ah;
    if (memcmp(server->sender_gid, client->info.addr, sizeof server->sender_gid) != 0)
        CHECK_EQUAL(raw_alloc_ah(client, server->e.pdn, server->sender_gid, &server->sender_ah), 0);
}

static void take_messages(struct sim_world *world, struct server *server,
                          const struct peer_message *order, struct peer_message *reply)
{
    struct efa_completion_entry entry;

    reply->ah = UINT32_MAX;
    while (reply->count < order->count && reply->count < PEER_MOST_RECEIVES &&
           probe_wait(world, &server->e.recv_cq, PROBE_PATIENCE_MS, &entry)) {
        reply->count++;
        reply->ah = entry.source_ah;
    }
}

static void send_back(struct server *server, uint16_t request)
{
    struct raw_endpoint *e = &server->e;
    struct efa_send_descriptor d = raw_send_descriptor(e, e, request, 0, 8);

    d.destination_qp = (uint16_t)server->sender_qp;
    d.address_handle = server->sender_ah;
    raw_write_send(&e->qp, &d);
    raw_ring_send(&e->qp);
}

static void echo(struct sim_world *world, struct server *server, const struct peer_message *order,
                 struct peer_message *reply)
{
    struct raw_endpoint *e = &server->e;
    struct efa_completion_entry entry;

    while (reply->count < order->count && reply->count < PEER_MOST_ECHOES &&
           probe_wait(world, &e->recv_cq, PROBE_PATIENCE_MS, &entry)) {
        raw_recv(e, entry.request_id % PEER_MOST_RECEIVES, 0, RECEIVE_SIZE);
        send_back(server, entry.request_id % PEER_MOST_RECEIVES);
        if (!probe_wait(world, &e->send_cq, PROBE_PATIENCE_MS, &entry))
            return;
        reply->count++;
    }
}

static void obey(struct sim_world *world, struct server *server, const struct peer_message *order,
                 struct peer_message *reply)
{
    struct raw_client *client = &server->e.client;

    if (order->order == PEER_OPEN) {
        open_endpoint(world, server, order);
        reply->qp_num = server->e.qp.info.qp_num;
        memcpy(reply->gid, client->info.addr, sizeof reply->gid);
        return;
    }
    CHECK(server->is_open);
    switch (order->order) {
    case PEER_KNOW:
        know_sender(server);
        reply->ah = server->sender_ah;
        break;
    case PEER_TAKE:
        take_messages(world, server, order, reply);
        break;
    case PEER_ECHO:
        echo(world, server, order, reply);
        break;
    default:
        CHECK_EQUAL(order->order, PEER_DROP);
        CHECK_EQUAL(raw_destroy_qp(client, server->e.qp.info.qp_handle), 0);
        break;
    }
}

/* Up to PEER_END, or the end of the connection. */
static void serve_client(struct sim_world *world, void *argument)
{
    struct server *server = argument;
    struct peer_message order;

    while (peer_receive(server->peer, &order, server->probe->deadline_ns)) {
        struct peer_message reply = {0};

        if (order.order == PEER_END)
            return;
        reply.order = order.order;
        obey(world, server, &order, &reply);
        if (!peer_send(server->peer, &reply, server->probe->deadline_ns) ||
            !tool_peer_is_there(server->peer))
            return;
    }
}

bool peer_serve(struct probe *probe, uint16_t port, unsigned limit_ms, bool *stuck)
{
    struct tool_listener listener;
    static struct server server; /* the thread of a client uses it */
    char name[64];

    if (!tool_network_start() || !tool_listen(port, &listener))
        return false;
    printf(
        "listening on TCP port %u: run efa_probe --peer on the other instance; Ctrl-C stops it\n",
        port);
    fflush(stdout);
    memset(&server, 0, sizeof server);
    while (!*stuck && tool_accept_peer(&listener, UINT64_MAX, &server.peer)) {
        server.probe = probe;
        server.is_open = false;
        tool_describe_peer(server.peer, name, sizeof name);
        printf("measured by %s\n", name);
        fflush(stdout);
        *stuck = !probe_run_guarded(probe, serve_client, &server, limit_ms);
        tool_close_socket(server.peer);
        if (probe->failure[0])
            tool_error("%s: %s", name, probe->failure);
    }
    tool_close_listener(&listener);
    if (*stuck)
        tool_error(
            "the driver does not reply to a request; Windows frees the objects when this process "
            "ends");
    return !*stuck && tool_interrupted();
}
