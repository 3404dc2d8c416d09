/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * What the model has beyond the device's own behaviour: several devices, time, order and loss,
 * counters, reports of violations, the trace, numbers and their reuse.
 */
#include "sim_bench_world.h"

#include <stdlib.h>
#include <string.h>

#include "fabric.h"

static const struct raw_options srd = {.state = EFA_DRIVER_QP_RTS};
static const struct raw_options ud = {.state = EFA_DRIVER_QP_RTS, .type = EFA_DRIVER_QP_UD};

static void send_one(struct raw_endpoint *from, struct raw_endpoint *to, uint16_t id)
{
    struct efa_send_descriptor d = raw_send_descriptor(from, to, id, 0, 64);
    raw_recv(to, id, 4096, 200);
    raw_send(from, &d);
}

static void fabric_gives_entries_in_order(void **state)
{
    enum { COUNT = 2000 };
    static struct efasim_fabric_entry entries[COUNT];
    struct efasim_fabric fabric = {0};
    uint32_t random = 12345;
    unsigned left = COUNT;
    uint64_t last = 0;
    (void)state;

    for (unsigned i = 0; i < COUNT; i++) {
        random = random * 1664525u + 1013904223u;
        entries[i].due = random >> 20;
        entries[i].order = i;
        efasim_fabric_insert(&fabric, &entries[i], i % 3 == 0);
    }
    for (unsigned i = 0; i < COUNT; i += 7, left--) /* from anywhere: list, heap, root, leaves */
        efasim_fabric_remove(&fabric, &entries[i]);
    while (efasim_fabric_first(&fabric) != NULL) {
        struct efasim_fabric_entry *first = efasim_fabric_first(&fabric);
        assert_true(first->due >= last);
        last = first->due;
        efasim_fabric_remove(&fabric, first);
        left--;
    }
    assert_int_equal(left, 0);
}

static void devices_share_one_fabric(void **state)
{
    struct efasim_config config;
    struct bench bench;
    struct raw_endpoint from, to;
    struct efa_completion_entry entry;
    uint16_t ah;
    (void)state;

    efasim_config_default(&config);
    assert_non_null(efasim_config_add_device(&config));
    assert_non_null(efasim_config_add_device(&config));
    config.devices[2].max_qp = 3;
    bench_start(&bench, &config);
    raw_endpoint_open(&bench.worlds[0], &from, &srd);
    raw_endpoint_open(&bench.worlds[2], &to, &srd);
    assert_int_equal(to.client.info.max_qp, 3);
    assert_memory_not_equal(from.client.info.addr, to.client.info.addr, 16);
    assert_int_equal(raw_alloc_ah(&from.client, from.pdn, to.client.info.addr, &ah), 0);
    from.ah = ah;
    send_one(&from, &to, 1);
    raw_expect_send(&from, 1, EFA_STATUS_OK);
    raw_expect(&to, &to.recv_cq, &entry);
    assert_int_equal(entry.source_ah, EFA_AH_NONE); /* it only has one for itself */
    raw_endpoint_close(&to);
    raw_endpoint_close(&from);
    bench_stop(&bench);
}

static void read_from_a_device_without_the_feature_is_a_mismatch(void **state)
{
    struct efasim_config config;
    struct bench bench;
    struct raw_endpoint from, to;
    uint16_t ah;
    (void)state;

    efasim_config_second_generation(&config);
    assert_non_null(efasim_config_add_device(&config));
    config.devices[1].features = 0;
    bench_start(&bench, &config);
    raw_endpoint_open(&bench.worlds[0], &from, &srd);
    raw_endpoint_open(&bench.worlds[1], &to, &srd);
    assert_int_equal(raw_alloc_ah(&from.client, from.pdn, to.client.info.addr, &ah), 0);
    from.ah = ah;
    struct efa_send_descriptor d = raw_send_descriptor(&from, &to, 1, 0, 64);
    struct efa_buffer_descriptor local = d.payload.buffers[0];
    d.ctrl1 |= EFA_SEND_OP_RDMA_READ;
    d.payload.rdma.local = local;
    d.payload.rdma.remote.length = 64;
    raw_send(&from, &d);
    raw_expect_send(&from, 1, EFA_STATUS_FEATURE_MISMATCH);
    raw_endpoint_close(&to);
    raw_endpoint_close(&from);
    bench_stop(&bench);
}

