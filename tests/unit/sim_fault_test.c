/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Faults on command: each kind does what it says, when it says, and nothing else. */
#include "sim_bench_world.h"

#include <string.h>

static const struct raw_options srd = {.state = EFA_DRIVER_QP_RTS};
static const struct raw_options ud = {.state = EFA_DRIVER_QP_RTS, .type = EFA_DRIVER_QP_UD};

enum { QUERY_DEVICE = 0, CREATE_CQ = 1, ALLOC_PD = 9 };

static void start_default(struct bench *bench)
{
    struct efasim_config config;
    efasim_config_default(&config);
    bench_start(bench, &config);
}

static struct efasim_fault fault_of(enum efasim_fault_kind kind)
{
    struct efasim_fault fault = {0};
    fault.kind = kind;
    fault.device = EFASIM_FAULT_ANY_DEVICE;
    fault.size = 1;
    return fault;
}

static void nth_request_fails_with_a_given_error(void **state)
{
    struct bench bench;
    struct raw_client client;
    struct efasim_fault fault = fault_of(EFASIM_FAULT_REQUEST_ERROR);
    uint16_t pdn;
    (void)state;

    start_default(&bench);
    fault.target = ALLOC_PD;
    fault.nth = 2;
    fault.count = 2;
    fault.value = EFA_WIN32_GEN_FAILURE;
    bench_fault(&bench, &fault);
    raw_open(&bench.worlds[0], &client);
    assert_int_equal(raw_alloc_pd(&client, &pdn), 0);
    assert_int_equal(raw_alloc_pd(&client, &pdn), EFA_WIN32_GEN_FAILURE);
    assert_int_equal(raw_alloc_pd(&client, &pdn), EFA_WIN32_GEN_FAILURE);
    assert_int_equal(raw_alloc_pd(&client, &pdn), 0);
    assert_int_equal(bench_objects(&bench).pds, 2);
    assert_int_equal(bench_counters(&bench).faults, 2);
    raw_close(&client);
    bench_stop(&bench);
}

static void fault_may_last_for_ever(void **state)
{
    struct bench bench;
    struct raw_client client;
    struct efasim_fault fault = fault_of(EFASIM_FAULT_REQUEST_ERROR);
    uint16_t pdn;
    (void)state;

    start_default(&bench);
    fault.target = ALLOC_PD;
    fault.value = EFA_WIN32_NO_SYSTEM_RESOURCES;
    bench_fault(&bench, &fault);
    raw_open(&bench.worlds[0], &client);
    for (unsigned i = 0; i < 20; i++)
        assert_int_equal(raw_alloc_pd(&client, &pdn), EFA_WIN32_NO_SYSTEM_RESOURCES);
    efasim_fault_clear(bench.model);
    assert_int_equal(raw_alloc_pd(&client, &pdn), 0);
    raw_close(&client);
    bench_stop(&bench);
}

static void lost_reply_is_carried_out(void **state)
{
    struct bench bench;
    struct raw_client client;
    struct efasim_fault fault = fault_of(EFASIM_FAULT_REQUEST_LOST_REPLY);
    uint16_t pdn;
    (void)state;

    start_default(&bench);
    fault.target = ALLOC_PD;
    fault.value = EFA_WIN32_OPERATION_ABORTED;
    bench_fault(&bench, &fault);
    raw_open(&bench.worlds[0], &client);
    assert_int_equal(raw_alloc_pd(&client, &pdn), EFA_WIN32_OPERATION_ABORTED);
    assert_int_equal(bench_objects(&bench).pds, 1);
    raw_close(&client);
    bench_stop(&bench);
}

static void reply_may_be_short(void **state)
{
    struct bench bench;
    struct raw_client client;
    struct efasim_fault fault = fault_of(EFASIM_FAULT_REQUEST_SHORT_REPLY);
    (void)state;

    start_default(&bench);
    fault.target = QUERY_DEVICE;
    fault.value = 40;
    bench_fault(&bench, &fault);
    raw_open(&bench.worlds[0], &client);
    assert_int_equal(raw_query_device(&client, 3), 0);
    assert_int_equal(client.returned, 40);
    raw_close(&client);
    bench_stop(&bench);
}

