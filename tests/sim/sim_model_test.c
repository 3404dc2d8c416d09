/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * What the model has beyond the device's own behaviour: generations and versions, counters, reports
 * of violations, the trace, numbers and their reuse. The fabric has a file of its own.
 */
#include "sim_model_parts.h"

#include <string.h>

static void read_from_a_device_without_the_feature_is_a_mismatch(void **state)
{
    struct bench *bench = *state;

    efasim_config_second_generation(&bench->config);
    assert_non_null(efasim_config_add_device(&bench->config));
    bench->config.devices[1].features = 0;
    bench_start(bench);
    bench_open_between(bench, 0, 1);
    struct efa_send_descriptor d = raw_send_descriptor(&bench->from, &bench->to, 1, 0, 64);
    struct efa_buffer_descriptor local = d.payload.buffers[0];
    d.ctrl1 |= EFA_SEND_OP_RDMA_READ;
    d.payload.rdma.local = local;
    d.payload.rdma.remote.length = 64;
    raw_send(&bench->from, &d);
    raw_expect_send(&bench->from, 1, EFA_STATUS_FEATURE_MISMATCH);
}

static void first_generation_neither_reads_nor_sets_rnr_retry(void **state)
{
    struct bench *bench = *state;
    struct raw_endpoint *e = &bench->from;
    struct raw_options rtr = {.state = EFA_DRIVER_QP_RTR};
    struct efa_modify_qp_params params = {0};
    struct efa_mr_info mr;

    bench_start_endpoint(bench, &rtr);
    assert_int_equal(e->client.info.supported_features, 0);
    params.modify_mask = EFA_MODIFY_QP_STATE | EFA_MODIFY_QP_SQ_PSN | EFA_MODIFY_QP_RNR_RETRY;
    params.qp_handle = e->qp.info.qp_handle;
    params.state = EFA_DRIVER_QP_RTS;
    assert_int_equal(raw_try(&e->client, EFA_MODIFY_QP, &params, sizeof params, NULL, 0),
                     EFA_WIN32_NOT_SUPPORTED);
    assert_int_equal(raw_reg_mr(&e->client, e->pdn, e->memory, 64, EFA_MR_REMOTE_READ, &mr),
                     EFA_WIN32_NOT_SUPPORTED);
    params.modify_mask = EFA_MODIFY_QP_STATE | EFA_MODIFY_QP_SQ_PSN;
    assert_int_equal(raw_try(&e->client, EFA_MODIFY_QP, &params, sizeof params, NULL, 0), 0);
    struct efa_send_descriptor d = raw_send_descriptor(e, e, 1, 0, 64);
    d.ctrl1 |= EFA_SEND_OP_RDMA_READ;
    raw_send(e, &d);
    raw_expect_send(e, 1, EFA_STATUS_UNSUPPORTED_OP);
}

static void driver_of_one_version_rejects_the_others(void **state)
{
    struct bench *bench = *state;
    for (uint32_t spoken = 1; spoken <= 3; spoken++) {
        bench->config.devices[0].versions = EFASIM_VERSION_BIT(spoken);
        bench->config.devices[0].version_error = EFA_WIN32_INVALID_PARAMETER;
        bench_start_client(bench);
        for (uint32_t asked = 1; asked <= 3; asked++)
            assert_int_equal(raw_query_device(&bench->client, asked),
                             asked == spoken ? 0 : EFA_WIN32_INVALID_PARAMETER);
        bench_stop(bench);
    }
}

