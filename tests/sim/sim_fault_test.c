/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Faults on command: each kind does what it says, when it says, and nothing else. */
#include "sim_bench_world.h"

enum { QUERY_DEVICE = 0, CREATE_CQ = 1, ALLOC_PD = 9 };

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
    struct bench *bench = *state;
    struct efasim_fault fault = fault_of(EFASIM_FAULT_REQUEST_ERROR);
    uint16_t pdn;

    bench_start_client(bench);
    fault.target = ALLOC_PD;
    fault.nth = 2;
    fault.count = 2;
    fault.value = EFA_WIN32_GEN_FAILURE;
    bench_fault(bench, &fault);
    assert_int_equal(raw_alloc_pd(&bench->client, &pdn), 0);
    assert_int_equal(raw_alloc_pd(&bench->client, &pdn), EFA_WIN32_GEN_FAILURE);
    assert_int_equal(raw_alloc_pd(&bench->client, &pdn), EFA_WIN32_GEN_FAILURE);
    assert_int_equal(raw_alloc_pd(&bench->client, &pdn), 0);
    assert_int_equal(bench_objects(bench).pds, 2);
    assert_int_equal(bench_counters(bench).faults, 2);
}

static void fault_may_last_for_ever(void **state)
{
    struct bench *bench = *state;
    struct efasim_fault fault = fault_of(EFASIM_FAULT_REQUEST_ERROR);
    uint16_t pdn;

    bench_start_client(bench);
    fault.target = ALLOC_PD;
    fault.value = EFA_WIN32_NO_SYSTEM_RESOURCES;
    bench_fault(bench, &fault);
    for (unsigned i = 0; i < 20; i++)
        assert_int_equal(raw_alloc_pd(&bench->client, &pdn), EFA_WIN32_NO_SYSTEM_RESOURCES);
    efasim_fault_clear(bench->model);
    assert_int_equal(raw_alloc_pd(&bench->client, &pdn), 0);
}

static void lost_reply_is_carried_out(void **state)
{
    struct bench *bench = *state;
    struct efasim_fault fault = fault_of(EFASIM_FAULT_REQUEST_LOST_REPLY);
    uint16_t pdn;

    bench_start_client(bench);
    fault.target = ALLOC_PD;
    fault.value = EFA_WIN32_OPERATION_ABORTED;
    bench_fault(bench, &fault);
    assert_int_equal(raw_alloc_pd(&bench->client, &pdn), EFA_WIN32_OPERATION_ABORTED);
    assert_int_equal(bench_objects(bench).pds, 1);
}

static void reply_may_be_short(void **state)
{
    struct bench *bench = *state;
    struct efasim_fault fault = fault_of(EFASIM_FAULT_REQUEST_SHORT_REPLY);

    bench_start_client(bench);
    fault.target = QUERY_DEVICE;
    fault.value = 40;
    bench_fault(bench, &fault);
    assert_int_equal(raw_query_device(&bench->client, 3), 0);
    assert_int_equal(bench->client.returned, 40);
}

static void reply_fields_may_be_changed(void **state)
{
    struct bench *bench = *state;
    struct efasim_fault fault = fault_of(EFASIM_FAULT_REQUEST_PATCH);

    bench_start_client(bench);
    fault.target = QUERY_DEVICE;
    fault.offset = offsetof(struct efa_device_info, mtu);
    fault.size = 4;
    fault.value = 0x01020304;
    bench_fault(bench, &fault);
    assert_int_equal(raw_query_device(&bench->client, 3), 0);
    assert_int_equal(bench->client.info.mtu, 0x01020304);
    assert_int_equal(bench->client.info.max_qp, 256);
}

static void patch_beyond_the_reply_changes_nothing(void **state)
{
    struct bench *bench = *state;
    struct efasim_fault fault = fault_of(EFASIM_FAULT_REQUEST_PATCH);
    uint16_t pdn;

    bench_start_client(bench);
    fault.target = ALLOC_PD;
    fault.offset = UINT32_MAX - 3;
    fault.size = 8;
    fault.value = UINT64_MAX;
    bench_fault(bench, &fault);
    assert_int_equal(raw_alloc_pd(&bench->client, &pdn), 0);
    assert_int_equal(raw_dealloc_pd(&bench->client, pdn), 0);
}

