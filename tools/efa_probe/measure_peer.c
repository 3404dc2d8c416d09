/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The points that need two instances, from the measuring side. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "peer.h"

enum { ECHOES = 1000, ECHO_WARM_UP = 100 };

#define CONNECT_NS 30000000000u

struct pair {
    struct raw_endpoint e;
    struct probe *probe;
    uint32_t peer_qp;
    uint16_t peer_ah;
};

static struct peer_message ask(struct pair *pair, enum peer_order order, uint32_t count)
{
    struct probe *probe = pair->probe;
    struct peer_message message = {0};

    message.order = order;
    message.count = count;
    message.qp_num = pair->e.qp.info.qp_num;
    memcpy(message.gid, probe->info.addr, sizeof message.gid);
    CHECK(peer_send(probe->peer, &message, probe->deadline_ns));
    CHECK(peer_receive(probe->peer, &message, probe->deadline_ns));
    return message;
}

/* Opens endpoints on both sides; the peer posts `receives` receives. */
static void open_pair(struct sim_world *world, struct probe *probe, struct pair *pair,
                      uint32_t receives, uint32_t rnr_retry)
{
    struct raw_options options = probe_options(probe, EFA_DRIVER_QP_SRD);
    struct peer_message reply;

    pair->probe = probe;
    options.depth = PEER_MOST_RECEIVES;
    options.cq_depth = PEER_MOST_RECEIVES;
    options.rnr_retry = rnr_retry;
    raw_endpoint_open(world, &pair->e, &options);
    reply = ask(pair, PEER_OPEN, receives);
    pair->peer_qp = reply.qp_num;
    pair->peer_ah = pair->e.ah;
    if (memcmp(reply.gid, probe->info.addr, sizeof reply.gid) != 0)
        CHECK_EQUAL(raw_alloc_ah(&pair->e.client, pair->e.pdn, reply.gid, &pair->peer_ah), 0);
}

static struct efa_send_descriptor to_peer(struct pair *pair, uint16_t request)
{
    struct efa_send_descriptor d = raw_send_descriptor(&pair->e, &pair->e, request, 0, 8);

    d.destination_qp = (uint16_t)pair->peer_qp;
    d.address_handle = pair->peer_ah;
    return d;
}

static int send_one(struct pair *pair, uint16_t request)
{
    const struct efa_send_descriptor d = to_peer(pair, request);

    return probe_send_status(&pair->e, &d);
}

static void measure_delivery(struct sim_world *world, struct probe *probe)
{
    struct peer_message reply;
    struct pair pair;

    open_pair(world, probe, &pair, 2, 0);
    probe_compare_status(probe, "peer.message", send_one(&pair, 0), EFA_STATUS_OK);
    reply = ask(&pair, PEER_TAKE, 1);
    probe_compare(probe, "peer.messages_that_arrived", reply.count, 1);
    if (pair.peer_ah != pair.e.ah)
        probe_compare(probe, "peer.handle_of_an_unknown_sender", reply.ah, 0xffff);
    reply = ask(&pair, PEER_KNOW, 0);
    const uint32_t known = reply.ah;
    send_one(&pair, 1);
    reply = ask(&pair, PEER_TAKE, 1);
    probe_compare_text(probe, "peer.handle_of_a_known_sender",
                       reply.ah == known ? "its own" : "another", "its own");
    ask(&pair, PEER_DROP, 0);
    probe_compare_status(probe, "peer.destroyed_queue_pair", send_one(&pair, 2),
                         EFA_STATUS_BAD_DESTINATION_QP);
    raw_endpoint_close(&pair.e);
}

static void measure_not_ready(struct sim_world *world, struct probe *probe)
{
    struct pair pair;

    if ((probe->info.supported_features & EFA_FEATURE_RNR_RETRY) == 0 ||
        probe->version < EFA_INTERFACE_VERSION_2) {
        probe_add(probe, PROBE_NOT_RUN, "peer.not_ready",
                  "needs RNR retry and interface version 2 of the driver");
        return;
    }
    open_pair(world, probe, &pair, 0, 1);
    probe_compare_status(probe, "peer.not_ready", send_one(&pair, 0),
                         EFA_STATUS_RECEIVER_NOT_READY);
    raw_endpoint_close(&pair.e);
}

static int by_time(const void *a, const void *b)
{
    const uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

    return (left > right) - (left < right);
}

/*
 * The peer replies to PEER_ECHO only after the last echo, so this sends the order without waiting.
 */
static void measure_latency(struct sim_world *world, struct probe *probe)
{
    static uint64_t times[ECHOES];
    struct efa_completion_entry entry;
    struct peer_message order = {0};
    struct pair pair;

    open_pair(world, probe, &pair, PEER_MOST_RECEIVES, 0);
    ask(&pair, PEER_KNOW, 0);
    order.order = PEER_ECHO;
    order.count = ECHOES;
    CHECK(peer_send(probe->peer, &order, probe->deadline_ns));
    for (unsigned i = 0; i < ECHOES; i++) {
        const uint64_t begin = tool_now_ns();

        raw_recv(&pair.e, (uint16_t)(i % PEER_MOST_RECEIVES), 4096, 64);
        CHECK_EQUAL(send_one(&pair, (uint16_t)(i % PEER_MOST_RECEIVES)), EFA_STATUS_OK);
        CHECK(probe_wait(world, &pair.e.recv_cq, PROBE_PATIENCE_MS, &entry));
        times[i] = tool_now_ns() - begin;
    }
    CHECK(peer_receive(probe->peer, &order, probe->deadline_ns));
    raw_endpoint_close(&pair.e);
    qsort(times + ECHO_WARM_UP, ECHOES - ECHO_WARM_UP, sizeof times[0], by_time);
    probe_note(probe_add(probe, PROBE_MEASURED, "peer.latency", "%.2f us",
                         (double)times[ECHO_WARM_UP + (ECHOES - ECHO_WARM_UP) / 2] / 2e3),
               "half of the median of %d round trips of 8 bytes", ECHOES - ECHO_WARM_UP);
}

static bool connect_peer(struct probe *probe)
{
    const uint64_t end = tool_now_ns() + CONNECT_NS;

    probe->peer_is_missing = !tool_connect_peer(
        &probe->server, end < probe->deadline_ns ? end : probe->deadline_ns, &probe->peer);
    return !probe->peer_is_missing;
}

static void measure_peer(struct sim_world *world, struct probe *probe)
{
    const struct efa_device_info *info = &probe->info;

    if (info->max_sq_depth < PEER_MOST_RECEIVES || info->max_rq_depth < PEER_MOST_RECEIVES ||
        info->max_cq_depth < PEER_MOST_RECEIVES) {
        probe_add(probe, PROBE_NOT_RUN, "peer", "queues are too small");
        return;
    }
    if (!connect_peer(probe)) {
        probe_add(probe, PROBE_NO_RESULT, "peer", "no connection to the other instance");
        return;
    }
    measure_delivery(world, probe);
    measure_not_ready(world, probe);
    measure_latency(world, probe);
    peer_end(probe);
}

const struct probe_measurement probe_peer = {"peer", SIM_WRONG_WORK, 1, 0, true, measure_peer};
