/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * A client that drives the rings itself: creates its objects through the library, asks where the
 * rings lie, and from then on writes descriptors and reads completions with its own code. It sends
 * messages to itself, verifies each, and prints how many. docs/direct.md has the layouts.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if defined(_MSC_VER)
#include <intrin.h>
#endif
#include <immintrin.h>

#include <infiniband/efadv.h>
#include <infiniband/verbs.h>

#include "start.h"

#define DEPTH 64u
#define MESSAGES 2000u
#define MESSAGE_SIZE 256u
#define QKEY 0x1234567u
#define SECONDS_WITHOUT_A_COMPLETION 20

enum { SEND_META_DESCRIPTOR = 0x80, SEND_FIRST_LAST_COMPLETION = 0x1c };
enum { COMPLETION_PHASE = 1, QUEUE_SEND = 1, QUEUE_RECV = 2 };
#define RECV_FIRST_AND_LAST 0xc0000000u

/* ---- Rings ---- */

struct ring {
    struct efadv_wq_attr at;
    uint32_t written; /* descriptors since RESET */
    uint32_t rung;    /* of these the doorbell has announced so many */
};

struct completion {
    uint16_t request;
    uint8_t status;
    uint8_t flags;
    uint16_t qp_num;
    uint16_t length;
    uint16_t address_handle;
    uint16_t source_qp;
    uint32_t immediate;
};

struct completion_ring {
    struct efadv_cq_attr at;
    uint32_t taken;
};

struct client {
    struct ibv_context *context;
    struct ibv_pd *pd;
    struct ibv_cq *cq;
    struct ibv_qp *qp;
    struct ibv_mr *mr;
    struct ibv_ah *ah;
    uint16_t ah_number;
    unsigned char *memory; /* DEPTH messages to send, then DEPTH to receive into */
    struct ring sq, rq;
    struct completion_ring completions;
};

static void store_32(void *place, uint32_t value)
{
    *(volatile uint32_t *)place = value;
}

/*
 * The fence before the doorbell brings the descriptors to the adapter before it, the fence after it
 * keeps the next descriptors behind it.
 */
static void ring_doorbell(struct ring *ring)
{
    _mm_sfence();
    store_32(ring->at.doorbell, ring->written & 0xffff);
    _mm_sfence();
    ring->rung = ring->written;
}

/*
 * Device memory takes whole descriptors: composed here, and stored in 16-byte pieces. The adapter
 * holds no more than max_batch of them before a doorbell: what is written beyond that is lost.
 */
static void write_send(struct client *c, uint16_t request)
{
    uint32_t index = c->sq.written & (c->sq.at.num_entries - 1);
    uint32_t phase = c->sq.written / c->sq.at.num_entries & 1;
    uint64_t address = (uint64_t)(uintptr_t)(c->memory + (size_t)request * MESSAGE_SIZE);
    unsigned char *place = c->sq.at.buffer + (size_t)index * c->sq.at.entry_size;
    __m128i *lines = (__m128i *)(void *)place;
    uint64_t words[8] = {0};

    if (c->sq.written - c->sq.rung == c->sq.at.max_batch)
        ring_doorbell(&c->sq);
    words[0] = request | (uint64_t)SEND_META_DESCRIPTOR << 16 |
               (uint64_t)(SEND_FIRST_LAST_COMPLETION | phase) << 24 |
               (uint64_t)(uint16_t)c->qp->qp_num << 32 | 1ull << 48;
    words[1] = (uint64_t)c->ah_number << 32;
    words[2] = QKEY;
    words[4] = MESSAGE_SIZE | (uint64_t)c->mr->lkey << 32;
    words[5] = address;
    for (int i = 0; i < 4; i++)
        _mm_store_si128(lines + i,
                        _mm_set_epi64x((long long)words[2 * i + 1], (long long)words[2 * i]));
    c->sq.written++;
}

static void write_receive(struct client *c, uint16_t request)
{
    uint32_t index = c->rq.written & (c->rq.at.num_entries - 1);
    uint64_t address = (uint64_t)(uintptr_t)(c->memory + (size_t)(DEPTH + request) * MESSAGE_SIZE);
    uint64_t *place = (uint64_t *)(void *)(c->rq.at.buffer + (size_t)index * c->rq.at.entry_size);

    place[0] = address;
    place[1] = request | (uint64_t)MESSAGE_SIZE << 16 |
               (uint64_t)(c->mr->lkey | RECV_FIRST_AND_LAST) << 32;
    c->rq.written++;
}

