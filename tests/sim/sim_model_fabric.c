/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * What the model has beyond the device's own behaviour: the fabric, its time, its order, its
 * losses.
 */
#include "sim_model_parts.h"

#include <stdlib.h>
#include <string.h>

#include "fabric/waiting.h"

static void fabric_gives_entries_in_order(void **state)
{
    enum { COUNT = 2000 };
    static struct efasim_waiting_entry entries[COUNT];
    struct efasim_waiting waiting = {0};
    uint32_t random = 12345;
    unsigned left = COUNT;
    uint64_t last = 0;
    (void)state;

    for (unsigned i = 0; i < COUNT; i++) {
        random = random * 1664525u + 1013904223u;
        entries[i].due = random >> 20;
        entries[i].order = i;
        efasim_waiting_insert(&waiting, &entries[i], i % 3 == 0);
    }
    for (unsigned i = 0; i < COUNT; i += 7, left--) /* from anywhere: list, heap, root, leaves */
        efasim_waiting_remove(&waiting, &entries[i]);
    while (efasim_waiting_first(&waiting)) {
        struct efasim_waiting_entry *first = efasim_waiting_first(&waiting);
        assert_true(first->due >= last);
        last = first->due;
        efasim_waiting_remove(&waiting, first);
        left--;
    }
    assert_int_equal(left, 0);
}

static void devices_share_one_fabric(void **state)
{
    struct bench *bench = *state;
    struct efa_completion_entry entry;

    assert_non_null(efasim_config_add_device(&bench->config));
    assert_non_null(efasim_config_add_device(&bench->config));
    bench->config.devices[2].max_qp = 3;
    bench_start(bench);
    bench_open_between(bench, 0, 2);
    assert_int_equal(bench->to.client.info.max_qp, 3);
    assert_memory_not_equal(bench->from.client.info.addr, bench->to.client.info.addr, 16);
    bench_send(&bench->from, &bench->to, 1);
    raw_expect_send(&bench->from, 1, EFA_STATUS_OK);
    raw_expect(&bench->to, &bench->to.recv_cq, &entry);
    assert_int_equal(entry.source_ah, EFA_AH_NONE); /* it only has one for itself */
}

static void latency_is_one_way_and_back(void **state)
{
    struct bench *bench = *state;
    struct efa_completion_entry entry;

    bench->config.latency = 10000;
    bench_start_pair(bench, &raw_srd);
    bench_send(&bench->from, &bench->to, 1); /* lets 1000 ns pass */
    efasim_inprocess_advance(bench->inprocess, 8999);
    assert_false(raw_poll(&bench->to.recv_cq, &entry));
    efasim_inprocess_advance(bench->inprocess, 1);
    assert_true(raw_poll(&bench->to.recv_cq, &entry));
    assert_false(raw_poll(&bench->from.send_cq, &entry));
    efasim_inprocess_advance(bench->inprocess, 9999);
    assert_false(raw_poll(&bench->from.send_cq, &entry));
    efasim_inprocess_advance(bench->inprocess, 1);
    assert_true(raw_poll(&bench->from.send_cq, &entry));
}

static void bandwidth_spaces_messages(void **state)
{
    struct bench *bench = *state;
    struct efa_completion_entry entry;
    unsigned arrived = 0;

    bench->config.bandwidth = 1000000000; /* a byte a nanosecond */
    bench_start_pair(bench, &raw_srd);
    bench->round = 0;
    for (uint16_t i = 0; i < 10; i++) {
        raw_recv(&bench->to, i, 4096, 1000);
        raw_send_message(&bench->from, &bench->to, i, 0, 1000);
    }
    efasim_inprocess_advance(bench->inprocess, 5500);
    while (raw_poll(&bench->to.recv_cq, &entry))
        arrived++;
    assert_int_equal(arrived, 5);
    efasim_inprocess_advance(bench->inprocess, 4500);
    while (raw_poll(&bench->to.recv_cq, &entry))
        arrived++;
    assert_int_equal(arrived, 10);
}