static void nth_message_completes_with_any_status(void **state)
{
    struct bench *bench = *state;
    static const uint8_t statuses[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 18, 77};

    for (unsigned i = 0; i < sizeof statuses; i++) {
        struct efasim_fault fault = fault_of(EFASIM_FAULT_MESSAGE_STATUS);
        bench_start_pair(bench, &raw_srd);
        fault.nth = 2;
        fault.count = 1;
        fault.value = statuses[i];
        bench_fault(bench, &fault);
        bench_send(&bench->from, &bench->to, 1);
        raw_expect_send(&bench->from, 1, EFA_STATUS_OK);
        raw_expect_recv(&bench->to, 1, EFA_STATUS_OK);
        bench_send(&bench->from, &bench->to, 2);
        raw_expect_send(&bench->from, 2, statuses[i]);
        raw_expect_nothing(&bench->to);
        bench_send(&bench->from, &bench->to, 3);
        raw_expect_send(&bench->from, 3, EFA_STATUS_OK);
        raw_expect_recv(&bench->to, 2, EFA_STATUS_OK);
        bench_stop(bench);
    }
}

static void fault_may_be_for_one_queue_pair(void **state)
{
    struct bench *bench = *state;
    struct efasim_fault fault = fault_of(EFASIM_FAULT_MESSAGE_STATUS);

    bench_start_pair(bench, &raw_srd);
    fault.target = bench->to.qp.info.qp_num;
    fault.value = EFA_STATUS_BAD_RESPONSE;
    bench_fault(bench, &fault);
    bench_send(&bench->from, &bench->to, 1);
    raw_expect_send(&bench->from, 1, EFA_STATUS_OK);
    bench_send(&bench->to, &bench->from, 2);
    raw_expect_send(&bench->to, 2, EFA_STATUS_BAD_RESPONSE);
}

static void message_may_come_late(void **state)
{
    struct bench *bench = *state;
    struct efasim_fault fault = fault_of(EFASIM_FAULT_MESSAGE_DELAY);
    struct efa_completion_entry entry;

    bench_start_pair(bench, &raw_srd);
    fault.value = 500000;
    fault.count = 1;
    bench_fault(bench, &fault);
    bench_send(&bench->from, &bench->to, 1);
    efasim_inprocess_advance(bench->inprocess, 498000);
    assert_false(raw_poll(&bench->to.recv_cq, &entry));
    efasim_inprocess_advance(bench->inprocess, 2000);
    assert_true(raw_poll(&bench->to.recv_cq, &entry));
}

static void lost_srd_message_is_sent_again(void **state)
{
    struct bench *bench = *state;
    struct efasim_fault fault = fault_of(EFASIM_FAULT_MESSAGE_LOSE);

    bench_start_pair(bench, &raw_srd);
    fault.count = 1;
    bench_fault(bench, &fault);
    bench_send(&bench->from, &bench->to, 1);
    raw_expect_nothing(&bench->to);
    raw_expect_recv(&bench->to, 1, EFA_STATUS_OK);
    raw_expect_send(&bench->from, 1, EFA_STATUS_OK);
    assert_int_equal(bench_counters(bench).retransmissions, 1);
}

static void lost_ud_message_is_gone(void **state)
{
    struct bench *bench = *state;
    struct efasim_fault fault = fault_of(EFASIM_FAULT_MESSAGE_LOSE);

    bench_start_pair(bench, &raw_ud);
    fault.count = 1;
    bench_fault(bench, &fault);
    bench_send(&bench->from, &bench->to, 1);
    raw_expect_send(&bench->from, 1, EFA_STATUS_OK);
    efasim_inprocess_advance(bench->inprocess, 1000000000u);
    raw_expect_nothing(&bench->to);
    assert_int_equal(bench_counters(bench).drops[EFASIM_DROP_LOST], 1);
}

static void completion_may_be_malformed(void **state)
{
    struct bench *bench = *state;
    struct efasim_fault fault = fault_of(EFASIM_FAULT_COMPLETION_PATCH);
    struct efa_completion_entry entry;

    bench_start_pair(bench, &raw_srd);
    fault.target = bench->from.qp.info.qp_num;
    fault.offset = offsetof(struct efa_completion_entry, qp_num);
    fault.size = 2;
    fault.value = 0xbeef;
    bench_fault(bench, &fault);
    bench_send(&bench->from, &bench->to, 1);
    raw_progress(&bench->worlds[0]);
    assert_true(raw_poll(&bench->from.send_cq, &entry));
    assert_int_equal(entry.qp_num, 0xbeef);
    assert_int_equal(entry.request_id, 1);
}