static int take_completion(struct completion_ring *ring, struct completion *completion)
{
    uint32_t index = ring->taken & (ring->at.num_entries - 1);
    uint8_t expected = ring->taken / ring->at.num_entries & 1 ? 0 : COMPLETION_PHASE;
    const uint8_t *entry = ring->at.buffer + (size_t)index * ring->at.entry_size;
    uint8_t flags = *(const volatile uint8_t *)(entry + 3);

    if ((flags & COMPLETION_PHASE) != expected)
        return 0;
    _mm_lfence(); /* the rest of the entry is read after the phase */
    memcpy(completion, entry, sizeof(*completion));
    ring->taken++;
    return 1;
}

/* ---- Objects, through the library ---- */

static int fail(const char *what, int error)
{
    fprintf(stderr, "direct_datapath: %s: %s\n", what, strerror(error));
    return 1;
}

static int to_ready(struct ibv_qp *qp)
{
    struct ibv_qp_attr attr;
    int error;

    memset(&attr, 0, sizeof(attr));
    attr.qp_state = IBV_QPS_INIT;
    attr.port_num = 1;
    attr.qkey = QKEY;
    error = ibv_modify_qp(qp, &attr, IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_QKEY);
    attr.qp_state = IBV_QPS_RTR;
    if (error == 0)
        error = ibv_modify_qp(qp, &attr, IBV_QP_STATE);
    attr.qp_state = IBV_QPS_RTS;
    if (error == 0)
        error = ibv_modify_qp(qp, &attr, IBV_QP_STATE | IBV_QP_SQ_PSN);
    return error;
}

static int create_queues(struct client *c)
{
    struct ibv_qp_init_attr attr;
    int error;

    c->cq = ibv_create_cq(c->context, (int)(2 * DEPTH), NULL, NULL, 0);
    if (!c->cq)
        return fail("ibv_create_cq", errno);
    error = efadv_query_cq(c->cq, &c->completions.at, sizeof(c->completions.at));
    if (error == EOPNOTSUPP)
        fprintf(stderr, "direct_datapath: this adapter gives a completion queue several rings\n");
    if (error != 0)
        return fail("efadv_query_cq", error);

    memset(&attr, 0, sizeof(attr));
    attr.send_cq = c->cq;
    attr.recv_cq = c->cq;
    attr.cap.max_send_wr = DEPTH;
    attr.cap.max_recv_wr = DEPTH;
    attr.cap.max_send_sge = 1;
    attr.cap.max_recv_sge = 1;
    attr.qp_type = IBV_QPT_DRIVER;
    attr.sq_sig_all = 1;
    c->qp = efadv_create_driver_qp(c->pd, &attr, EFADV_QP_DRIVER_TYPE_SRD);
    if (!c->qp)
        return fail("efadv_create_driver_qp", errno);
    error = efadv_query_qp_wqs(c->qp, &c->sq.at, &c->rq.at, sizeof(c->sq.at));
    if (error != 0)
        return fail("efadv_query_qp_wqs", error);
    error = to_ready(c->qp);
    return error != 0 ? fail("ibv_modify_qp", error) : 0;
}

static int create_objects(struct client *c)
{
    struct efadv_ah_attr number;
    struct ibv_ah_attr address;
    int error;

    c->pd = ibv_alloc_pd(c->context);
    if (!c->pd)
        return fail("ibv_alloc_pd", errno);
    c->memory = (unsigned char *)calloc((size_t)2 * DEPTH, MESSAGE_SIZE);
    if (!c->memory)
        return fail("memory", ENOMEM);
    c->mr = ibv_reg_mr(c->pd, c->memory, (size_t)2 * DEPTH * MESSAGE_SIZE, IBV_ACCESS_LOCAL_WRITE);
    if (!c->mr)
        return fail("ibv_reg_mr", errno);

    memset(&address, 0, sizeof(address));
    address.is_global = 1;
    address.port_num = 1;
    error = ibv_query_gid(c->context, 1, 0, &address.grh.dgid);
    if (error != 0)
        return fail("ibv_query_gid", error);
    c->ah = ibv_create_ah(c->pd, &address);
    if (!c->ah)
        return fail("ibv_create_ah", errno);
    memset(&number, 0, sizeof(number));
    error = efadv_query_ah(c->ah, &number, sizeof(number));
    if (error != 0)
        return fail("efadv_query_ah", error);
    c->ah_number = number.ahn;
    return create_queues(c);
}

