/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The fault message_patch: what arrives is altered where the rule says and nowhere else, and
 * nothing is altered where it came from. Each with memory addressed directly and moved by the
 * platform.
 */
#include <string.h>

#include "os/compiler.h"
#include "sim_bench_world.h"

enum { SOURCE = 100, TARGET = 4096, ID = 3, CHUNK = 256 * 1024 };

static const bool ways[] = {false, true};

static void start(struct bench *bench, const struct raw_options *options, bool indirect)
{
    bench_start(bench);
    efasim_inprocess_set_indirect(bench->inprocess, indirect);
    raw_endpoint_open(&bench->worlds[0], &bench->from, options);
    raw_endpoint_open(&bench->worlds[0], &bench->to, options);
    for (uint32_t i = 0; i < RAW_BUFFER_SIZE; i++)
        bench->from.memory[i] = (uint8_t)(i * 7 + i / 256);
    memset(bench->to.memory, RAW_UNTOUCHED, RAW_BUFFER_SIZE);
}

static uint32_t add_patch(struct bench *bench, uint32_t offset, uint32_t size, uint64_t value)
{
    struct efasim_fault fault = {0};

    fault.kind = EFASIM_FAULT_MESSAGE_PATCH;
    fault.device = EFASIM_FAULT_ANY_DEVICE;
    fault.offset = offset;
    fault.size = size;
    fault.value = value;
    return bench_fault(bench, &fault);
}

/* What `bytes` are behind a patch, where they have the places 0 to `end`. */
static void alter(uint8_t *bytes, uint64_t end, uint64_t offset, uint32_t size, uint64_t value)
{
    for (uint32_t i = 0; i < size; i++) {
        if (offset + i < end)
            bytes[offset + i] = (uint8_t)(value >> (8 * i));
    }
}

struct shape {
    bool is_ud;
    bool is_inline;
    uint32_t size;   /* of the message */
    uint32_t cut;    /* bytes of it in the first of two send buffers; 0: one buffer */
    uint16_t first;  /* bytes in the first of two receive buffers; 0: one buffer */
    uint32_t offset; /* the patch */
    uint32_t patched;
};

#define VALUE 0xd1c2b3a4958677fdu

static void post_receive(struct raw_endpoint *to, uint16_t first)
{
    struct efa_recv_descriptor d = raw_recv_descriptor(to, ID, TARGET, first != 0 ? first : 200);
    struct efa_recv_descriptor rest = raw_recv_descriptor(to, 0, TARGET + first, 200);

    if (first != 0)
        d.lkey_ctrl &= ~EFA_RECV_LAST;
    raw_write_recv(&to->qp, &d);
    rest.lkey_ctrl &= ~EFA_RECV_FIRST;
    if (first != 0)
        raw_write_recv(&to->qp, &rest);
    raw_ring_recv(&to->qp);
}

/* From SOURCE on in the sender's memory, in one piece whatever the number of buffers. */
static void send_shape(struct bench *bench, const struct shape *shape)
{
    struct efa_send_descriptor d =
        raw_send_descriptor(&bench->from, &bench->to, ID, SOURCE, shape->size);

    if (shape->cut != 0) {
        struct efa_send_descriptor rest = raw_send_descriptor(
            &bench->from, &bench->to, ID, SOURCE + shape->cut, shape->size - shape->cut);
        d.length = 2;
        d.payload.buffers[0].length = shape->cut;
        d.payload.buffers[1] = rest.payload.buffers[0];
    }
    if (shape->is_inline) {
        d.ctrl1 |= EFA_SEND_INLINE_MSG;
        d.length = (uint16_t)shape->size;
        memset(&d.payload, 0, sizeof d.payload);
        memcpy(d.payload.inline_data, bench->from.memory + SOURCE, shape->size);
    }
    raw_send(&bench->from, &d);
}