static void patched_completion_keeps_its_phase(void **state)
{
    struct bench *bench = *state;
    struct efasim_fault fault = fault_of(EFASIM_FAULT_COMPLETION_PATCH);
    struct efa_completion_entry entry;

    bench_start_pair(bench, &raw_srd);
    fault.target = bench->from.qp.info.qp_num;
    fault.offset = offsetof(struct efa_completion_entry, flags);
    fault.value = 0xfe;
    bench_fault(bench, &fault);
    bench_send(&bench->from, &bench->to, 1);
    raw_progress(&bench->worlds[0]);
    assert_true(raw_poll(&bench->from.send_cq, &entry));
    assert_int_equal(entry.flags, 0xff);
}

static void completion_may_come_twice(void **state)
{
    struct bench *bench = *state;
    struct efasim_fault fault = fault_of(EFASIM_FAULT_COMPLETION_DOUBLE);

    bench_start_pair(bench, &raw_srd);
    fault.target = bench->from.qp.info.qp_num;
    fault.count = 1;
    bench_fault(bench, &fault);
    bench_send(&bench->from, &bench->to, 1);
    raw_expect_send(&bench->from, 1, EFA_STATUS_OK);
    raw_expect_send(&bench->from, 1, EFA_STATUS_OK);
    raw_expect_recv(&bench->to, 1, EFA_STATUS_OK);
    raw_expect_nothing(&bench->from);
}

static void completion_may_be_lost(void **state)
{
    struct bench *bench = *state;
    struct efasim_fault fault = fault_of(EFASIM_FAULT_COMPLETION_LOSE);

    bench_start_pair(bench, &raw_srd);
    fault.target = bench->from.qp.info.qp_num;
    fault.count = 1;
    bench_fault(bench, &fault);
    bench_send(&bench->from, &bench->to, 1);
    raw_expect_recv(&bench->to, 1, EFA_STATUS_OK);
    raw_expect_nothing(&bench->from);
    bench_send(&bench->from, &bench->to, 2);
    raw_expect_send(&bench->from, 2, EFA_STATUS_OK);
}

static void probability_is_seeded(void **state)
{
    struct bench *bench = *state;
    uint64_t hits[2];

    for (unsigned run = 0; run < 2; run++) {
        struct efasim_fault fault = fault_of(EFASIM_FAULT_REQUEST_ERROR);
        bench_start_client(bench);
        fault.target = CREATE_CQ;
        fault.probability = 300000;
        fault.value = EFA_WIN32_GEN_FAILURE;
        uint32_t id = bench_fault(bench, &fault);
        assert_int_equal(raw_query_device(&bench->client, 3), 0);
        for (unsigned i = 0; i < 100; i++) {
            struct raw_cq cq;
            raw_create_cq(&bench->client, 1, &cq);
        }
        hits[run] = efasim_fault_hits(bench->model, id);
        assert_in_range(hits[run], 10, 60);
        bench_stop(bench);
    }
    assert_int_equal(hits[0], hits[1]);
}

static void removed_fault_strikes_no_more(void **state)
{
    struct bench *bench = *state;
    struct efasim_fault fault = fault_of(EFASIM_FAULT_REQUEST_ERROR);
    uint32_t id;
    uint16_t pdn;

    bench_start_client(bench);
    fault.target = ALLOC_PD;
    fault.value = EFA_WIN32_GEN_FAILURE;
    id = bench_fault(bench, &fault);
    assert_int_equal(raw_alloc_pd(&bench->client, &pdn), EFA_WIN32_GEN_FAILURE);
    assert_int_equal(efasim_fault_hits(bench->model, id), 1);
    assert_int_equal(efasim_fault_remove(bench->model, id), 0);
    assert_int_equal(efasim_fault_remove(bench->model, id), EFA_WIN32_NOT_FOUND);
    assert_int_equal(raw_alloc_pd(&bench->client, &pdn), 0);
}