static void first_generation_neither_reads_nor_sets_rnr_retry(void **state)
{
    struct efasim_config config;
    struct bench bench;
    struct raw_endpoint e;
    struct raw_options rtr = {.state = EFA_DRIVER_QP_RTR};
    struct efa_modify_qp_params params = {0};
    struct efa_mr_info mr;
    (void)state;

    efasim_config_default(&config);
    bench_start(&bench, &config);
    raw_endpoint_open(&bench.worlds[0], &e, &rtr);
    assert_int_equal(e.client.info.supported_features, 0);
    params.modify_mask = EFA_MODIFY_QP_STATE | EFA_MODIFY_QP_SQ_PSN | EFA_MODIFY_QP_RNR_RETRY;
    params.qp_handle = e.qp.info.qp_handle;
    params.state = EFA_DRIVER_QP_RTS;
    assert_int_equal(raw_try(&e.client, EFA_MODIFY_QP, &params, sizeof(params), NULL, 0),
                     EFA_WIN32_NOT_SUPPORTED);
    assert_int_equal(raw_reg_mr(&e.client, e.pdn, e.memory, 64, EFA_MR_REMOTE_READ, &mr),
                     EFA_WIN32_NOT_SUPPORTED);
    params.modify_mask = EFA_MODIFY_QP_STATE | EFA_MODIFY_QP_SQ_PSN;
    assert_int_equal(raw_try(&e.client, EFA_MODIFY_QP, &params, sizeof(params), NULL, 0), 0);
    struct efa_send_descriptor d = raw_send_descriptor(&e, &e, 1, 0, 64);
    d.ctrl1 |= EFA_SEND_OP_RDMA_READ;
    raw_send(&e, &d);
    raw_expect_send(&e, 1, EFA_STATUS_UNSUPPORTED_OP);
    raw_endpoint_close(&e);
    bench_stop(&bench);
}

static void driver_of_one_version_refuses_the_others(void **state)
{
    (void)state;
    for (uint32_t spoken = 1; spoken <= 3; spoken++) {
        struct efasim_config config;
        struct bench bench;
        struct raw_client client;
        efasim_config_default(&config);
        config.devices[0].versions = EFASIM_VERSION_BIT(spoken);
        config.devices[0].version_error = EFA_WIN32_INVALID_PARAMETER;
        bench_start(&bench, &config);
        raw_open(&bench.worlds[0], &client);
        for (uint32_t asked = 1; asked <= 3; asked++)
            assert_int_equal(raw_query_device(&client, asked),
                             asked == spoken ? 0 : EFA_WIN32_INVALID_PARAMETER);
        raw_close(&client);
        bench_stop(&bench);
    }
}

static void latency_is_one_way_and_back(void **state)
{
    struct efasim_config config;
    struct bench bench;
    struct raw_endpoint from, to;
    struct efa_completion_entry entry;
    (void)state;

    efasim_config_default(&config);
    config.latency = 10000;
    bench_start(&bench, &config);
    raw_endpoint_open(&bench.worlds[0], &from, &srd);
    raw_endpoint_open(&bench.worlds[0], &to, &srd);
    send_one(&from, &to, 1); /* lets 1000 ns pass */
    efasim_inprocess_advance(bench.inprocess, 8999);
    assert_false(raw_poll(&to.recv_cq, &entry));
    efasim_inprocess_advance(bench.inprocess, 1);
    assert_true(raw_poll(&to.recv_cq, &entry));
    assert_false(raw_poll(&from.send_cq, &entry));
    efasim_inprocess_advance(bench.inprocess, 9999);
    assert_false(raw_poll(&from.send_cq, &entry));
    efasim_inprocess_advance(bench.inprocess, 1);
    assert_true(raw_poll(&from.send_cq, &entry));
    raw_endpoint_close(&to);
    raw_endpoint_close(&from);
    bench_stop(&bench);
}