static void counters_count(void **state)
{
    struct bench *bench = *state;
    struct efasim_counters c;
    struct efasim_qp_counters q;

    bench_start_pair(bench, &raw_srd);
    bench_send(&bench->from, &bench->to, 1);
    bench_send(&bench->from, &bench->to, 2);
    struct efa_send_descriptor d = raw_send_descriptor(&bench->from, &bench->to, 3, 0, 64);
    d.payload.buffers[0].lkey = 0;
    raw_send(&bench->from, &d);
    c = bench_counters(bench);
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
    assert_int_equal(efasim_get_qp_counters(bench->model, 0, bench->from.qp.info.qp_num, &q), 0);
    assert_int_equal(q.sends, 3);
    assert_int_equal(q.send_errors, 1);
    assert_int_equal(efasim_get_qp_counters(bench->model, 0, 9, &q), EFA_WIN32_NOT_FOUND);
    assert_int_equal(efasim_get_qp_counters(bench->model, 9, 9, &q), EFA_WIN32_NOT_FOUND);
    raw_try(&bench->from.client, 0, NULL, 0, NULL, 0);
    c = bench_counters(bench);
    assert_int_equal(c.unknown_requests, 1);
    assert_int_equal(c.requests_failed, 1);
    efasim_reset_counters(bench->model);
    c = bench_counters(bench);
    assert_int_equal(c.sends + c.completions + c.requests[0], 0);
}

static void objects_are_counted_while_they_live(void **state)
{
    struct bench *bench = *state;
    struct raw_endpoint *e = &bench->from;
    struct efasim_objects o;

    bench_start_endpoint(bench, &raw_srd);
    raw_send_message(e, e, 1, 0, 64);
    o = bench_objects(bench);
    assert_int_equal(o.clients, 1);
    assert_int_equal(o.pds, 1);
    assert_int_equal(o.mrs, 1);
    assert_int_equal(o.cqs, 2);
    assert_int_equal(o.qps, 1);
    assert_int_equal(o.ahs, 1);
    assert_int_equal(o.messages, 1);
    assert_true(efasim_has_queue_pairs(bench->model));
    raw_endpoint_close(e);
    assert_false(efasim_has_queue_pairs(bench->model));
}

static void violation_is_counted_and_described_once(void **state)
{
    struct bench *bench = *state;
    struct raw_endpoint *e = &bench->from;
    struct efasim_counters c;

    bench->config.abort_on_violation = true;
    bench_start_endpoint(bench, &raw_srd);
    struct efa_send_descriptor d = raw_send_descriptor(e, e, 0x1234, 0, 64);
    d.reserved14 = 0xbeef;
    raw_send(e, &d);
    raw_expect_send(e, 0x1234, EFA_STATUS_QP_INTERNAL_ERROR);
    c = bench_counters(bench);
    assert_int_equal(c.violations, 1);
    assert_int_equal(c.violations_by_kind[EFASIM_VIOLATION_RESERVED], 1);
    assert_int_equal(bench->log.count, 1);
    assert_int_equal(bench->violations.count, 1);
    assert_true(lines_contain(&bench->log, "reserved bits"));
    assert_true(lines_contain(&bench->log, "3412")); /* the descriptor's first bytes */
    assert_true(lines_contain(&bench->violations, "efbe"));
}

static void without_abort_a_violation_is_only_logged(void **state)
{
    struct bench *bench = *state;
    struct raw_endpoint *e = &bench->from;

    bench_start_endpoint(bench, &raw_srd);
    struct efa_send_descriptor d = raw_send_descriptor(e, e, 1, 0, 64);
    d.ctrl2 ^= EFA_SEND_PHASE;
    raw_send(e, &d);
    raw_expect_send(e, 1, EFA_STATUS_QP_INTERNAL_ERROR);
    assert_int_equal(bench->log.count, 1);
    assert_int_equal(bench->violations.count, 0);
}

static void strict_request_ids_are_below_the_depth(void **state)
{
    struct bench *bench = *state;
    for (unsigned strict = 0; strict < 2; strict++) {
        struct raw_endpoint *e = &bench->from;
        bench->config.strict_request_ids = strict;
        bench_start_endpoint(bench, &raw_srd);
        bench_send(e, e, 15);
        raw_expect_send(e, 15, EFA_STATUS_OK);
        raw_recv(e, 0, 4096, 64);
        raw_send_message(e, e, 16, 0, 64);
        raw_expect_send(e, 16, strict ? EFA_STATUS_QP_INTERNAL_ERROR : EFA_STATUS_OK);
        assert_int_equal(bench_counters(bench).violations_by_kind[EFASIM_VIOLATION_REQUEST_ID],
                         strict);
        bench_stop(bench);
    }
}