static void reply_fields_may_be_changed(void **state)
{
    struct bench bench;
    struct raw_client client;
    struct efasim_fault fault = fault_of(EFASIM_FAULT_REQUEST_PATCH);
    (void)state;

    start_default(&bench);
    fault.target = QUERY_DEVICE;
    fault.offset = offsetof(struct efa_device_info, mtu);
    fault.size = 4;
    fault.value = 0x01020304;
    bench_fault(&bench, &fault);
    raw_open(&bench.worlds[0], &client);
    assert_int_equal(raw_query_device(&client, 3), 0);
    assert_int_equal(client.info.mtu, 0x01020304);
    assert_int_equal(client.info.max_qp, 256);
    raw_close(&client);
    bench_stop(&bench);
}

static void patch_beyond_the_reply_changes_nothing(void **state)
{
    struct bench bench;
    struct raw_client client;
    struct efasim_fault fault = fault_of(EFASIM_FAULT_REQUEST_PATCH);
    uint16_t pdn;
    (void)state;

    start_default(&bench);
    fault.target = ALLOC_PD;
    fault.offset = 4000000000u;
    fault.size = 8;
    bench_fault(&bench, &fault);
    raw_open(&bench.worlds[0], &client);
    assert_int_equal(raw_alloc_pd(&client, &pdn), 0);
    raw_close(&client);
    bench_stop(&bench);
}

static void send_one(struct raw_endpoint *from, struct raw_endpoint *to, uint16_t id)
{
    struct efa_send_descriptor d = raw_send_descriptor(from, to, id, 0, 64);
    raw_recv(to, id, 4096, 200);
    raw_send(from, &d);
}

static void nth_message_completes_with_any_status(void **state)
{
    static const uint8_t statuses[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 18, 77};
    (void)state;

    for (unsigned i = 0; i < sizeof(statuses); i++) {
        struct bench bench;
        struct raw_endpoint from, to;
        struct efasim_fault fault = fault_of(EFASIM_FAULT_MESSAGE_STATUS);
        start_default(&bench);
        fault.nth = 2;
        fault.count = 1;
        fault.value = statuses[i];
        bench_fault(&bench, &fault);
        raw_endpoint_open(&bench.worlds[0], &from, &srd);
        raw_endpoint_open(&bench.worlds[0], &to, &srd);
        send_one(&from, &to, 1);
        raw_expect_send(&from, 1, EFA_STATUS_OK);
        raw_expect_recv(&to, 1, EFA_STATUS_OK);
        send_one(&from, &to, 2);
        raw_expect_send(&from, 2, statuses[i]);
        raw_expect_nothing(&to);
        send_one(&from, &to, 3);
        raw_expect_send(&from, 3, EFA_STATUS_OK);
        raw_expect_recv(&to, 2, EFA_STATUS_OK);
        raw_endpoint_close(&to);
        raw_endpoint_close(&from);
        bench_stop(&bench);
    }
}

static void fault_may_be_for_one_queue_pair(void **state)
{
    struct bench bench;
    struct raw_endpoint from, to;
    struct efasim_fault fault = fault_of(EFASIM_FAULT_MESSAGE_STATUS);
    (void)state;

    start_default(&bench);
    raw_endpoint_open(&bench.worlds[0], &from, &srd);
    raw_endpoint_open(&bench.worlds[0], &to, &srd);
    fault.target = to.qp.info.qp_num;
    fault.value = EFA_STATUS_BAD_RESPONSE;
    bench_fault(&bench, &fault);
    send_one(&from, &to, 1);
    raw_expect_send(&from, 1, EFA_STATUS_OK);
    send_one(&to, &from, 2);
    raw_expect_send(&to, 2, EFA_STATUS_BAD_RESPONSE);
    raw_endpoint_close(&to);
    raw_endpoint_close(&from);
    bench_stop(&bench);
}

static void message_may_come_late(void **state)
{
    struct bench bench;
    struct raw_endpoint from, to;
    struct efasim_fault fault = fault_of(EFASIM_FAULT_MESSAGE_DELAY);
    struct efa_completion_entry entry;
    (void)state;

    start_default(&bench);
    fault.value = 500000;
    fault.count = 1;
    bench_fault(&bench, &fault);
    raw_endpoint_open(&bench.worlds[0], &from, &srd);
    raw_endpoint_open(&bench.worlds[0], &to, &srd);
    send_one(&from, &to, 1);
    efasim_inprocess_advance(bench.inprocess, 498000);
    assert_false(raw_poll(&to.recv_cq, &entry));
    efasim_inprocess_advance(bench.inprocess, 2000);
    assert_true(raw_poll(&to.recv_cq, &entry));
    raw_endpoint_close(&to);
    raw_endpoint_close(&from);
    bench_stop(&bench);
}