static void bandwidth_spaces_messages(void **state)
{
    struct efasim_config config;
    struct bench bench;
    struct raw_endpoint from, to;
    struct efa_completion_entry entry;
    unsigned arrived = 0;
    (void)state;

    efasim_config_default(&config);
    config.bandwidth = 1000000000; /* a byte a nanosecond */
    bench_start(&bench, &config);
    bench.round = 0;
    raw_endpoint_open(&bench.worlds[0], &from, &srd);
    raw_endpoint_open(&bench.worlds[0], &to, &srd);
    for (uint16_t i = 0; i < 10; i++) {
        struct efa_send_descriptor d = raw_send_descriptor(&from, &to, i, 0, 1000);
        raw_recv(&to, i, 4096, 1000);
        raw_send(&from, &d);
    }
    efasim_inprocess_advance(bench.inprocess, 5500);
    while (raw_poll(&to.recv_cq, &entry))
        arrived++;
    assert_int_equal(arrived, 5);
    efasim_inprocess_advance(bench.inprocess, 4500);
    while (raw_poll(&to.recv_cq, &entry))
        arrived++;
    assert_int_equal(arrived, 10);
    raw_endpoint_close(&to);
    raw_endpoint_close(&from);
    bench_stop(&bench);
}

static void rnr_retries_follow_the_timer(void **state)
{
    struct efasim_config config;
    struct bench bench;
    struct raw_endpoint from, to;
    struct raw_options three_retries = {.state = EFA_DRIVER_QP_RTS, .rnr_retry = 1 + 3};
    struct efa_completion_entry entry;
    (void)state;

    efasim_config_second_generation(&config);
    config.rnr_timer = 50000;
    bench_start(&bench, &config);
    bench.round = 0;
    raw_endpoint_open(&bench.worlds[0], &from, &three_retries);
    raw_endpoint_open(&bench.worlds[0], &to, &srd);
    struct efa_send_descriptor d = raw_send_descriptor(&from, &to, 1, 0, 64);
    raw_send(&from, &d);
    efasim_inprocess_advance(bench.inprocess, 149999);
    assert_false(raw_poll(&from.send_cq, &entry));
    efasim_inprocess_advance(bench.inprocess, 1);
    assert_true(raw_poll(&from.send_cq, &entry));
    assert_int_equal(entry.status, EFA_STATUS_RECEIVER_NOT_READY);
    assert_int_equal(bench_counters(&bench).rnr_retries, 3);
    raw_endpoint_close(&to);
    raw_endpoint_close(&from);
    bench_stop(&bench);
}

/* Each message carries its number; `seen` counts how often each arrived. */
struct flow {
    struct bench bench;
    struct raw_endpoint from, to;
    uint32_t total;
    uint32_t sent, received, completed;
    uint32_t out_of_order, last;
    uint8_t *seen;
};

static void flow_pump(struct flow *flow)
{
    struct efa_completion_entry entry;
    while (raw_poll(&flow->to.recv_cq, &entry)) {
        uint32_t number;
        assert_int_equal(entry.status, EFA_STATUS_OK);
        memcpy(&number, flow->to.memory + entry.request_id * 64u, sizeof(number));
        assert_true(number < flow->total);
        assert_int_equal(flow->seen[number], 0);
        flow->seen[number] = 1;
        flow->out_of_order += number < flow->last;
        flow->last = number;
        flow->received++;
        raw_recv(&flow->to, entry.request_id, entry.request_id * 64u, 64);
    }
    while (raw_poll(&flow->from.send_cq, &entry)) {
        assert_int_equal(entry.status, EFA_STATUS_OK);
        flow->completed++;
    }
}

static void flow_run(struct flow *flow, const struct efasim_config *config, uint32_t total)
{
    enum { DEPTH = 256 };
    struct raw_options options = {
        .state = EFA_DRIVER_QP_RTS, .depth = DEPTH, .cq_depth = 2 * DEPTH};

    memset(flow, 0, sizeof(*flow));
    flow->total = total;
    flow->seen = calloc(1, total);
    assert_non_null(flow->seen);
    bench_start(&flow->bench, config);
    flow->bench.round = 20000;
    raw_endpoint_open(&flow->bench.worlds[0], &flow->from, &options);
    raw_endpoint_open(&flow->bench.worlds[0], &flow->to, &options);
    for (uint16_t i = 0; i < DEPTH; i++)
        raw_recv(&flow->to, i, i * 64u, 64);
    while (flow->completed < total) {
        for (unsigned i = 0; i < 32 && flow->sent < total && flow->sent - flow->completed < DEPTH;
             i++, flow->sent++) {
            uint16_t id = (uint16_t)(flow->sent % DEPTH);
            struct efa_send_descriptor d = raw_send_descriptor(&flow->from, &flow->to, id, 0, 4);
            d.ctrl1 |= EFA_SEND_INLINE_MSG;
            d.length = 4;
            memcpy(d.payload.inline_data, &flow->sent, 4);
            raw_write_send(&flow->from.qp, &d);
        }
        raw_ring_send(&flow->from.qp);
        raw_progress(&flow->bench.worlds[0]);
        flow_pump(flow);
    }
    assert_int_equal(flow->received, total);
    assert_int_equal(bench_counters(&flow->bench).violations, 0);
    raw_endpoint_close(&flow->to);
    raw_endpoint_close(&flow->from);
}