/* The ids of efawin.dll have a generation above the index: the line says what to do. */
static void strict_request_ids_say_who_cannot_keep_them(void **state)
{
    struct bench *bench = *state;

    bench->config.strict_request_ids = true;
    bench_start_pair(bench, &raw_srd);
    raw_recv(&bench->to, 0x8003, 4096, 64);
    raw_send_message(&bench->from, &bench->to, 1, 0, 64);
    raw_send_message(&bench->from, &bench->from, 0x8003, 0, 64);
    assert_true(lines_contain(&bench->log,
                              "receive request id 32771 in a queue of 16; the ids of "
                              "efawin.dll have a generation"));
    assert_true(lines_contain(&bench->log,
                              "send request id 32771 in a queue of 16; the ids of "
                              "efawin.dll have a generation"));
}

/* A receive of several buffers takes as many descriptors. */
static void max_rq_depth_counts_descriptors(void **state)
{
    struct bench *bench = *state;
    struct raw_endpoint *e = &bench->from;
    struct efa_create_qp_params params;
    struct raw_qp qp;

    for (uint32_t max = 48; max <= 64; max += 16) {
        bench->config.devices[0].max_rq_depth = max;
        bench_start_endpoint(bench, &raw_srd);
        raw_qp_params(e, EFA_DRIVER_QP_SRD, 16, &params);
        params.rq_depth = 24;
        params.rq_ring_size = 64 * EFA_RECV_DESCRIPTOR_SIZE;
        assert_int_equal(raw_create_qp(&e->client, &params, &qp), 0);
        params.rq_ring_size = 128 * EFA_RECV_DESCRIPTOR_SIZE;
        assert_int_equal(raw_create_qp(&e->client, &params, &qp), EFA_WIN32_INVALID_PARAMETER);
        bench_stop(bench);
    }
}

static void duplicate_address_handles_are_counted(void **state)
{
    struct bench *bench = *state;
    struct raw_endpoint *e = &bench->from;
    uint16_t ah;

    bench_start_endpoint(bench, &raw_srd);
    assert_int_equal(raw_alloc_ah(&e->client, e->pdn, e->client.info.addr, &ah), 0);
    assert_int_equal(ah, e->ah);
    assert_int_equal(raw_dealloc_ah(&e->client, e->pdn, ah), 0);
    bench_send(e, e, 1);
    raw_expect_send(e, 1, EFA_STATUS_OK);
    assert_int_equal(raw_dealloc_ah(&e->client, e->pdn, ah), 0);
    assert_int_equal(raw_dealloc_ah(&e->client, e->pdn, ah), EFA_WIN32_NOT_FOUND);
}

static void duplicate_address_handles_may_be_rejected(void **state)
{
    struct bench *bench = *state;
    struct raw_endpoint *e = &bench->from;
    uint16_t ah, pdn;

    bench->config.duplicate_ah = EFASIM_DUPLICATE_AH_REJECT;
    bench_start_endpoint(bench, &raw_srd);
    assert_int_equal(raw_alloc_ah(&e->client, e->pdn, e->client.info.addr, &ah),
                     EFA_WIN32_INVALID_PARAMETER);
    assert_int_equal(raw_alloc_pd(&e->client, &pdn), 0);
    assert_int_equal(raw_alloc_ah(&e->client, pdn, e->client.info.addr, &ah), 0);
    assert_int_equal(raw_dealloc_ah(&e->client, e->pdn, e->ah), 0);
    assert_int_equal(raw_alloc_ah(&e->client, e->pdn, e->client.info.addr, &ah), 0);
}

static void duplicate_address_handles_may_be_aliases(void **state)
{
    struct bench *bench = *state;
    struct raw_endpoint *e = &bench->from;
    uint16_t ah;

    bench->config.duplicate_ah = EFASIM_DUPLICATE_AH_ALIAS;
    bench_start_endpoint(bench, &raw_srd);
    assert_int_equal(raw_alloc_ah(&e->client, e->pdn, e->client.info.addr, &ah), 0);
    assert_int_equal(ah, e->ah);
    assert_int_equal(raw_dealloc_ah(&e->client, e->pdn, ah), 0);
    raw_send_message(e, e, 1, 0, 64);
    raw_expect_send(e, 1, EFA_STATUS_BAD_AH);
    assert_int_equal(raw_dealloc_ah(&e->client, e->pdn, ah), EFA_WIN32_NOT_FOUND);
}

