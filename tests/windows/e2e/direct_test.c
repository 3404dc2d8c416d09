/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Two processes that access the rings directly: both write descriptors and read completions at the
 * addresses that efadv_query_qp_wqs and efadv_query_cq reported, as docs/direct.md describes. SRD
 * and UD, until the 16-bit counters have wrapped, and RDMA reads. Every byte is verified.
 */
#include <windows.h>

#include <immintrin.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <efawin.h>

#include "cases.h"
#include "child_process.h"
#include "sim_control.h"
#include "verbs_peer.h"

enum {
    DEPTH = 256,
    CREDIT = DEPTH / 2, /* sends ahead of what came back, so that a receive waits for each */
    MTU = 8928,
    MESSAGES = 70000, /* each way: more than a 16-bit counter counts */
    READS = 2000,
    REGION = 65536, /* read in pieces */
    REGION_NUMBER = 7,
    STUCK_MS = 30000
};

enum { QUEUE_SEND = 1, QUEUE_RECV = 2, OPERATION_READ = 1 };

struct completion {
    uint16_t request;
    uint8_t status, flags;
    uint16_t qp_num, length, address_handle, source_qp;
    uint32_t immediate;
};

struct direct {
    struct verbs_peer peer;
    struct efadv_wq_attr sq, rq;
    struct efadv_cq_attr cq;
    uint32_t sq_written, sq_rung, rq_written, cq_taken;
    uint16_t ah_number, remote_qp;
    bool send_outstanding[DEPTH], receive_outstanding[DEPTH];
    uint32_t sent, sends_done, received;
    unsigned char seen[MESSAGES];
};

/* A region of the other process, as described in its message. */
struct region {
    uint64_t address;
    uint32_t rkey, size;
};

static bool complain(const char *what, unsigned value)
{
    printf("    %s (%u)\n", what, value);
    fflush(stdout);
    return false;
}

/* Rings */

static void ring(const struct efadv_wq_attr *queue, uint32_t written)
{
    _mm_sfence();
    *(volatile uint32_t *)queue->doorbell = written & 0xffff;
}

static void ring_sends(struct direct *d)
{
    ring(&d->sq, d->sq_written);
    _mm_sfence(); /* what is written next belongs to the next batch */
    d->sq_rung = d->sq_written;
}

static void store_descriptor(struct direct *d, const uint64_t words[8])
{
    uint32_t index = d->sq_written & (d->sq.num_entries - 1);
    __m128i *line = (__m128i *)(void *)(d->sq.buffer + (size_t)index * d->sq.entry_size);

    if (d->sq_written - d->sq_rung == d->sq.max_batch)
        ring_sends(d);
    d->sq_written++;
    for (int i = 0; i < 4; i++)
        _mm_store_si128(line + i,
                        _mm_set_epi64x((long long)words[2 * i + 1], (long long)words[2 * i]));
}

/* Bytes 0 to 23 of a descriptor. `length` is of buffers, or of inline data. */
static void begin_descriptor(struct direct *d, uint64_t words[8], uint32_t request,
                             uint32_t control, uint32_t length, uint32_t immediate)
{
    uint32_t phase = d->sq_written / d->sq.num_entries & 1;

    memset(words, 0, 8 * sizeof words[0]);
    words[0] = request | (uint64_t)(control | 0x80) << 16 | (uint64_t)(0x1c | phase) << 24 |
               (uint64_t)d->remote_qp << 32 | (uint64_t)length << 48;
    words[1] = immediate | (uint64_t)d->ah_number << 32;
    words[2] = PEER_QKEY;
}

static void put_buffer(uint64_t *words, const void *address, uint32_t size, uint32_t key)
{
    words[0] = size | (uint64_t)key << 32;
    words[1] = (uintptr_t)address;
}