static void flow_end(struct flow *flow)
{
    bench_stop(&flow->bench);
    free(flow->seen);
}

static void srd_is_exactly_once_whatever_the_fabric_does(void **state)
{
    struct efasim_config config;
    struct flow flow;
    struct efasim_counters counters;
    (void)state;

    efasim_config_default(&config);
    config.reorder_window = 32;
    config.reorder_probability = 300000;
    config.loss = 10000;
    config.latency = 5000;
    config.jitter = 3000;
    flow_run(&flow, &config, 50000);
    counters = bench_counters(&flow.bench);
    assert_in_range(counters.retransmissions, 500, 2000);
    assert_in_range(counters.duplicates, 250, 1000);
    assert_in_range(counters.reordered, 13000, 17000);
    assert_true(flow.out_of_order > 1000);
    flow_end(&flow);
}

static void fabric_keeps_order_unless_told_otherwise(void **state)
{
    struct efasim_config config;
    struct flow flow;
    (void)state;

    efasim_config_default(&config);
    flow_run(&flow, &config, 5000);
    assert_int_equal(flow.out_of_order, 0);
    flow_end(&flow);
}

static void same_seed_same_run(void **state)
{
    uint32_t out_of_order[3];
    (void)state;

    for (unsigned i = 0; i < 3; i++) {
        struct efasim_config config;
        struct flow flow;
        efasim_config_default(&config);
        config.seed = i < 2 ? 77 : 78;
        config.reorder_window = 8;
        config.reorder_probability = 500000;
        flow_run(&flow, &config, 3000);
        out_of_order[i] = flow.out_of_order;
        flow_end(&flow);
    }
    assert_int_equal(out_of_order[0], out_of_order[1]);
    assert_int_not_equal(out_of_order[0], out_of_order[2]);
}

static void ud_loses_as_many_as_told(void **state)
{
    struct efasim_config config;
    struct bench bench;
    struct raw_endpoint from, to;
    struct efa_completion_entry entry;
    unsigned arrived = 0;
    (void)state;

    efasim_config_default(&config);
    config.loss = 200000;
    bench_start(&bench, &config);
    raw_endpoint_open(&bench.worlds[0], &from, &ud);
    raw_endpoint_open(&bench.worlds[0], &to, &ud);
    for (unsigned i = 0; i < 1000; i++) {
        struct efa_send_descriptor d = raw_send_descriptor(&from, &to, (uint16_t)(i % 16), 0, 64);
        if (i == 0 || raw_poll(&to.recv_cq, &entry)) {
            arrived += i != 0;
            raw_recv(&to, 0, 4096, 200);
        }
        raw_send(&from, &d);
        raw_expect_send(&from, (uint16_t)(i % 16), EFA_STATUS_OK);
    }
    assert_in_range(arrived, 740, 860);
    assert_in_range(bench_counters(&bench).drops[EFASIM_DROP_LOST], 140, 260);
    raw_endpoint_close(&to);
    raw_endpoint_close(&from);
    bench_stop(&bench);
}

static void peer_that_loses_everything_times_out(void **state)
{
    struct efasim_config config;
    struct bench bench;
    struct raw_endpoint from, to;
    (void)state;

    efasim_config_default(&config);
    config.loss = EFASIM_CERTAIN;
    bench_start(&bench, &config);
    bench.round = 1000000;
    raw_endpoint_open(&bench.worlds[0], &from, &srd);
    raw_endpoint_open(&bench.worlds[0], &to, &srd);
    send_one(&from, &to, 1);
    raw_expect_send(&from, 1, EFA_STATUS_PEER_UNREACHABLE);
    raw_endpoint_close(&to);
    raw_endpoint_close(&from);
    bench_stop(&bench);
}