/* The request is small; what it asks for crosses the responder's wire, once. */
static void bandwidth_holds_for_reads(void **state)
{
    enum { SIZE = 1000000 };
    struct bench *bench = *state;
    struct efa_completion_entry entry;
    struct efa_mr_info local, remote;
    uint8_t *memory = calloc(2, SIZE);

    assert_non_null(memory);
    efasim_config_second_generation(&bench->config);
    bench->config.bandwidth = 1000000000; /* a byte a nanosecond */
    bench_start_pair(bench, &raw_srd);
    bench->round = 0;
    assert_int_equal(
        raw_reg_mr(&bench->from.client, bench->from.pdn, memory, SIZE, EFA_MR_LOCAL_WRITE, &local),
        0);
    assert_int_equal(raw_reg_mr(&bench->to.client, bench->to.pdn, memory + SIZE, SIZE,
                                EFA_MR_REMOTE_READ, &remote),
                     0);
    struct efa_send_descriptor d = raw_send_descriptor(&bench->from, &bench->to, 1, 0, 0);
    d.ctrl1 |= EFA_SEND_OP_RDMA_READ;
    memset(&d.payload, 0, sizeof d.payload);
    d.payload.rdma.remote =
        (struct efa_remote_address){SIZE, remote.rkey, (uint32_t)(uintptr_t)(memory + SIZE),
                                    (uint32_t)((uint64_t)(uintptr_t)(memory + SIZE) >> 32)};
    d.payload.rdma.local =
        (struct efa_buffer_descriptor){SIZE, local.lkey, (uint32_t)(uintptr_t)memory,
                                       (uint32_t)((uint64_t)(uintptr_t)memory >> 32)};
    raw_send(&bench->from, &d);
    efasim_inprocess_advance(bench->inprocess, SIZE - 1000);
    assert_false(raw_poll(&bench->from.send_cq, &entry));
    efasim_inprocess_advance(bench->inprocess, 2000);
    assert_true(raw_poll(&bench->from.send_cq, &entry));
    assert_int_equal(entry.status, EFA_STATUS_OK);
    bench_stop(bench);
    free(memory);
}

static void rnr_retries_follow_the_timer(void **state)
{
    struct bench *bench = *state;
    struct raw_options three_retries = {.state = EFA_DRIVER_QP_RTS, .rnr_retry = 1 + 3};
    struct efa_completion_entry entry;

    efasim_config_second_generation(&bench->config);
    bench->config.rnr_timer = 50000;
    bench_start(bench);
    bench->round = 0;
    raw_endpoint_open(&bench->worlds[0], &bench->from, &three_retries);
    raw_endpoint_open(&bench->worlds[0], &bench->to, &raw_srd);
    raw_send_message(&bench->from, &bench->to, 1, 0, 64);
    efasim_inprocess_advance(bench->inprocess, 149999);
    assert_false(raw_poll(&bench->from.send_cq, &entry));
    efasim_inprocess_advance(bench->inprocess, 1);
    assert_true(raw_poll(&bench->from.send_cq, &entry));
    assert_int_equal(entry.status, EFA_STATUS_RECEIVER_NOT_READY);
    assert_int_equal(bench_counters(bench).rnr_retries, 3);
}

/* Each message carries its number; `seen` counts how often each arrived. */
struct flow {
    struct bench *bench;
    uint32_t total;
    uint32_t sent, received, completed;
    uint32_t out_of_order, last;
    uint8_t *seen;
};

static void flow_pump(struct flow *flow)
{
    struct raw_endpoint *from = &flow->bench->from;
    struct raw_endpoint *to = &flow->bench->to;
    struct efa_completion_entry entry;

    while (raw_poll(&to->recv_cq, &entry)) {
        uint32_t number;
        assert_int_equal(entry.status, EFA_STATUS_OK);
        memcpy(&number, to->memory + entry.request_id * 64u, sizeof number);
        assert_true(number < flow->total);
        assert_int_equal(flow->seen[number], 0);
        flow->seen[number] = 1;
        flow->out_of_order += number < flow->last;
        flow->last = number;
        flow->received++;
        raw_recv(to, entry.request_id, entry.request_id * 64u, 64);
    }
    while (raw_poll(&from->send_cq, &entry)) {
        assert_int_equal(entry.status, EFA_STATUS_OK);
        flow->completed++;
    }
}