/* In turn one buffer, two, and inline where that fits. */
static void write_send(struct direct *d, uint32_t request, uint32_t number, uint32_t size)
{
    enum { WITH_IMMEDIATE = 0x10, INLINE = 0x20, INLINE_ROOM = 32 };
    const uint8_t *data = peer_slot(&d->peer, DEPTH + request);
    uint32_t key = d->peer.mr->lkey, half = size / 2;
    uint64_t words[8];

    if (size <= INLINE_ROOM && number % 2 == 0) {
        begin_descriptor(d, words, request, WITH_IMMEDIATE | INLINE, size, number);
        memcpy(&words[4], data, size);
    } else if (number % 3 == 0) {
        begin_descriptor(d, words, request, WITH_IMMEDIATE, 2, number);
        put_buffer(&words[4], data, half, key);
        put_buffer(&words[6], data + half, size - half, key);
    } else {
        begin_descriptor(d, words, request, WITH_IMMEDIATE, 1, number);
        put_buffer(&words[4], data, size, key);
    }
    store_descriptor(d, words);
}

static void write_receive(struct direct *d, uint32_t request)
{
    uint32_t index = d->rq_written++ & (d->rq.num_entries - 1);
    uint64_t *words = (uint64_t *)(void *)(d->rq.buffer + (size_t)index * d->rq.entry_size);

    words[0] = (uintptr_t)peer_slot(&d->peer, request);
    words[1] = request | (uint64_t)d->peer.slot_size << 16 |
               (uint64_t)(d->peer.mr->lkey | 0xc0000000u) << 32;
    d->receive_outstanding[request] = true;
}

static bool take(struct direct *d, struct completion *completion)
{
    uint32_t index = d->cq_taken & (d->cq.num_entries - 1);
    uint32_t expected = d->cq_taken / d->cq.num_entries & 1 ? 0 : 1;
    const uint8_t *entry = d->cq.buffer + (size_t)index * d->cq.entry_size;

    if ((*(const volatile uint8_t *)(entry + 3) & 1u) != expected)
        return false;
    _mm_lfence();
    memcpy(completion, entry, sizeof *completion);
    d->cq_taken++;
    return true;
}

/* Opening */

static bool open_rings(struct direct *d, bool ud)
{
    struct efadv_ah_attr ah;

    memset(d, 0, sizeof *d);
    if (!peer_open_without_receives(&d->peer, ud, DEPTH, MTU, PEER_QKEY))
        return false;
    memset(&ah, 0, sizeof ah);
    if (efadv_query_qp_wqs(d->peer.qp, &d->sq, &d->rq, sizeof d->sq) != 0 ||
        efadv_query_cq(d->peer.cq, &d->cq, sizeof d->cq) != 0 ||
        efadv_query_ah(d->peer.ah, &ah, sizeof ah) != 0)
        return complain("the rings could not be had", 0);
    d->ah_number = ah.ahn;
    for (uint32_t i = 0; i < DEPTH; i++)
        write_receive(d, i);
    ring(&d->rq, d->rq_written);
    return true;
}

/* Traffic */

static uint32_t size_of(uint32_t number)
{
    uint32_t mix = number * 2654435761u >> 8;

    return number % 64 == 63 ? mix % (MTU + 1) : mix % 200;
}

static void send_next(struct direct *d)
{
    uint32_t request = 0, size = size_of(d->sent);

    while (d->send_outstanding[request])
        request++;
    peer_fill(peer_slot(&d->peer, DEPTH + request), d->sent, size);
    write_send(d, request, d->sent, size);
    d->send_outstanding[request] = true;
    d->sent++;
}