static void counters_count(void **state)
{
    struct efasim_config config;
    struct bench bench;
    struct raw_endpoint from, to;
    struct efasim_counters c;
    struct efasim_qp_counters q;
    (void)state;

    efasim_config_default(&config);
    bench_start(&bench, &config);
    raw_endpoint_open(&bench.worlds[0], &from, &srd);
    raw_endpoint_open(&bench.worlds[0], &to, &srd);
    send_one(&from, &to, 1);
    send_one(&from, &to, 2);
    struct efa_send_descriptor d = raw_send_descriptor(&from, &to, 3, 0, 64);
    d.payload.buffers[0].lkey = 0;
    raw_send(&from, &d);
    c = bench_counters(&bench);
    assert_int_equal(c.requests[0], 2);
    assert_int_equal(c.requests[3], 2);
    assert_int_equal(c.requests[11], 6);
    assert_int_equal(c.requests_failed, 0);
    assert_int_equal(c.sends, 3);
    assert_int_equal(c.send_bytes, 128);
    assert_int_equal(c.receives, 2);
    assert_int_equal(c.receive_bytes, 128);
    assert_int_equal(c.completions, 5);
    assert_int_equal(c.completions_by_status[EFA_STATUS_OK], 4);
    assert_int_equal(c.completions_by_status[EFA_STATUS_BAD_LKEY], 1);
    assert_int_equal(efasim_get_qp_counters(bench.model, 0, from.qp.info.qp_num, &q), 0);
    assert_int_equal(q.sends, 3);
    assert_int_equal(q.send_errors, 1);
    assert_int_equal(efasim_get_qp_counters(bench.model, 0, 9, &q), EFA_WIN32_NOT_FOUND);
    assert_int_equal(efasim_get_qp_counters(bench.model, 9, 9, &q), EFA_WIN32_NOT_FOUND);
    raw_try(&from.client, 0, NULL, 0, NULL, 0);
    c = bench_counters(&bench);
    assert_int_equal(c.unknown_requests, 1);
    assert_int_equal(c.requests_failed, 1);
    efasim_reset_counters(bench.model);
    c = bench_counters(&bench);
    assert_int_equal(c.sends + c.completions + c.requests[0], 0);
    raw_endpoint_close(&to);
    raw_endpoint_close(&from);
    bench_stop(&bench);
}

static void objects_are_counted_while_they_live(void **state)
{
    struct efasim_config config;
    struct bench bench;
    struct raw_endpoint e;
    struct efasim_objects o;
    (void)state;

    efasim_config_default(&config);
    bench_start(&bench, &config);
    raw_endpoint_open(&bench.worlds[0], &e, &srd);
    struct efa_send_descriptor d = raw_send_descriptor(&e, &e, 1, 0, 64);
    raw_send(&e, &d);
    o = bench_objects(&bench);
    assert_int_equal(o.clients, 1);
    assert_int_equal(o.pds, 1);
    assert_int_equal(o.mrs, 1);
    assert_int_equal(o.cqs, 2);
    assert_int_equal(o.qps, 1);
    assert_int_equal(o.ahs, 1);
    assert_int_equal(o.messages, 1);
    assert_true(efasim_has_queue_pairs(bench.model));
    raw_endpoint_close(&e);
    assert_false(efasim_has_queue_pairs(bench.model));
    bench_stop(&bench);
}

static void violation_is_counted_and_described_once(void **state)
{
    struct efasim_config config;
    struct bench bench;
    struct raw_endpoint e;
    struct efasim_counters c;
    (void)state;

    efasim_config_default(&config);
    config.abort_on_violation = true;
    bench_start(&bench, &config);
    raw_endpoint_open(&bench.worlds[0], &e, &srd);
    struct efa_send_descriptor d = raw_send_descriptor(&e, &e, 0x1234, 0, 64);
    d.reserved14 = 0xbeef;
    raw_send(&e, &d);
    raw_expect_send(&e, 0x1234, EFA_STATUS_QP_INTERNAL_ERROR);
    c = bench_counters(&bench);
    assert_int_equal(c.violations, 1);
    assert_int_equal(c.violations_by_kind[EFASIM_VIOLATION_RESERVED], 1);
    assert_int_equal(bench.log.count, 1);
    assert_int_equal(bench.violations.count, 1);
    assert_true(lines_contain(&bench.log, "reserved bits"));
    assert_true(lines_contain(&bench.log, "3412")); /* the descriptor's first bytes */
    assert_true(lines_contain(&bench.violations, "efbe"));
    raw_endpoint_close(&e);
    bench_stop(&bench);
}