/* Leaves the bench running, with nothing under way; returns how many came after a later one. */
static uint32_t run_flow(struct bench *bench, uint32_t total)
{
    enum { DEPTH = 256 };
    static const struct raw_options options = {
        .state = EFA_DRIVER_QP_RTS, .depth = DEPTH, .cq_depth = 2 * DEPTH};
    struct raw_endpoint *from = &bench->from;
    struct raw_endpoint *to = &bench->to;
    struct flow flow = {0};

    flow.bench = bench;
    flow.total = total;
    flow.seen = calloc(1, total);
    assert_non_null(flow.seen);
    bench_start_pair(bench, &options);
    bench->round = 20000;
    for (uint16_t i = 0; i < DEPTH; i++)
        raw_recv(to, i, i * 64u, 64);
    while (flow.completed < total) {
        for (unsigned i = 0; i < 32 && flow.sent < total && flow.sent - flow.completed < DEPTH;
             i++, flow.sent++) {
            uint16_t id = (uint16_t)(flow.sent % DEPTH);
            struct efa_send_descriptor d = raw_send_descriptor(from, to, id, 0, 4);
            d.ctrl1 |= EFA_SEND_INLINE_MSG;
            d.length = 4;
            memcpy(d.payload.inline_data, &flow.sent, 4);
            raw_write_send(&from->qp, &d);
        }
        raw_ring_send(&from->qp);
        raw_progress(&bench->worlds[0]);
        flow_pump(&flow);
    }
    free(flow.seen);
    assert_int_equal(flow.received, total);
    assert_int_equal(bench_counters(bench).violations, 0);
    return flow.out_of_order;
}

static void srd_is_exactly_once_whatever_the_fabric_does(void **state)
{
    struct bench *bench = *state;
    struct efasim_counters counters;

    bench->config.reorder_window = 32;
    bench->config.reorder_probability = 300000;
    bench->config.loss = 10000;
    bench->config.latency = 5000;
    bench->config.jitter = 3000;
    assert_true(run_flow(bench, 50000) > 1000);
    counters = bench_counters(bench);
    assert_in_range(counters.retransmissions, 500, 2000);
    assert_in_range(counters.duplicates, 250, 1000);
    assert_in_range(counters.reordered, 13000, 17000);
}

static void fabric_keeps_order_unless_told_otherwise(void **state)
{
    assert_int_equal(run_flow(*state, 5000), 0);
}

static void same_seed_same_run(void **state)
{
    struct bench *bench = *state;
    uint32_t out_of_order[3];

    bench->config.reorder_window = 8;
    bench->config.reorder_probability = 500000;
    for (unsigned i = 0; i < 3; i++) {
        bench->config.seed = i < 2 ? 77 : 78;
        out_of_order[i] = run_flow(bench, 3000);
        bench_stop(bench);
    }
    assert_int_equal(out_of_order[0], out_of_order[1]);
    assert_int_not_equal(out_of_order[0], out_of_order[2]);
}

static void ud_loses_as_many_as_told(void **state)
{
    struct bench *bench = *state;
    struct efa_completion_entry entry;
    unsigned arrived = 0;

    bench->config.loss = 200000;
    bench_start_pair(bench, &raw_ud);
    for (unsigned i = 0; i < 1000; i++) {
        uint16_t id = (uint16_t)(i % 16);
        if (i == 0 || raw_poll(&bench->to.recv_cq, &entry)) {
            arrived += i != 0;
            raw_recv(&bench->to, 0, 4096, 200);
        }
        raw_send_message(&bench->from, &bench->to, id, 0, 64);
        raw_expect_send(&bench->from, id, EFA_STATUS_OK);
    }
    assert_in_range(arrived, 740, 860);
    assert_in_range(bench_counters(bench).drops[EFASIM_DROP_LOST], 140, 260);
}

static void peer_that_loses_everything_times_out(void **state)
{
    struct bench *bench = *state;

    bench->config.loss = EFASIM_CERTAIN;
    bench_start_pair(bench, &raw_srd);
    bench->round = 1000000;
    bench_send(&bench->from, &bench->to, 1);
    raw_expect_send(&bench->from, 1, EFA_STATUS_PEER_UNREACHABLE);
}

int test_model_fabric(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fabric_gives_entries_in_order),
        BENCH_TEST(devices_share_one_fabric),
        BENCH_TEST(latency_is_one_way_and_back),
        BENCH_TEST(bandwidth_spaces_messages),
        BENCH_TEST(bandwidth_holds_for_reads),
        BENCH_TEST(rnr_retries_follow_the_timer),
        BENCH_TEST(srd_is_exactly_once_whatever_the_fabric_does),
        BENCH_TEST(fabric_keeps_order_unless_told_otherwise),
        BENCH_TEST(same_seed_same_run),
        BENCH_TEST(ud_loses_as_many_as_told),
        BENCH_TEST(peer_that_loses_everything_times_out),
    };
    return cmocka_run_group_tests_name("fabric", tests, NULL, NULL);
}