static void lost_srd_message_is_sent_again(void **state)
{
    struct bench bench;
    struct raw_endpoint from, to;
    struct efasim_fault fault = fault_of(EFASIM_FAULT_MESSAGE_LOSE);
    (void)state;

    start_default(&bench);
    fault.count = 1;
    bench_fault(&bench, &fault);
    raw_endpoint_open(&bench.worlds[0], &from, &srd);
    raw_endpoint_open(&bench.worlds[0], &to, &srd);
    send_one(&from, &to, 1);
    raw_expect_nothing(&to);
    raw_expect_recv(&to, 1, EFA_STATUS_OK);
    raw_expect_send(&from, 1, EFA_STATUS_OK);
    assert_int_equal(bench_counters(&bench).retransmissions, 1);
    raw_endpoint_close(&to);
    raw_endpoint_close(&from);
    bench_stop(&bench);
}

static void lost_ud_message_is_gone(void **state)
{
    struct bench bench;
    struct raw_endpoint from, to;
    struct efasim_fault fault = fault_of(EFASIM_FAULT_MESSAGE_LOSE);
    (void)state;

    start_default(&bench);
    fault.count = 1;
    bench_fault(&bench, &fault);
    raw_endpoint_open(&bench.worlds[0], &from, &ud);
    raw_endpoint_open(&bench.worlds[0], &to, &ud);
    send_one(&from, &to, 1);
    raw_expect_send(&from, 1, EFA_STATUS_OK);
    efasim_inprocess_advance(bench.inprocess, 1000000000u);
    raw_expect_nothing(&to);
    assert_int_equal(bench_counters(&bench).drops[EFASIM_DROP_LOST], 1);
    raw_endpoint_close(&to);
    raw_endpoint_close(&from);
    bench_stop(&bench);
}

static void completion_may_be_malformed(void **state)
{
    struct bench bench;
    struct raw_endpoint from, to;
    struct efasim_fault fault = fault_of(EFASIM_FAULT_COMPLETION_PATCH);
    struct efa_completion_entry entry;
    (void)state;

    start_default(&bench);
    raw_endpoint_open(&bench.worlds[0], &from, &srd);
    raw_endpoint_open(&bench.worlds[0], &to, &srd);
    fault.target = from.qp.info.qp_num;
    fault.offset = offsetof(struct efa_completion_entry, qp_num);
    fault.size = 2;
    fault.value = 0xbeef;
    bench_fault(&bench, &fault);
    send_one(&from, &to, 1);
    raw_progress(&bench.worlds[0]);
    assert_true(raw_poll(&from.send_cq, &entry));
    assert_int_equal(entry.qp_num, 0xbeef);
    assert_int_equal(entry.request_id, 1);
    raw_endpoint_close(&to);
    raw_endpoint_close(&from);
    bench_stop(&bench);
}

static void patched_completion_keeps_its_phase(void **state)
{
    struct bench bench;
    struct raw_endpoint from, to;
    struct efasim_fault fault = fault_of(EFASIM_FAULT_COMPLETION_PATCH);
    struct efa_completion_entry entry;
    (void)state;

    start_default(&bench);
    raw_endpoint_open(&bench.worlds[0], &from, &srd);
    raw_endpoint_open(&bench.worlds[0], &to, &srd);
    fault.target = from.qp.info.qp_num;
    fault.offset = offsetof(struct efa_completion_entry, flags);
    fault.value = 0xfe;
    bench_fault(&bench, &fault);
    send_one(&from, &to, 1);
    raw_progress(&bench.worlds[0]);
    assert_true(raw_poll(&from.send_cq, &entry));
    assert_int_equal(entry.flags, 0xff);
    raw_endpoint_close(&to);
    raw_endpoint_close(&from);
    bench_stop(&bench);
}

static void completion_may_come_twice(void **state)
{
    struct bench bench;
    struct raw_endpoint from, to;
    struct efasim_fault fault = fault_of(EFASIM_FAULT_COMPLETION_DOUBLE);
    (void)state;

    start_default(&bench);
    raw_endpoint_open(&bench.worlds[0], &from, &srd);
    raw_endpoint_open(&bench.worlds[0], &to, &srd);
    fault.target = from.qp.info.qp_num;
    fault.count = 1;
    bench_fault(&bench, &fault);
    send_one(&from, &to, 1);
    raw_expect_send(&from, 1, EFA_STATUS_OK);
    raw_expect_send(&from, 1, EFA_STATUS_OK);
    raw_expect_recv(&to, 1, EFA_STATUS_OK);
    raw_expect_nothing(&from);
    raw_endpoint_close(&to);
    raw_endpoint_close(&from);
    bench_stop(&bench);
}

