/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Messages through efawin.dll and the driver: SRD and UD, within one process and between two, every
 * size that matters, many messages with none lost or repeated, and a client killed in mid-transfer.
 */
#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <efawin.h>

#include "cases.h"
#include "child_process.h"
#include "sim_control.h"
#include "verbs_peer.h"

enum { DEPTH = 256, MTU = 8928, WAIT_S = 30, MANY = 100000, MANY_SIZE = 64, STOP = 0x7fffffff };

static const uint32_t sizes[] = {0,    1,    2,    3,    4,    31,   32,   33,   63,   64,
                                 65,   127,  128,  255,  256,  1000, 1024, 2047, 2048, 4000,
                                 4095, 4096, 4097, 8000, 8191, 8192, 8193, 8927, MTU};

enum { SIZES = sizeof sizes / sizeof sizes[0] };

/* Set by the parent once it needs its child's queue pair no more. */
static const char done_event[] = "efawin-exchange-test-done";

static bool wait_for_parent(void)
{
    HANDLE done = OpenEventA(SYNCHRONIZE, FALSE, done_event);
    bool good = done && WaitForSingleObject(done, WAIT_S * 1000) == WAIT_OBJECT_0;

    if (done)
        CloseHandle(done);
    return good;
}

/*
 * The child returns each message with the next number, until the parent stops it. Its queue pair
 * stays until the parent knows that the last message arrived: an acknowledgement may be lost, and
 * the retransmission then needs the queue pair.
 */
static int role_echo(bool ud, uint32_t parent_qp)
{
    struct peer_message message;
    struct verbs_peer peer;
    bool good;

    if (!peer_open(&peer, ud, DEPTH, MTU) || !peer_send(&peer, parent_qp, 0, 1))
        return 1;
    do {
        good = peer_receive(&peer, &message, WAIT_S) && message.intact;
        if (good && message.number != STOP)
            good = peer_send(&peer, parent_qp, message.number + 1, message.size);
    } while (good && message.number != STOP);
    good = good && peer_drain_sends(&peer, WAIT_S) && wait_for_parent();
    peer_close(&peer);
    return good ? 0 : 1;
}

/* The child sends `count` messages as fast as it can; 0 is for ever. */
static int role_flood(bool ud, uint32_t parent_qp, uint32_t count)
{
    struct peer_message message;
    struct verbs_peer peer;

    if (!peer_open(&peer, ud, DEPTH, MTU))
        return 1;
    for (uint32_t number = 0; count == 0 || number < count; number++) {
        while (peer.outstanding_sends == DEPTH)
            if (peer_poll(&peer, &message) < 0)
                return 1;
        if (!peer_send(&peer, parent_qp, number, MANY_SIZE))
            return 1;
    }
    if (!peer_drain_sends(&peer, WAIT_S))
        return 1;
    peer_close(&peer);
    return 0;
}

/*
 * The message that must come next: there is a receive for it, so UD has no reason to drop it
 * either.
 */
static bool receive_next(struct verbs_peer *peer, struct peer_message *message)
{
    bool received = peer_receive(peer, message, WAIT_S);

    if (!received)
        sim_print_drops();
    return received;
}

static HANDLE start(const char *role, const struct verbs_peer *peer, uint32_t count)
{
    char arguments[64];

    snprintf(arguments, sizeof arguments, "%s %s %u %u", role, peer->ud ? "ud" : "srd",
             (unsigned)peer->qp->qp_num, (unsigned)count);
    return child_start(arguments);
}

/* One process */

static void every_size_within_one_process(bool ud)
{
    struct verbs_peer sender, receiver;
    struct peer_message message;

    CHECK(peer_open(&sender, ud, DEPTH, MTU));
    CHECK(peer_open(&receiver, ud, DEPTH, MTU));
    for (uint32_t i = 0; i < SIZES; i++) {
        CHECK(peer_send(&sender, receiver.qp->qp_num, i, sizes[i]));
        CHECK(receive_next(&receiver, &message));
        CHECK_EQUAL(message.number, i);
        CHECK_EQUAL(message.size, sizes[i]);
        CHECK_EQUAL(message.source_qp, sender.qp->qp_num);
        CHECK(message.intact);
        CHECK(peer_drain_sends(&sender, WAIT_S));
    }
    peer_close(&sender);
    peer_close(&receiver);
    CHECK(sim_becomes_clean());
}

static void srd_every_size_within_one_process(void)
{
    every_size_within_one_process(false);
}

static void ud_every_size_within_one_process(void)
{
    every_size_within_one_process(true);
}

/* Two processes */