static void cq_smaller_than_what_is_outstanding_is_a_violation(void **state)
{
    struct bench *bench = *state;
    struct raw_options small = {.state = EFA_DRIVER_QP_RTS, .depth = 16, .cq_depth = 8};
    struct raw_endpoint *e = &bench->from;

    bench_start_endpoint(bench, &small);
    for (uint16_t i = 0; i < 9; i++) {
        assert_int_equal(bench_counters(bench).violations, 0);
        raw_send_message(e, e, i, 0, 64);
    }
    assert_int_equal(bench_counters(bench).violations_by_kind[EFASIM_VIOLATION_CQ_OVERRUN], 1);
}

static void fetched_descriptors_are_poisoned(void **state)
{
    struct bench *bench = *state;
    struct raw_endpoint *e = &bench->from;

    bench->config.poison_send_ring = true;
    bench_start_endpoint(bench, &raw_srd);
    bench_send(e, e, 1);
    raw_expect_send(e, 1, EFA_STATUS_OK);
    const uint8_t *ring = (const uint8_t *)(uintptr_t)e->qp.info.sq;
    for (unsigned i = 0; i < EFA_SEND_DESCRIPTOR_SIZE; i++)
        assert_int_equal(ring[i], 0xa5);
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
    struct bench *bench = *state;
    static uint8_t seen[65536];
    struct raw_endpoint *e = &bench->from;

    bench_start_endpoint(bench, &raw_srd);
    memset(seen, 0, sizeof seen);
    seen[e->qp.info.qp_num] = 1;
    for (unsigned i = 0; i < 60000; i++) {
        uint32_t number = remake(e);
        assert_int_equal(seen[number], 0);
        seen[number] = 1;
    }
}

static void queue_pair_numbers_may_come_back_at_once(void **state)
{
    struct bench *bench = *state;
    struct raw_endpoint *e = &bench->from;

    bench->config.reuse_numbers_at_once = true;
    bench_start_endpoint(bench, &raw_srd);
    uint32_t number = e->qp.info.qp_num;
    uint32_t handle = e->qp.info.qp_handle;
    assert_int_equal(remake(e), number);
    assert_int_not_equal(e->qp.info.qp_handle, handle);
    assert_int_equal(remake(e), number);
}

static void without_flush_on_destroy_nothing_is_written(void **state)
{
    struct bench *bench = *state;
    struct raw_endpoint *e = &bench->from;

    bench->config.flush_on_destroy = false;
    bench_start_endpoint(bench, &raw_srd);
    raw_recv(e, 1, 0, 64);
    assert_int_equal(raw_destroy_qp(&e->client, e->qp.info.qp_handle), 0);
    raw_expect_nothing(e);
}

static void tiny_limits_are_kept(void **state)
{
    struct bench *bench = *state;
    struct raw_endpoint *e = &bench->from;
    struct efa_mr_info mr;
    struct raw_cq cq;
    uint16_t number;

    bench->config.devices[0].max_qp = 1;
    bench->config.devices[0].max_cq = 2;
    bench->config.devices[0].max_mr = 1;
    bench->config.devices[0].max_pd = 1;
    bench->config.devices[0].max_ah = 1;
    bench_start_endpoint(bench, &raw_srd);
    assert_int_equal(raw_alloc_pd(&e->client, &number), EFA_WIN32_NO_SYSTEM_RESOURCES);
    assert_int_equal(raw_create_cq(&e->client, 4, &cq), EFA_WIN32_NO_SYSTEM_RESOURCES);
    assert_int_equal(raw_reg_mr(&e->client, e->pdn, e->memory, 64, 0, &mr),
                     EFA_WIN32_NO_SYSTEM_RESOURCES);
    static const uint8_t gid[16] = {9};
    assert_int_equal(raw_alloc_ah(&e->client, e->pdn, gid, &number), EFA_WIN32_NO_SYSTEM_RESOURCES);
    struct efa_create_qp_params params;
    struct raw_qp qp;
    raw_qp_params(e, EFA_DRIVER_QP_SRD, 16, &params);
    assert_int_equal(raw_create_qp(&e->client, &params, &qp), EFA_WIN32_NO_SYSTEM_RESOURCES);
    bench_send(e, e, 1);
    raw_expect_send(e, 1, EFA_STATUS_OK);
}