static void completion_may_be_lost(void **state)
{
    struct bench bench;
    struct raw_endpoint from, to;
    struct efasim_fault fault = fault_of(EFASIM_FAULT_COMPLETION_LOSE);
    (void)state;

    start_default(&bench);
    raw_endpoint_open(&bench.worlds[0], &from, &srd);
    raw_endpoint_open(&bench.worlds[0], &to, &srd);
    fault.target = from.qp.info.qp_num;
    fault.count = 1;
    bench_fault(&bench, &fault);
    send_one(&from, &to, 1);
    raw_expect_recv(&to, 1, EFA_STATUS_OK);
    raw_expect_nothing(&from);
    send_one(&from, &to, 2);
    raw_expect_send(&from, 2, EFA_STATUS_OK);
    raw_endpoint_close(&to);
    raw_endpoint_close(&from);
    bench_stop(&bench);
}

static void probability_is_seeded(void **state)
{
    uint64_t hits[2];
    (void)state;

    for (unsigned run = 0; run < 2; run++) {
        struct bench bench;
        struct raw_client client;
        struct efasim_fault fault = fault_of(EFASIM_FAULT_REQUEST_ERROR);
        uint32_t id;
        start_default(&bench);
        fault.target = CREATE_CQ;
        fault.probability = 300000;
        fault.value = EFA_WIN32_GEN_FAILURE;
        assert_int_equal(efasim_fault_add(bench.model, &fault, &id), 0);
        raw_open(&bench.worlds[0], &client);
        assert_int_equal(raw_query_device(&client, 3), 0);
        for (unsigned i = 0; i < 100; i++) {
            struct raw_cq cq;
            raw_create_cq(&client, 1, &cq);
        }
        hits[run] = efasim_fault_hits(bench.model, id);
        assert_in_range(hits[run], 10, 60);
        raw_close(&client);
        bench_stop(&bench);
    }
    assert_int_equal(hits[0], hits[1]);
}

static void removed_fault_strikes_no_more(void **state)
{
    struct bench bench;
    struct raw_client client;
    struct efasim_fault fault = fault_of(EFASIM_FAULT_REQUEST_ERROR);
    uint32_t id;
    uint16_t pdn;
    (void)state;

    start_default(&bench);
    fault.target = ALLOC_PD;
    fault.value = EFA_WIN32_GEN_FAILURE;
    assert_int_equal(efasim_fault_add(bench.model, &fault, &id), 0);
    raw_open(&bench.worlds[0], &client);
    assert_int_equal(raw_alloc_pd(&client, &pdn), EFA_WIN32_GEN_FAILURE);
    assert_int_equal(efasim_fault_hits(bench.model, id), 1);
    assert_int_equal(efasim_fault_remove(bench.model, id), 0);
    assert_int_equal(efasim_fault_remove(bench.model, id), EFA_WIN32_NOT_FOUND);
    assert_int_equal(raw_alloc_pd(&client, &pdn), 0);
    raw_close(&client);
    bench_stop(&bench);
}

static void impossible_faults_are_refused(void **state)
{
    struct bench bench;
    struct efasim_fault fault;
    uint32_t id;
    (void)state;

    start_default(&bench);
    fault = fault_of(EFASIM_FAULT_NONE);
    assert_int_equal(efasim_fault_add(bench.model, &fault, &id), EFA_WIN32_INVALID_PARAMETER);
    fault = fault_of(EFASIM_FAULT_KINDS);
    assert_int_equal(efasim_fault_add(bench.model, &fault, &id), EFA_WIN32_INVALID_PARAMETER);
    fault = fault_of(EFASIM_FAULT_REQUEST_ERROR);
    fault.target = 12;
    assert_int_equal(efasim_fault_add(bench.model, &fault, &id), EFA_WIN32_INVALID_PARAMETER);
    fault = fault_of(EFASIM_FAULT_COMPLETION_PATCH);
    fault.size = 3;
    assert_int_equal(efasim_fault_add(bench.model, &fault, &id), EFA_WIN32_INVALID_PARAMETER);
    fault = fault_of(EFASIM_FAULT_MESSAGE_STATUS);
    fault.value = 256;
    assert_int_equal(efasim_fault_add(bench.model, &fault, &id), EFA_WIN32_INVALID_PARAMETER);
    fault = fault_of(EFASIM_FAULT_MESSAGE_DELAY);
    fault.device = 1;
    assert_int_equal(efasim_fault_add(bench.model, &fault, &id), EFA_WIN32_INVALID_PARAMETER);
    fault = fault_of(EFASIM_FAULT_MESSAGE_LOSE);
    for (unsigned i = 0; i < EFASIM_MAX_FAULTS; i++)
        assert_int_equal(efasim_fault_add(bench.model, &fault, &id), 0);
    assert_int_equal(efasim_fault_add(bench.model, &fault, &id), EFA_WIN32_NO_SYSTEM_RESOURCES);
    bench_stop(&bench);
}