static void every_size_there_and_back(bool ud)
{
    struct peer_message message;
    struct verbs_peer peer;
    uint32_t echo_qp;
    HANDLE child, done = CreateEventA(NULL, TRUE, FALSE, done_event);

    CHECK(done != NULL);
    CHECK(peer_open(&peer, ud, DEPTH, MTU));
    child = start("echo", &peer, 0);
    CHECK(child != NULL);
    CHECK(receive_next(&peer, &message));
    echo_qp = message.source_qp;
    for (uint32_t i = 0; i < SIZES; i++) {
        CHECK(peer_send(&peer, echo_qp, 2 * i, sizes[i]));
        CHECK(receive_next(&peer, &message));
        CHECK_EQUAL(message.number, 2 * i + 1);
        CHECK_EQUAL(message.size, sizes[i]);
        CHECK_EQUAL(message.source_qp, echo_qp);
        CHECK(message.intact);
    }
    CHECK(peer_send(&peer, echo_qp, STOP, 1));
    CHECK(peer_drain_sends(&peer, WAIT_S));
    SetEvent(done);
    CHECK_EQUAL(child_wait(child, WAIT_S), 0);
    CloseHandle(done);
    peer_close(&peer);
    CHECK(sim_becomes_clean());
}

static void srd_every_size_between_two_processes(void)
{
    every_size_there_and_back(false);
}

static void ud_every_size_between_two_processes(void)
{
    every_size_there_and_back(true);
}

static void srd_100000_messages_none_lost_or_repeated(void)
{
    static unsigned char seen[MANY];
    struct peer_message message;
    struct verbs_peer peer;
    HANDLE child;

    CHECK(peer_open(&peer, false, DEPTH, MTU));
    child = start("flood", &peer, MANY);
    CHECK(child != NULL);
    for (uint32_t received = 0; received < MANY; received++) {
        CHECK(peer_receive(&peer, &message, WAIT_S));
        CHECK_EQUAL(message.size, MANY_SIZE);
        CHECK(message.number < MANY);
        CHECK(message.intact);
        CHECK_EQUAL(seen[message.number]++, 0);
    }
    CHECK_EQUAL(child_wait(child, WAIT_S), 0);
    CHECK_EQUAL(peer_receive(&peer, &message, 1), false);
    CHECK_EQUAL(peer.aborted, 0);
    peer_close(&peer);
    CHECK(sim_becomes_clean());
}

/* UD may lose messages; it does not repeat or change them. */
static void ud_flood_none_repeated_or_changed(void)
{
    static unsigned char seen[MANY];
    struct peer_message message;
    struct verbs_peer peer;
    uint32_t received = 0;
    HANDLE child;

    CHECK(peer_open(&peer, true, DEPTH, MTU));
    child = start("flood", &peer, MANY);
    CHECK(child != NULL);
    while (peer_receive(&peer, &message, received == 0 ? WAIT_S : 2)) {
        CHECK_EQUAL(message.size, MANY_SIZE);
        CHECK(message.number < MANY);
        CHECK(message.intact);
        CHECK_EQUAL(seen[message.number]++, 0);
        received++;
    }
    CHECK_EQUAL(child_wait(child, WAIT_S), 0);
    CHECK(received > 0);
    peer_close(&peer);
    CHECK(sim_becomes_clean());
}

/* The driver is clean of the dead, and the survivor goes on with the next. */
static void killed_in_mid_transfer(void)
{
    struct peer_message message;
    struct verbs_peer peer;

    CHECK(peer_open(&peer, false, DEPTH, MTU));
    for (unsigned round = 0; round < 3; round++) {
        HANDLE child = start("flood", &peer, 0);

        CHECK(child != NULL);
        for (unsigned i = 0; i < 2000; i++) {
            CHECK(peer_receive(&peer, &message, WAIT_S));
            CHECK(message.intact);
        }
        child_kill(child);
        CHECK(sim_reaches(1, 1));
        while (peer_receive(&peer, &message, 1))
            CHECK(message.intact);
        CHECK(peer.aborted <= (round + 1) * DEPTH);
    }
    peer_close(&peer);
    CHECK(sim_becomes_clean());
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(srd_every_size_within_one_process),
        TEST_CASE(ud_every_size_within_one_process),
        TEST_CASE(srd_every_size_between_two_processes),
        TEST_CASE(ud_every_size_between_two_processes),
        TEST_CASE(srd_100000_messages_none_lost_or_repeated),
        TEST_CASE(ud_flood_none_repeated_or_changed),
        TEST_CASE(killed_in_mid_transfer),
    };
    int loaded = efa_load_efawin_lib();

    if (loaded != 0) {
        printf("efawin.dll cannot be loaded (%d)\n", loaded);
        return 1;
    }
    if (argc == 5) {
        bool ud = strcmp(argv[2], "ud") == 0;
        uint32_t qp_num = (uint32_t)atoi(argv[3]), count = (uint32_t)atoi(argv[4]);

        if (strcmp(argv[1], "echo") == 0)
            return role_echo(ud, qp_num);
        if (strcmp(argv[1], "flood") == 0)
            return role_flood(ud, qp_num, count);
    }
    return run_cases(cases, sizeof cases / sizeof cases[0], argc, argv);
}