static void destroy_objects(struct client *c)
{
    if (c->qp)
        ibv_destroy_qp(c->qp);
    if (c->cq)
        ibv_destroy_cq(c->cq);
    if (c->ah)
        ibv_destroy_ah(c->ah);
    if (c->mr)
        ibv_dereg_mr(c->mr);
    if (c->pd)
        ibv_dealloc_pd(c->pd);
    free(c->memory);
}

/* ---- Traffic ---- */

/* In SRD messages overtake one another: each says which it is. */
static void fill_message(struct client *c, uint16_t request, uint32_t number)
{
    unsigned char *message = c->memory + (size_t)request * MESSAGE_SIZE;

    memset(message, (int)(number * 7 & 0xff), MESSAGE_SIZE);
    memcpy(message, &number, sizeof(number));
}

static int check_message(struct client *c, const struct completion *completion,
                         unsigned char *arrived)
{
    const unsigned char *message = c->memory + (size_t)(DEPTH + completion->request) * MESSAGE_SIZE;
    uint32_t number;

    memcpy(&number, message, sizeof(number));
    if (completion->length != MESSAGE_SIZE || number >= MESSAGES || arrived[number])
        return 0;
    arrived[number] = 1;
    for (size_t i = sizeof(number); i < MESSAGE_SIZE; i++)
        if (message[i] != (unsigned char)(number * 7))
            return 0;
    return 1;
}

static int exchange(struct client *c, unsigned char *arrived)
{
    uint32_t sent = 0, sends_done = 0, receives_done = 0;
    time_t last = time(NULL);

    for (uint16_t request = 0; request < DEPTH; request++)
        write_receive(c, request);
    ring_doorbell(&c->rq);
    for (uint16_t request = 0; request < DEPTH / 2; request++) {
        fill_message(c, request, sent++);
        write_send(c, request);
    }
    ring_doorbell(&c->sq);

    while (sends_done < MESSAGES || receives_done < MESSAGES) {
        struct completion completion;

        if (!take_completion(&c->completions, &completion)) {
            if (difftime(time(NULL), last) > SECONDS_WITHOUT_A_COMPLETION) {
                fprintf(stderr, "direct_datapath: no completion for %d s after %u sends\n",
                        SECONDS_WITHOUT_A_COMPLETION, (unsigned)sends_done);
                return 1;
            }
            continue;
        }
        last = time(NULL);
        if (completion.qp_num != (uint16_t)c->qp->qp_num || completion.status != 0 ||
            completion.request >= DEPTH) {
            fprintf(stderr, "direct_datapath: completion of QP %u, request %u, status %u\n",
                    completion.qp_num, completion.request, completion.status);
            return 1;
        }
        if ((completion.flags >> 1 & 3) == QUEUE_SEND) {
            sends_done++;
            if (sent == MESSAGES)
                continue;
            fill_message(c, completion.request, sent++);
            write_send(c, completion.request);
            ring_doorbell(&c->sq);
        } else {
            if (!check_message(c, &completion, arrived)) {
                fprintf(stderr, "direct_datapath: a message is not what was sent\n");
                return 1;
            }
            receives_done++;
            write_receive(c, completion.request);
            ring_doorbell(&c->rq);
        }
    }
    return 0;
}

static int run(struct ibv_context *context)
{
    unsigned char *arrived = (unsigned char *)calloc(MESSAGES, 1);
    struct client client;
    int status;

    if (!arrived)
        return fail("memory", ENOMEM);
    memset(&client, 0, sizeof(client));
    client.context = context;
    status = create_objects(&client);
    if (status == 0)
        status = exchange(&client, arrived);
    if (status == 0)
        printf(
            "%u messages of %u bytes, each sent and received by rings alone, every byte verified\n",
            MESSAGES, MESSAGE_SIZE);
    destroy_objects(&client);
    free(arrived);
    return status;
}

int main(void)
{
    struct ibv_context *context = example_open();
    int status;

    if (!context)
        return 1;
    status = run(context);
    example_close(context);
    return status;
}