static void without_abort_a_violation_is_only_logged(void **state)
{
    struct efasim_config config;
    struct bench bench;
    struct raw_endpoint e;
    (void)state;

    efasim_config_default(&config);
    bench_start(&bench, &config);
    raw_endpoint_open(&bench.worlds[0], &e, &srd);
    struct efa_send_descriptor d = raw_send_descriptor(&e, &e, 1, 0, 64);
    d.ctrl2 ^= EFA_SEND_PHASE;
    raw_send(&e, &d);
    raw_expect_send(&e, 1, EFA_STATUS_QP_INTERNAL_ERROR);
    assert_int_equal(bench.log.count, 1);
    assert_int_equal(bench.violations.count, 0);
    raw_endpoint_close(&e);
    bench_stop(&bench);
}

static void strict_request_ids_are_below_the_depth(void **state)
{
    (void)state;
    for (unsigned strict = 0; strict < 2; strict++) {
        struct efasim_config config;
        struct bench bench;
        struct raw_endpoint e;
        efasim_config_default(&config);
        config.strict_request_ids = strict;
        bench_start(&bench, &config);
        raw_endpoint_open(&bench.worlds[0], &e, &srd);
        send_one(&e, &e, 15);
        raw_expect_send(&e, 15, EFA_STATUS_OK);
        raw_recv(&e, 0, 4096, 64);
        struct efa_send_descriptor d = raw_send_descriptor(&e, &e, 16, 0, 64);
        raw_send(&e, &d);
        raw_expect_send(&e, 16, strict ? EFA_STATUS_QP_INTERNAL_ERROR : EFA_STATUS_OK);
        assert_int_equal(bench_counters(&bench).violations_by_kind[EFASIM_VIOLATION_REQUEST_ID],
                         strict);
        raw_endpoint_close(&e);
        bench_stop(&bench);
    }
}

static void batch_over_the_limit_is_a_violation(void **state)
{
    struct efasim_config config;
    struct bench bench;
    struct raw_endpoint e;
    (void)state;

    efasim_config_default(&config);
    config.max_batch = 4;
    bench_start(&bench, &config);
    raw_endpoint_open(&bench.worlds[0], &e, &srd);
    for (unsigned size = 4; size <= 5; size++) {
        for (uint16_t i = 0; i < size; i++) {
            struct efa_send_descriptor d = raw_send_descriptor(&e, &e, i, 0, 64);
            raw_recv(&e, i, 4096, 64);
            raw_write_send(&e.qp, &d);
        }
        raw_ring_send(&e.qp);
        raw_progress(&bench.worlds[0]);
        assert_int_equal(bench_counters(&bench).violations_by_kind[EFASIM_VIOLATION_BATCH],
                         size == 5);
    }
    raw_endpoint_close(&e);
    bench_stop(&bench);
}

static void cq_smaller_than_what_is_outstanding_is_a_violation(void **state)
{
    struct raw_options small = {.state = EFA_DRIVER_QP_RTS, .depth = 16, .cq_depth = 8};
    struct efasim_config config;
    struct bench bench;
    struct raw_endpoint e;
    (void)state;

    efasim_config_default(&config);
    bench_start(&bench, &config);
    raw_endpoint_open(&bench.worlds[0], &e, &small);
    for (uint16_t i = 0; i < 9; i++) {
        assert_int_equal(bench_counters(&bench).violations, 0);
        struct efa_send_descriptor d = raw_send_descriptor(&e, &e, i, 0, 64);
        raw_send(&e, &d);
    }
    assert_int_equal(bench_counters(&bench).violations_by_kind[EFASIM_VIOLATION_CQ_OVERRUN], 1);
    raw_endpoint_close(&e);
    bench_stop(&bench);
}

static void fetched_descriptors_are_poisoned(void **state)
{
    struct efasim_config config;
    struct bench bench;
    struct raw_endpoint e;
    (void)state;

    efasim_config_default(&config);
    config.poison_send_ring = true;
    bench_start(&bench, &config);
    raw_endpoint_open(&bench.worlds[0], &e, &srd);
    send_one(&e, &e, 1);
    raw_expect_send(&e, 1, EFA_STATUS_OK);
    const uint8_t *ring = (const uint8_t *)(uintptr_t)e.qp.info.sq;
    for (unsigned i = 0; i < EFA_SEND_DESCRIPTOR_SIZE; i++)
        assert_int_equal(ring[i], 0xa5);
    raw_endpoint_close(&e);
    bench_stop(&bench);
}