static void message_is_altered_where_it_arrives_and_nowhere_else(void **state)
{
    static const struct shape shapes[] = {
        {.size = 64, .offset = 0, .patched = 1},
        {.size = 64, .offset = 10, .patched = 4},
        {.size = 64, .offset = 63, .patched = 1},
        {.size = 64, .offset = 62, .patched = 8}, /* two bytes lie in it */
        {.size = 64, .offset = 64, .patched = 1}, /* none does */
        {.size = 64, .offset = UINT32_MAX - 3, .patched = 8},
        {.size = 0, .offset = 0, .patched = 8},
        {.size = 64, .cut = 20, .offset = 16, .patched = 8},
        {.size = 64, .first = 20, .offset = 16, .patched = 8},
        {.size = 64, .cut = 33, .first = 30, .offset = 28, .patched = 8},
        {.is_inline = true, .size = 32, .offset = 30, .patched = 2},
        {.is_inline = true, .size = 1, .offset = 0, .patched = 2},
        {.is_ud = true, .size = 64, .offset = 0, .patched = 2},
        {.is_ud = true, .size = 64, .offset = 60, .patched = 8},
        {.is_ud = true, .size = 0, .offset = 0, .patched = 8},
        {.is_ud = true, .size = 64, .cut = 7, .first = 48, .offset = 4, .patched = 8},
        {.is_ud = true, .is_inline = true, .size = 32, .offset = 24, .patched = 8},
        {.is_ud = true, .size = 64, .offset = UINT32_MAX - 3, .patched = 8},
    };
    static uint8_t sent[RAW_BUFFER_SIZE], arrived[RAW_BUFFER_SIZE];
    struct bench *bench = *state;

    for (unsigned i = 0; i < 2 * EFA_ARRAY_SIZE(shapes); i++) {
        const struct shape *shape = &shapes[i / 2];
        uint32_t header = shape->is_ud ? EFA_UD_GRH_SIZE : 0;
        struct efa_completion_entry entry;

        start(bench, shape->is_ud ? &raw_ud : &raw_srd, ways[i % 2]);
        memcpy(sent, bench->from.memory, sizeof sent);
        memset(arrived, RAW_UNTOUCHED, sizeof arrived);
        memset(arrived + TARGET, 0xdb, header);
        memcpy(arrived + TARGET + header, sent + SOURCE, shape->size);
        alter(arrived + TARGET + header, shape->size, shape->offset, shape->patched, VALUE);

        uint32_t id = add_patch(bench, shape->offset, shape->patched, VALUE);
        post_receive(&bench->to, shape->first);
        send_shape(bench, shape);
        raw_expect(&bench->to, &bench->to.recv_cq, &entry);
        assert_int_equal(entry.status, EFA_STATUS_OK);
        assert_int_equal(entry.request_id, ID);
        assert_int_equal(entry.length, header + shape->size);
        raw_expect_send(&bench->from, ID, EFA_STATUS_OK);
        assert_memory_equal(bench->to.memory, arrived, sizeof arrived);
        assert_memory_equal(bench->from.memory, sent, sizeof sent);
        assert_int_equal(efasim_fault_hits(bench->model, id), 1);
        bench_stop(bench);
    }
}

/* The patch lies across two chunks, of which the second is a step of its own. */
static void read_is_altered_at_the_reader_alone(void **state)
{
    static uint8_t remote[2 * CHUNK], local[2 * CHUNK], before[2 * CHUNK];
    const uint32_t size = 2 * CHUNK - 100;
    struct bench *bench = *state;

    efasim_config_second_generation(&bench->config);
    for (unsigned i = 0; i < EFA_ARRAY_SIZE(ways); i++) {
        struct efa_mr_info from, to;

        start(bench, &raw_srd, ways[i]);
        struct raw_endpoint *reader = &bench->from, *responder = &bench->to;
        for (uint32_t k = 0; k < sizeof remote; k++)
            remote[k] = before[k] = (uint8_t)(k * 11 + k / 1000);
        memset(local, RAW_UNTOUCHED, sizeof local);
        assert_int_equal(raw_reg_mr(&responder->client, responder->pdn, remote, sizeof remote,
                                    EFA_MR_REMOTE_READ, &from),
                         0);
        assert_int_equal(
            raw_reg_mr(&reader->client, reader->pdn, local, sizeof local, EFA_MR_LOCAL_WRITE, &to),
            0);
        add_patch(bench, CHUNK - 3, 8, VALUE);

        struct efa_send_descriptor d = raw_send_descriptor(reader, responder, ID, 0, 0);
        d.ctrl1 |= EFA_SEND_OP_RDMA_READ;
        memset(&d.payload, 0, sizeof d.payload);
        d.payload.rdma.remote.length = d.payload.rdma.local.length = size;
        d.payload.rdma.remote.rkey = from.rkey;
        d.payload.rdma.remote.address_low = (uint32_t)(uintptr_t)remote;
        d.payload.rdma.remote.address_high = (uint32_t)((uint64_t)(uintptr_t)remote >> 32);
        d.payload.rdma.local.lkey = to.lkey;
        d.payload.rdma.local.address_low = (uint32_t)(uintptr_t)local;
        d.payload.rdma.local.address_high = (uint32_t)((uint64_t)(uintptr_t)local >> 32);
        raw_send(reader, &d);
        raw_expect_send(reader, ID, EFA_STATUS_OK);
        assert_memory_equal(remote, before, sizeof remote);
        alter(before, size, CHUNK - 3, 8, VALUE);
        memset(before + size, RAW_UNTOUCHED, sizeof before - size);
        assert_memory_equal(local, before, sizeof local);
        bench_stop(bench);
    }
}