static void trace_shows_what_was_asked_for(void **state)
{
    struct bench *bench = *state;
    struct raw_endpoint *e = &bench->from;
    struct efasim_trace_filter filter = {EFASIM_TRACE_ALL, false, EFASIM_ALL_DEVICES, 0};

    bench_start(bench);
    efasim_set_trace(bench->model, &filter);
    raw_endpoint_open(&bench->worlds[0], e, &raw_srd);
    bench_send(e, e, 7);
    raw_expect_send(e, 7, EFA_STATUS_OK);
    assert_true(lines_contain(&bench->trace, "name=QUERY_DEVICE"));
    assert_true(lines_contain(&bench->trace, "queue=send value=1 taken=0"));
    assert_true(lines_contain(&bench->trace, "queue=recv value=1 taken=0"));
    assert_true(lines_contain(&bench->trace, " descriptor qp="));
    assert_true(lines_contain(&bench->trace, "queue=recv id=7 status=0 meaning=ok length=64"));
    bench->trace.count = 0;
    filter.events = EFASIM_TRACE_COMPLETIONS;
    filter.json = true;
    efasim_set_trace(bench->model, &filter);
    bench_send(e, e, 8);
    raw_expect_send(e, 8, EFA_STATUS_OK);
    assert_int_equal(bench->trace.count, 2);
    assert_true(bench->trace.text[0][0] == '{');
    assert_true(lines_contain(&bench->trace, "\"event\":\"completion\""));
    assert_true(lines_contain(&bench->trace, "\"queue\":\"send\",\"id\":8,\"status\":0"));
    bench->trace.count = 0;
    filter.qp_num = e->qp.info.qp_num + 1;
    efasim_set_trace(bench->model, &filter);
    bench_send(e, e, 9);
    raw_expect_send(e, 9, EFA_STATUS_OK);
    assert_int_equal(bench->trace.count, 0);
}

static void configuration_that_cannot_be_met_is_not_built(void **state)
{
    struct bench *bench = *state;
    bench->config.device_count = 0;
    assert_null(efasim_inprocess_create(&bench->config));
    bench->config.device_count = EFASIM_MAX_DEVICES + 1;
    assert_null(efasim_inprocess_create(&bench->config));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCH_TEST(read_from_a_device_without_the_feature_is_a_mismatch),
        BENCH_TEST(first_generation_neither_reads_nor_sets_rnr_retry),
        BENCH_TEST(driver_of_one_version_rejects_the_others),
        BENCH_TEST(counters_count),
        BENCH_TEST(objects_are_counted_while_they_live),
        BENCH_TEST(violation_is_counted_and_described_once),
        BENCH_TEST(without_abort_a_violation_is_only_logged),
        BENCH_TEST(strict_request_ids_are_below_the_depth),
        BENCH_TEST(strict_request_ids_say_who_cannot_keep_them),
        BENCH_TEST(max_rq_depth_counts_descriptors),
        BENCH_TEST(duplicate_address_handles_are_counted),
        BENCH_TEST(duplicate_address_handles_may_be_rejected),
        BENCH_TEST(duplicate_address_handles_may_be_aliases),
        BENCH_TEST(cq_smaller_than_what_is_outstanding_is_a_violation),
        BENCH_TEST(fetched_descriptors_are_poisoned),
        BENCH_TEST(queue_pair_numbers_come_back_as_late_as_possible),
        BENCH_TEST(queue_pair_numbers_may_come_back_at_once),
        BENCH_TEST(without_flush_on_destroy_nothing_is_written),
        BENCH_TEST(tiny_limits_are_kept),
        BENCH_TEST(trace_shows_what_was_asked_for),
        BENCH_TEST(configuration_that_cannot_be_met_is_not_built),
    };
    return test_model_fabric() + cmocka_run_group_tests_name("model", tests, NULL, NULL);
}
