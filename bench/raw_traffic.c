/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Measures the speed of the simulated driver: two processes, SRD, without the library. The parent
 * measures ping-pong latency and the message rate from its child, and checks that all arrived.
 * Usage: raw_traffic [MESSAGES [SIZE]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "child_process.h"
#include "raw_efa.h"

enum { DEPTH = 512, PING_PONGS = 5000, LARGEST = 8928 };

struct peer {
    struct raw_efa efa;
    struct raw_efa_qp qp;
    char *buffers; /* DEPTH receive buffers, then a send buffer */
    uint32_t lkey;
    uint32_t size;
};

static bool set_up(struct peer *peer, uint32_t size)
{
    size_t bytes = (size_t)size * (DEPTH + 1);

    peer->size = size;
    peer->buffers = VirtualAlloc(NULL, bytes, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
    if (!peer->buffers || !raw_efa_open(&peer->efa, EFA_INTERFACE_VERSION_3) ||
        raw_register(&peer->efa, peer->buffers, bytes, EFA_MR_LOCAL_WRITE, &peer->lkey) != 0 ||
        !raw_qp_create(&peer->efa, &peer->qp, EFA_DRIVER_QP_SRD, DEPTH)) {
        fprintf(stderr, "raw_traffic: set-up failed, error %lu\n", GetLastError());
        return false;
    }
    return true;
}

static void post_receive(struct peer *peer, uint16_t id)
{
    raw_post_receive(&peer->qp, id, peer->buffers + (size_t)id * peer->size, peer->size,
                     peer->lkey);
}

static void send_one(struct peer *peer, uint16_t id, uint32_t destination)
{
    raw_post_send(&peer->qp, id, peer->efa.own_ah, destination,
                  peer->buffers + (size_t)DEPTH * peer->size, peer->size, peer->lkey);
}

/* The next completion must be a success. */
static bool next(struct peer *peer, struct efa_completion_entry *entry)
{
    if (!raw_wait(&peer->qp, entry)) {
        fprintf(stderr, "raw_traffic: no completion within 10 s\n");
        return false;
    }
    if (entry->status != EFA_STATUS_OK) {
        fprintf(stderr, "raw_traffic: completion status %u\n", entry->status);
        return false;
    }
    return true;
}

static bool is_receive(const struct efa_completion_entry *entry)
{
    return (entry->flags & EFA_COMPLETION_QUEUE_MASK) == EFA_COMPLETION_QUEUE_RECV;
}

static bool wait_receive(struct peer *peer, struct efa_completion_entry *entry)
{
    do {
        if (!next(peer, entry))
            return false;
    } while (!is_receive(entry));
    post_receive(peer, entry->request_id);
    raw_ring_receive(&peer->qp);
    return true;
}

/* The child: sends a first message, echoes PING_PONGS messages, then sends at full rate. */
static int child(uint32_t parent_qp, uint32_t messages, uint32_t size)
{
    struct efa_completion_entry entry;
    uint32_t posted = 0, completed = 0;
    struct peer peer;

    if (!set_up(&peer, size))
        return 1;
    for (uint16_t id = 0; id < DEPTH; id++)
        post_receive(&peer, id);
    raw_ring_receive(&peer.qp);
    for (uint32_t i = 0; i <= PING_PONGS; i++) {
        send_one(&peer, 0, parent_qp);
        raw_ring_send(&peer.qp);
        if (!wait_receive(&peer, &entry))
            return 1;
    }
    while (completed < messages) {
        uint32_t batch = 0;

        for (; posted < messages && posted - completed < DEPTH / 2 && batch < 32; batch++)
            send_one(&peer, (uint16_t)(posted++ % DEPTH), parent_qp);
        if (batch != 0)
            raw_ring_send(&peer.qp);
        if (!next(&peer, &entry))
            return 1;
        completed += !is_receive(&entry);
        while (raw_poll(&peer.qp, &entry))
            completed += !is_receive(&entry);
    }
    raw_efa_close(&peer.efa);
    return 0;
}

static double microseconds(void)
{
    LARGE_INTEGER counter, frequency;

    QueryPerformanceCounter(&counter);
    QueryPerformanceFrequency(&frequency);
    return (double)counter.QuadPart * 1e6 / (double)frequency.QuadPart;
}

static bool ping_pong(struct peer *peer)
{
    struct efa_completion_entry entry;
    double start = 0;

    for (uint32_t i = 0; i <= PING_PONGS; i++) {
        if (!wait_receive(peer, &entry))
            return false;
        if (i == 1)
            start = microseconds();
        send_one(peer, 0, entry.source_qp);
        raw_ring_send(&peer->qp);
    }
    printf("latency %.1f us (half a round trip, %u bytes)\n",
           (microseconds() - start) / (PING_PONGS - 1) / 2, peer->size);
    return true;
}

static bool flood(struct peer *peer, uint32_t messages)
{
    struct efa_completion_entry entry;
    uint32_t received = 0;
    double start = 0, elapsed;

    while (received < messages) {
        uint32_t batch = 0;

        if (!next(peer, &entry))
            return false;
        do {
            if (!is_receive(&entry))
                continue;
            if (received++ == 0)
                start = microseconds();
            post_receive(peer, entry.request_id);
        } while (++batch < 64 && received < messages && raw_poll(&peer->qp, &entry));
        raw_ring_receive(&peer->qp);
    }
    elapsed = microseconds() - start;
    printf("rate %.0f messages/s of %u bytes, %.1f MB/s\n", messages / elapsed * 1e6, peer->size,
           (double)messages * peer->size / elapsed);
    return true;
}

int main(int argc, char **argv)
{
    uint32_t messages, size;
    char arguments[64];
    struct peer peer;
    HANDLE process;
    int code;

    if (argc == 5 && strcmp(argv[1], "child") == 0)
        return child((uint32_t)atoi(argv[2]), (uint32_t)atoi(argv[3]), (uint32_t)atoi(argv[4]));
    messages = argc > 1 ? (uint32_t)atoi(argv[1]) : 100000;
    size = argc > 2 ? (uint32_t)atoi(argv[2]) : 64;
    if (messages < 1 || size < 1 || size > LARGEST || !set_up(&peer, size))
        return 2;
    for (uint16_t id = 0; id < DEPTH; id++)
        post_receive(&peer, id);
    raw_ring_receive(&peer.qp);
    snprintf(arguments, sizeof arguments, "child %u %u %u", peer.qp.info.qp_num, messages, size);
    process = child_start(arguments);
    if (!process)
        return 1;
    if (!ping_pong(&peer) || !flood(&peer, messages)) {
        child_kill(process);
        return 1;
    }
    code = child_wait(process, 20);
    raw_efa_close(&peer.efa);
    return code == 0 ? 0 : 1;
}