static void one_message_is_altered_and_no_other(void **state)
{
    struct bench *bench = *state;
    struct efasim_fault fault = {0};

    for (unsigned i = 0; i < EFA_ARRAY_SIZE(ways); i++) {
        start(bench, &raw_srd, ways[i]);
        fault.kind = EFASIM_FAULT_MESSAGE_PATCH;
        fault.device = EFASIM_FAULT_ANY_DEVICE;
        fault.target = bench->from.qp.info.qp_num;
        fault.nth = 2;
        fault.count = 1;
        fault.size = 1;
        fault.value = 0x5a; /* the messages begin with 0 */
        bench_fault(bench, &fault);
        for (uint16_t n = 1; n <= 3; n++) {
            bench_send(&bench->to, &bench->from, n); /* by another queue pair */
            raw_expect_recv(&bench->from, n, EFA_STATUS_OK);
            raw_expect_send(&bench->to, n, EFA_STATUS_OK);
            assert_int_equal(bench->from.memory[TARGET], RAW_UNTOUCHED);
            bench_send(&bench->from, &bench->to, n);
            raw_expect_recv(&bench->to, n, EFA_STATUS_OK);
            raw_expect_send(&bench->from, n, EFA_STATUS_OK);
            assert_int_equal(bench->to.memory[TARGET], n == 2 ? 0x5a : 0);
            bench->to.memory[TARGET] = RAW_UNTOUCHED;
        }
        bench_stop(bench);
    }
}

/* Struck on its first try, it is altered on the one that the receiver is ready for. */
static void message_stays_altered_until_it_is_received(void **state)
{
    struct bench *bench = *state;

    for (unsigned i = 0; i < EFA_ARRAY_SIZE(ways); i++) {
        efasim_config_second_generation(&bench->config);
        start(bench, &raw_srd, ways[i]);
        add_patch(bench, 1, 2, 0xabcd);
        raw_send_message(&bench->from, &bench->to, ID, SOURCE, 64);
        raw_expect_nothing(&bench->to);
        efasim_fault_clear(bench->model);
        raw_recv(&bench->to, ID, TARGET, 64);
        efasim_inprocess_advance(bench->inprocess, bench->config.rnr_timer);
        raw_expect_recv(&bench->to, ID, EFA_STATUS_OK);
        raw_expect_send(&bench->from, ID, EFA_STATUS_OK);
        assert_int_equal(bench->to.memory[TARGET], bench->from.memory[SOURCE]);
        assert_int_equal(bench->to.memory[TARGET + 1], 0xcd);
        assert_int_equal(bench->to.memory[TARGET + 2], 0xab);
        assert_int_equal(bench->to.memory[TARGET + 3], bench->from.memory[SOURCE + 3]);
        bench_stop(bench);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCH_TEST(message_is_altered_where_it_arrives_and_nowhere_else),
        BENCH_TEST(read_is_altered_at_the_reader_alone),
        BENCH_TEST(one_message_is_altered_and_no_other),
        BENCH_TEST(message_stays_altered_until_it_is_received),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