static void impossible_faults_are_rejected(void **state)
{
    struct bench *bench = *state;
    struct efasim_fault fault;
    uint32_t id;

    bench_start(bench);
    fault = fault_of(EFASIM_FAULT_NONE);
    assert_int_equal(efasim_fault_add(bench->model, &fault, &id), EFA_WIN32_INVALID_PARAMETER);
    fault = fault_of(EFASIM_FAULT_KINDS);
    assert_int_equal(efasim_fault_add(bench->model, &fault, &id), EFA_WIN32_INVALID_PARAMETER);
    fault = fault_of(EFASIM_FAULT_REQUEST_ERROR);
    fault.target = 12;
    assert_int_equal(efasim_fault_add(bench->model, &fault, &id), EFA_WIN32_INVALID_PARAMETER);
    fault = fault_of(EFASIM_FAULT_MESSAGE_PATCH);
    fault.size = 16;
    assert_int_equal(efasim_fault_add(bench->model, &fault, &id), EFA_WIN32_INVALID_PARAMETER);
    fault = fault_of(EFASIM_FAULT_COMPLETION_PATCH);
    fault.size = 3;
    assert_int_equal(efasim_fault_add(bench->model, &fault, &id), EFA_WIN32_INVALID_PARAMETER);
    fault = fault_of(EFASIM_FAULT_MESSAGE_STATUS);
    fault.value = 256;
    assert_int_equal(efasim_fault_add(bench->model, &fault, &id), EFA_WIN32_INVALID_PARAMETER);
    fault = fault_of(EFASIM_FAULT_MESSAGE_DELAY);
    fault.device = 1;
    assert_int_equal(efasim_fault_add(bench->model, &fault, &id), EFA_WIN32_INVALID_PARAMETER);
    fault = fault_of(EFASIM_FAULT_MESSAGE_LOSE);
    for (unsigned i = 0; i < EFASIM_MAX_FAULTS; i++)
        assert_int_equal(efasim_fault_add(bench->model, &fault, &id), 0);
    assert_int_equal(efasim_fault_add(bench->model, &fault, &id), EFA_WIN32_NO_SYSTEM_RESOURCES);
}

static void stalled_device_resumes_where_it_was(void **state)
{
    struct bench *bench = *state;
    uint16_t pdn;

    bench_start_pair(bench, &raw_srd);
    efasim_stall(bench->model, true);
    bench_send(&bench->from, &bench->to, 1);
    efasim_inprocess_advance(bench->inprocess, 1000000000u);
    raw_expect_nothing(&bench->from);
    assert_int_equal(raw_alloc_pd(&bench->from.client, &pdn), 0);
    efasim_stall(bench->model, false);
    raw_expect_send(&bench->from, 1, EFA_STATUS_OK);
    raw_expect_recv(&bench->to, 1, EFA_STATUS_OK);
}

static void removed_device_flushes_and_rejects(void **state)
{
    struct bench *bench = *state;
    uint16_t pdn;

    assert_non_null(efasim_config_add_device(&bench->config));
    bench_start(bench);
    bench->round = 1000000;
    bench_open_between(bench, 0, 1);
    bench_send(&bench->from, &bench->to, 1);
    raw_expect_send(&bench->from, 1, EFA_STATUS_OK);
    raw_expect_recv(&bench->to, 1, EFA_STATUS_OK);
    raw_recv(&bench->to, 9, 0, 100);
    assert_int_equal(efasim_set_removed(bench->model, 1, true), 0);
    raw_expect_recv(&bench->to, 9, EFA_STATUS_FLUSHED);
    assert_int_equal(raw_alloc_pd(&bench->to.client, &pdn), EFA_WIN32_DEVICE_NOT_CONNECTED);
    raw_send_message(&bench->from, &bench->to, 2, 0, 64);
    raw_expect_send(&bench->from, 2, EFA_STATUS_PEER_TIMEOUT);
    raw_endpoint_close(&bench->to);
    void *session;
    const struct efa_transport *transport = bench->worlds[1].transport;
    assert_int_equal(transport->open(transport, &session), EFA_WIN32_FILE_NOT_FOUND);
    assert_int_equal(efasim_set_removed(bench->model, 1, false), 0);
    raw_endpoint_open(&bench->worlds[1], &bench->to, &raw_srd);
    bench_send(&bench->from, &bench->to, 3);
    raw_expect_send(&bench->from, 3, EFA_STATUS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCH_TEST(nth_request_fails_with_a_given_error),
        BENCH_TEST(fault_may_last_for_ever),
        BENCH_TEST(lost_reply_is_carried_out),
        BENCH_TEST(reply_may_be_short),
        BENCH_TEST(reply_fields_may_be_changed),
        BENCH_TEST(patch_beyond_the_reply_changes_nothing),
        BENCH_TEST(nth_message_completes_with_any_status),
        BENCH_TEST(fault_may_be_for_one_queue_pair),
        BENCH_TEST(message_may_come_late),
        BENCH_TEST(lost_srd_message_is_sent_again),
        BENCH_TEST(lost_ud_message_is_gone),
        BENCH_TEST(completion_may_be_malformed),
        BENCH_TEST(patched_completion_keeps_its_phase),
        BENCH_TEST(completion_may_come_twice),
        BENCH_TEST(completion_may_be_lost),
        BENCH_TEST(probability_is_seeded),
        BENCH_TEST(removed_fault_strikes_no_more),
        BENCH_TEST(impossible_faults_are_rejected),
        BENCH_TEST(stalled_device_resumes_where_it_was),
        BENCH_TEST(removed_device_flushes_and_rejects),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