static void stalled_device_resumes_where_it_was(void **state)
{
    struct bench bench;
    struct raw_endpoint from, to;
    uint16_t pdn;
    (void)state;

    start_default(&bench);
    raw_endpoint_open(&bench.worlds[0], &from, &srd);
    raw_endpoint_open(&bench.worlds[0], &to, &srd);
    efasim_stall(bench.model, true);
    send_one(&from, &to, 1);
    efasim_inprocess_advance(bench.inprocess, 1000000000u);
    raw_expect_nothing(&from);
    assert_int_equal(raw_alloc_pd(&from.client, &pdn), 0);
    efasim_stall(bench.model, false);
    raw_expect_send(&from, 1, EFA_STATUS_OK);
    raw_expect_recv(&to, 1, EFA_STATUS_OK);
    raw_endpoint_close(&to);
    raw_endpoint_close(&from);
    bench_stop(&bench);
}

static void removed_device_flushes_and_refuses(void **state)
{
    struct bench bench;
    struct raw_endpoint from, to;
    struct efasim_config config;
    uint16_t ah, pdn;
    (void)state;

    efasim_config_default(&config);
    assert_non_null(efasim_config_add_device(&config));
    bench_start(&bench, &config);
    bench.round = 1000000;
    raw_endpoint_open(&bench.worlds[0], &from, &srd);
    raw_endpoint_open(&bench.worlds[1], &to, &srd);
    assert_int_equal(raw_alloc_ah(&from.client, from.pdn, to.client.info.addr, &ah), 0);
    from.ah = ah;
    send_one(&from, &to, 1);
    raw_expect_send(&from, 1, EFA_STATUS_OK);
    raw_expect_recv(&to, 1, EFA_STATUS_OK);
    raw_recv(&to, 9, 0, 100);
    assert_int_equal(efasim_set_removed(bench.model, 1, true), 0);
    raw_expect_recv(&to, 9, EFA_STATUS_FLUSHED);
    assert_int_equal(raw_alloc_pd(&to.client, &pdn), EFA_WIN32_DEVICE_NOT_CONNECTED);
    struct efa_send_descriptor d = raw_send_descriptor(&from, &to, 2, 0, 64);
    raw_send(&from, &d);
    raw_expect_send(&from, 2, EFA_STATUS_PEER_TIMEOUT);
    raw_endpoint_close(&to);
    void *session;
    const struct efa_transport *transport = bench.worlds[1].transport;
    assert_int_equal(transport->open(transport, &session), EFA_WIN32_FILE_NOT_FOUND);
    assert_int_equal(efasim_set_removed(bench.model, 1, false), 0);
    raw_endpoint_open(&bench.worlds[1], &to, &srd);
    send_one(&from, &to, 3);
    raw_expect_send(&from, 3, EFA_STATUS_OK);
    raw_endpoint_close(&to);
    raw_endpoint_close(&from);
    bench_stop(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nth_request_fails_with_a_given_error),
        cmocka_unit_test(fault_may_last_for_ever),
        cmocka_unit_test(lost_reply_is_carried_out),
        cmocka_unit_test(reply_may_be_short),
        cmocka_unit_test(reply_fields_may_be_changed),
        cmocka_unit_test(patch_beyond_the_reply_changes_nothing),
        cmocka_unit_test(nth_message_completes_with_any_status),
        cmocka_unit_test(fault_may_be_for_one_queue_pair),
        cmocka_unit_test(message_may_come_late),
        cmocka_unit_test(lost_srd_message_is_sent_again),
        cmocka_unit_test(lost_ud_message_is_gone),
        cmocka_unit_test(completion_may_be_malformed),
        cmocka_unit_test(patched_completion_keeps_its_phase),
        cmocka_unit_test(completion_may_come_twice),
        cmocka_unit_test(completion_may_be_lost),
        cmocka_unit_test(probability_is_seeded),
        cmocka_unit_test(removed_fault_strikes_no_more),
        cmocka_unit_test(impossible_faults_are_refused),
        cmocka_unit_test(stalled_device_resumes_where_it_was),
        cmocka_unit_test(removed_device_flushes_and_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