static bool check_message(struct direct *d, const struct completion *c)
{
    uint32_t header = d->peer.ud ? PEER_GRH_SIZE : 0, number = c->immediate;
    const uint8_t *data = peer_slot(&d->peer, c->request) + header;

    if ((c->flags & 8) == 0 || number >= MESSAGES || c->length != size_of(number) + header)
        return complain("a message has another length than it should, number", number);
    if (d->seen[number]++ != 0)
        return complain("a message came again, number", number);
    if (d->remote_qp == 0)
        d->remote_qp = c->source_qp;
    if (c->source_qp != d->remote_qp)
        return complain("a message of another sender, QP", c->source_qp);
    if (!peer_is_filled(data, number, size_of(number)))
        return complain("a message is not what was sent, number", number);
    return true;
}

/* One completion: exactly one for each request. */
static bool handle(struct direct *d, const struct completion *c)
{
    bool *outstanding;

    if (c->status != 0 || c->qp_num != (uint16_t)d->peer.qp->qp_num || c->request >= DEPTH)
        return complain("a completion with status", c->status);
    outstanding = (c->flags >> 1 & 3) == QUEUE_SEND ? d->send_outstanding : d->receive_outstanding;
    if (!outstanding[c->request])
        return complain("a completion of what is not outstanding, request", c->request);
    outstanding[c->request] = false;
    if (outstanding == d->send_outstanding) {
        d->sends_done++;
        return true;
    }
    if (!check_message(d, c))
        return false;
    d->received++;
    write_receive(d, c->request);
    ring(&d->rq, d->rq_written);
    return true;
}

static bool exchange(struct direct *d)
{
    ULONGLONG last = GetTickCount64();

    while (d->sends_done < MESSAGES || d->received < MESSAGES) {
        uint32_t before = d->sent;
        struct completion completion;

        while (d->remote_qp != 0 && d->sent < MESSAGES && d->sent - d->sends_done < DEPTH &&
               d->sent < d->received + CREDIT)
            send_next(d);
        if (d->sent != before)
            ring_sends(d);
        if (take(d, &completion)) {
            if (!handle(d, &completion))
                return false;
            last = GetTickCount64();
        } else if (GetTickCount64() - last > STUCK_MS) {
            return complain("nothing came for 30 s; received", d->received);
        } else {
            SwitchToThread();
        }
    }
    return true;
}

static int role_child(bool ud, uint32_t parent_qp)
{
    static struct direct d;
    bool good;

    if (!open_rings(&d, ud))
        return 1;
    d.remote_qp = (uint16_t)parent_qp;
    good = exchange(&d);
    peer_close(&d.peer);
    return good ? 0 : 1;
}

static void between_two_processes(bool ud)
{
    static struct direct d;
    char arguments[64];
    HANDLE child;
    bool good;

    CHECK(open_rings(&d, ud));
    snprintf(arguments, sizeof arguments, "child %s %u", ud ? "ud" : "srd",
             (unsigned)d.peer.qp->qp_num);
    child = child_start(arguments);
    CHECK(child != NULL);
    good = exchange(&d);
    CHECK_EQUAL(child_wait(child, good ? 60 : 1), 0);
    CHECK(good);
    peer_close(&d.peer);
    CHECK(sim_becomes_clean());
}

static void srd_by_rings_alone_between_two_processes(void)
{
    between_two_processes(false);
}

static void ud_by_rings_alone_between_two_processes(void)
{
    between_two_processes(true);
}

/* RDMA reads */

/* The next completion, which must be good and of that queue. */
static bool await(struct direct *d, uint32_t queue, struct completion *c)
{
    ULONGLONG end = GetTickCount64() + STUCK_MS;

    while (!take(d, c)) {
        if (GetTickCount64() > end)
            return complain("no completion for 30 s", queue);
        SwitchToThread();
    }
    if (c->status != 0 || c->qp_num != (uint16_t)d->peer.qp->qp_num || c->request >= DEPTH ||
        (c->flags >> 1 & 3u) != queue)
        return complain("another completion than expected, status", c->status);
    return true;
}

static bool tell(struct direct *d, const struct region *region)
{
    struct completion c;

    memcpy(peer_slot(&d->peer, DEPTH), region, sizeof *region);
    write_send(d, 0, 0, sizeof *region);
    ring_sends(d);
    return await(d, QUEUE_SEND, &c);
}