static uint32_t remake(struct raw_endpoint *e)
{
    struct efa_create_qp_params params;
    raw_qp_params(e, EFA_DRIVER_QP_SRD, 1, &params);
    assert_int_equal(raw_destroy_qp(&e->client, e->qp.info.qp_handle), 0);
    assert_int_equal(raw_create_qp(&e->client, &params, &e->qp), 0);
    return e->qp.info.qp_num;
}

static void queue_pair_numbers_come_back_as_late_as_possible(void **state)
{
    static uint8_t seen[65536];
    struct efasim_config config;
    struct bench bench;
    struct raw_endpoint e;
    (void)state;

    efasim_config_default(&config);
    bench_start(&bench, &config);
    raw_endpoint_open(&bench.worlds[0], &e, &srd);
    memset(seen, 0, sizeof(seen));
    seen[e.qp.info.qp_num] = 1;
    for (unsigned i = 0; i < 60000; i++) {
        uint32_t number = remake(&e);
        assert_int_equal(seen[number], 0);
        seen[number] = 1;
    }
    raw_endpoint_close(&e);
    bench_stop(&bench);
}

static void queue_pair_numbers_may_come_back_at_once(void **state)
{
    struct efasim_config config;
    struct bench bench;
    struct raw_endpoint e;
    (void)state;

    efasim_config_default(&config);
    config.reuse_numbers_at_once = true;
    bench_start(&bench, &config);
    raw_endpoint_open(&bench.worlds[0], &e, &srd);
    uint32_t number = e.qp.info.qp_num;
    uint32_t handle = e.qp.info.qp_handle;
    assert_int_equal(remake(&e), number);
    assert_int_not_equal(e.qp.info.qp_handle, handle);
    assert_int_equal(remake(&e), number);
    raw_endpoint_close(&e);
    bench_stop(&bench);
}

static void without_flush_on_destroy_nothing_is_written(void **state)
{
    struct efasim_config config;
    struct bench bench;
    struct raw_endpoint e;
    (void)state;

    efasim_config_default(&config);
    config.flush_on_destroy = false;
    bench_start(&bench, &config);
    raw_endpoint_open(&bench.worlds[0], &e, &srd);
    raw_recv(&e, 1, 0, 64);
    assert_int_equal(raw_destroy_qp(&e.client, e.qp.info.qp_handle), 0);
    raw_expect_nothing(&e);
    raw_endpoint_close(&e);
    bench_stop(&bench);
}

static void tiny_limits_are_kept(void **state)
{
    struct efasim_config config;
    struct bench bench;
    struct raw_endpoint e;
    struct efa_mr_info mr;
    struct raw_cq cq;
    uint16_t number;
    (void)state;

    efasim_config_default(&config);
    config.devices[0].max_qp = 1;
    config.devices[0].max_cq = 2;
    config.devices[0].max_mr = 1;
    config.devices[0].max_pd = 1;
    config.devices[0].max_ah = 1;
    bench_start(&bench, &config);
    raw_endpoint_open(&bench.worlds[0], &e, &srd);
    assert_int_equal(raw_alloc_pd(&e.client, &number), EFA_WIN32_NO_SYSTEM_RESOURCES);
    assert_int_equal(raw_create_cq(&e.client, 4, &cq), EFA_WIN32_NO_SYSTEM_RESOURCES);
    assert_int_equal(raw_reg_mr(&e.client, e.pdn, e.memory, 64, 0, &mr),
                     EFA_WIN32_NO_SYSTEM_RESOURCES);
    static const uint8_t gid[16] = {9};
    assert_int_equal(raw_alloc_ah(&e.client, e.pdn, gid, &number), EFA_WIN32_NO_SYSTEM_RESOURCES);
    struct efa_create_qp_params params;
    struct raw_qp qp;
    raw_qp_params(&e, EFA_DRIVER_QP_SRD, 16, &params);
    assert_int_equal(raw_create_qp(&e.client, &params, &qp), EFA_WIN32_NO_SYSTEM_RESOURCES);
    send_one(&e, &e, 1);
    raw_expect_send(&e, 1, EFA_STATUS_OK);
    raw_endpoint_close(&e);
    bench_stop(&bench);
}

static void trace_shows_what_was_asked_for(void **state)
{
    struct efasim_config config;
    struct bench bench;
    struct raw_endpoint e;
    struct efasim_trace_filter filter = {EFASIM_TRACE_ALL, false, EFASIM_ALL_DEVICES, 0};
    (void)state;

    efasim_config_default(&config);
    bench_start(&bench, &config);
    efasim_set_trace(bench.model, &filter);
    raw_endpoint_open(&bench.worlds[0], &e, &srd);
    send_one(&e, &e, 7);
    raw_expect_send(&e, 7, EFA_STATUS_OK);
    assert_true(lines_contain(&bench.trace, "name=QUERY_DEVICE"));
    assert_true(lines_contain(&bench.trace, " doorbell qp="));
    assert_true(lines_contain(&bench.trace, " descriptor qp="));
    assert_true(lines_contain(&bench.trace, "queue=recv id=7 status=0 meaning=ok length=64"));
    bench.trace.count = 0;
    filter.events = EFASIM_TRACE_COMPLETIONS;
    filter.json = true;
    efasim_set_trace(bench.model, &filter);
    send_one(&e, &e, 8);
    raw_expect_send(&e, 8, EFA_STATUS_OK);
    assert_int_equal(bench.trace.count, 2);
    assert_true(bench.trace.text[0][0] == '{');
    assert_true(lines_contain(&bench.trace, "\"event\":\"completion\""));
    assert_true(lines_contain(&bench.trace, "\"queue\":\"send\",\"id\":8,\"status\":0"));
    bench.trace.count = 0;
    filter.qp_num = e.qp.info.qp_num + 1;
    efasim_set_trace(bench.model, &filter);
    send_one(&e, &e, 9);
    raw_expect_send(&e, 9, EFA_STATUS_OK);
    assert_int_equal(bench.trace.count, 0);
    raw_endpoint_close(&e);
    bench_stop(&bench);
}

static void configuration_that_cannot_be_met_is_not_built(void **state)
{
    struct efasim_config config;
    (void)state;
    efasim_config_default(&config);
    config.device_count = 0;
    assert_null(efasim_inprocess_create(&config));
    config.device_count = EFASIM_MAX_DEVICES + 1;
    assert_null(efasim_inprocess_create(&config));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fabric_gives_entries_in_order),
        cmocka_unit_test(devices_share_one_fabric),
        cmocka_unit_test(read_from_a_device_without_the_feature_is_a_mismatch),
        cmocka_unit_test(first_generation_neither_reads_nor_sets_rnr_retry),
        cmocka_unit_test(driver_of_one_version_refuses_the_others),
        cmocka_unit_test(latency_is_one_way_and_back),
        cmocka_unit_test(bandwidth_spaces_messages),
        cmocka_unit_test(rnr_retries_follow_the_timer),
        cmocka_unit_test(srd_is_exactly_once_whatever_the_fabric_does),
        cmocka_unit_test(fabric_keeps_order_unless_told_otherwise),
        cmocka_unit_test(same_seed_same_run),
        cmocka_unit_test(ud_loses_as_many_as_told),
        cmocka_unit_test(peer_that_loses_everything_times_out),
        cmocka_unit_test(counters_count),
        cmocka_unit_test(objects_are_counted_while_they_live),
        cmocka_unit_test(violation_is_counted_and_described_once),
        cmocka_unit_test(without_abort_a_violation_is_only_logged),
        cmocka_unit_test(strict_request_ids_are_below_the_depth),
        cmocka_unit_test(batch_over_the_limit_is_a_violation),
        cmocka_unit_test(cq_smaller_than_what_is_outstanding_is_a_violation),
        cmocka_unit_test(fetched_descriptors_are_poisoned),
        cmocka_unit_test(queue_pair_numbers_come_back_as_late_as_possible),
        cmocka_unit_test(queue_pair_numbers_may_come_back_at_once),
        cmocka_unit_test(without_flush_on_destroy_nothing_is_written),
        cmocka_unit_test(tiny_limits_are_kept),
        cmocka_unit_test(trace_shows_what_was_asked_for),
        cmocka_unit_test(configuration_that_cannot_be_met_is_not_built),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