static bool read_piece(struct direct *d, const struct region *region, uint32_t offset,
                       uint32_t size, uint8_t *to)
{
    uint64_t words[8];
    struct completion c;

    memset(to, 0, size);
    begin_descriptor(d, words, offset % DEPTH, OPERATION_READ, 1, 0);
    put_buffer(&words[4], (void *)(uintptr_t)(region->address + offset), size, region->rkey);
    put_buffer(&words[6], to, size, d->peer.mr->lkey);
    store_descriptor(d, words);
    ring_sends(d);
    if (!await(d, QUEUE_SEND, &c))
        return false;
    if ((c.flags >> 4 & 7) != OPERATION_READ || c.request != offset % DEPTH)
        return complain("the completion is of another request", c.request);
    return true;
}

static int role_readable(uint32_t parent_qp)
{
    static struct direct d;
    static uint8_t memory[REGION];
    struct completion told;
    struct region region;
    struct ibv_mr *mr;
    bool good;

    if (!open_rings(&d, false))
        return 1;
    d.remote_qp = (uint16_t)parent_qp;
    peer_fill(memory, REGION_NUMBER, REGION);
    mr = ibv_reg_mr(d.peer.pd, memory, REGION, IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_READ);
    if (!mr)
        return 1;
    region.address = (uintptr_t)memory;
    region.rkey = mr->rkey;
    region.size = REGION;
    /* What the parent sends back says that it is done. */
    good = tell(&d, &region) && await(&d, QUEUE_RECV, &told);
    ibv_dereg_mr(mr);
    peer_close(&d.peer);
    return good ? 0 : 1;
}

static void rdma_reads_by_rings_alone(void)
{
    static struct direct d;
    static uint8_t expected[REGION];
    struct completion hello;
    struct region region;
    char arguments[64];
    uint8_t *to;
    HANDLE child;

    CHECK(open_rings(&d, false));
    snprintf(arguments, sizeof arguments, "readable srd %u", (unsigned)d.peer.qp->qp_num);
    child = child_start(arguments);
    CHECK(child != NULL);
    CHECK(await(&d, QUEUE_RECV, &hello));
    CHECK_EQUAL(hello.length, sizeof region);
    d.remote_qp = hello.source_qp;
    memcpy(&region, peer_slot(&d.peer, hello.request), sizeof region);
    CHECK_EQUAL(region.size, REGION);
    peer_fill(expected, REGION_NUMBER, REGION);
    to = peer_slot(&d.peer, DEPTH + 1); /* and the slots that follow */
    for (uint32_t i = 0; i < READS; i++) {
        uint32_t mix = i * 2654435761u, offset = mix >> 16, size = mix % (REGION - offset) + 1;

        CHECK(read_piece(&d, &region, offset, size, to));
        CHECK(memcmp(to, expected + offset, size) == 0);
    }
    CHECK(tell(&d, &region));
    CHECK_EQUAL(child_wait(child, 60), 0);
    peer_close(&d.peer);
    CHECK(sim_becomes_clean());
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(srd_by_rings_alone_between_two_processes),
        TEST_CASE(ud_by_rings_alone_between_two_processes),
        TEST_CASE(rdma_reads_by_rings_alone),
    };
    int loaded = efa_load_efawin_lib();

    if (loaded != 0) {
        printf("efawin.dll cannot be loaded (%d)\n", loaded);
        return 1;
    }
    if (argc == 4 && strcmp(argv[1], "child") == 0)
        return role_child(strcmp(argv[2], "ud") == 0, (uint32_t)atoi(argv[3]));
    if (argc == 4 && strcmp(argv[1], "readable") == 0)
        return role_readable((uint32_t)atoi(argv[3]));
    return run_cases(cases, sizeof cases / sizeof cases[0], argc, argv);
}
