/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The engine in a thread of its own, in real time: clients in threads that post, poll, make
 * requests and go away while it runs. What a race or a lost wake-up breaks shows here, with a
 * thread sanitizer above all.
 */
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "inprocess/inprocess.h"
#include "os/compiler.h"
#include "sim_support.h"

enum { DEPTH = 128, MESSAGES = 20000, PATIENCE_SECONDS = 60 };

/* In a thread a failure cannot leave the test: it ends the program. */
void sim_case_failed(const char *file, int line, const char *what, unsigned long long left,
                     unsigned long long right)
{
    fprintf(stderr, "%s:%d: %s: %llu and %llu\n", file, line, what, left, right);
    abort();
}

static void progress(void *context)
{
    (void)context;
    sched_yield();
}

static struct sim_world world_of(struct efasim_inprocess *inprocess)
{
    struct sim_world world = {0};
    world.transport = efasim_inprocess_transport(inprocess, 0);
    world.progress = progress;
    return world;
}

static time_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec;
}

static const struct raw_options srd = {
    .state = EFA_DRIVER_QP_RTS, .depth = DEPTH, .cq_depth = 2 * DEPTH};

struct flow {
    struct raw_endpoint *from;
    struct raw_endpoint *to;
    uint8_t seen[MESSAGES];
};

static void *receive_all(void *argument)
{
    struct flow *flow = argument;
    struct raw_endpoint *to = flow->to;
    time_t end = now() + PATIENCE_SECONDS;

    for (uint16_t i = 0; i < DEPTH; i++)
        raw_recv(to, i, i * 64u, 64);
    for (unsigned received = 0; received < MESSAGES;) {
        struct efa_completion_entry entry;
        uint32_t number;
        CHECK(now() < end);
        if (!raw_poll(&to->recv_cq, &entry)) {
            sched_yield();
            continue;
        }
        CHECK_EQUAL(entry.status, EFA_STATUS_OK);
        memcpy(&number, to->memory + entry.request_id * 64u, sizeof number);
        CHECK(number < MESSAGES);
        CHECK_EQUAL(flow->seen[number], 0);
        flow->seen[number] = 1;
        received++;
        raw_recv(to, entry.request_id, entry.request_id * 64u, 64);
    }
    return NULL;
}

static void *send_all(void *argument)
{
    struct flow *flow = argument;
    struct raw_endpoint *from = flow->from;
    uint16_t free_ids[DEPTH];
    unsigned free_count = 0;
    unsigned sent = 0;
    time_t end = now() + PATIENCE_SECONDS;

    while (free_count < DEPTH - 1) { /* no doorbell may announce the whole ring */
        free_ids[free_count] = (uint16_t)free_count;
        free_count++;
    }
    for (unsigned completed = 0; completed < MESSAGES;) {
        struct efa_completion_entry entry;
        CHECK(now() < end);
        while (free_count != 0 && sent < MESSAGES) {
            uint16_t id = free_ids[--free_count];
            struct efa_send_descriptor d = raw_send_descriptor(from, flow->to, id, id * 64u, 64);
            memcpy(from->memory + id * 64u, &sent, sizeof sent);
            raw_write_send(&from->qp, &d);
            sent++;
        }
        raw_ring_send(&from->qp);
        while (raw_poll(&from->send_cq, &entry)) {
            CHECK_EQUAL(entry.status, EFA_STATUS_OK);
            free_ids[free_count++] = entry.request_id;
            completed++;
        }
        sched_yield();
    }
    return NULL;
}

static void run_flow(const struct efasim_config *config, bool indirect)
{
    static struct raw_endpoint from, to;
    static struct flow flow;
    pthread_t sender, receiver;
    struct efasim_counters counters;
    struct efasim_inprocess *inprocess = efasim_inprocess_create(config);

    assert_non_null(inprocess);
    efasim_inprocess_set_indirect(inprocess, indirect);
    struct sim_world world = world_of(inprocess);
    assert_true(efasim_inprocess_start_engine(inprocess));
    assert_true(efasim_inprocess_start_engine(inprocess));
    raw_endpoint_open(&world, &from, &srd);
    raw_endpoint_open(&world, &to, &srd);
    memset(&flow, 0, sizeof flow);
    flow.from = &from;
    flow.to = &to;
    assert_int_equal(pthread_create(&receiver, NULL, receive_all, &flow), 0);
    assert_int_equal(pthread_create(&sender, NULL, send_all, &flow), 0);
    pthread_join(sender, NULL);
    pthread_join(receiver, NULL);
    efasim_get_counters(efasim_inprocess_model(inprocess), 0, &counters);
    assert_int_equal(counters.receives, MESSAGES);
    assert_int_equal(counters.violations, 0);
    raw_endpoint_close(&from);
    raw_endpoint_close(&to);
    efasim_inprocess_stop_engine(inprocess);
    efasim_inprocess_stop_engine(inprocess);
    efasim_inprocess_destroy(inprocess);
}

static void messages_flow_between_threads(void **state)
{
    struct efasim_config config;
    (void)state;
    efasim_config_default(&config);
    run_flow(&config, false);
}

static void messages_flow_through_a_bad_fabric(void **state)
{
    struct efasim_config config;
    (void)state;
    efasim_config_default(&config);
    config.reorder_window = 16;
    config.reorder_probability = 300000;
    config.loss = 10000;
    config.latency = 2000;
    run_flow(&config, false);
}

static void messages_flow_with_memory_moved(void **state)
{
    struct efasim_config config;
    (void)state;
    if (EFA_THREAD_SANITIZER)
        skip(); /* it does not see what the kernel writes */
    efasim_config_default(&config);
    run_flow(&config, true);
}

/* Makes and breaks everything, with work under way when it is broken. */
static void *churn(void *argument)
{
    struct efasim_inprocess *inprocess = argument;

    for (unsigned i = 0; i < 60; i++) {
        struct sim_world world = world_of(inprocess);
        struct raw_endpoint e;
        raw_endpoint_open(&world, &e, &srd);
        for (uint16_t k = 0; k < 20; k++) {
            struct efa_send_descriptor d = raw_send_descriptor(&e, &e, k, 0, 64);
            raw_write_send(&e.qp, &d);
            raw_recv(&e, k, 4096, 64);
        }
        raw_ring_send(&e.qp);
        switch (i % 4) {
        case 0:
            CHECK_EQUAL(raw_modify_qp(&e.client, &e.qp, EFA_MODIFY_QP_STATE, EFA_DRIVER_QP_ERR), 0);
            break;
        case 1:
            CHECK_EQUAL(raw_dealloc_ah(&e.client, e.pdn, e.ah), 0);
            break;
        case 2:
            CHECK_EQUAL(raw_destroy_qp(&e.client, e.qp.info.qp_handle), 0);
            break;
        default:
            break;
        }
        raw_endpoint_close(&e);
    }
    return NULL;
}

static void clients_come_and_go_while_the_engine_runs(void **state)
{
    enum { THREADS = 3 };
    pthread_t threads[THREADS];
    struct efasim_config config;
    struct efasim_objects objects;
    (void)state;

    efasim_config_default(&config);
    struct efasim_inprocess *inprocess = efasim_inprocess_create(&config);
    assert_non_null(inprocess);
    assert_true(efasim_inprocess_start_engine(inprocess));
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, churn, inprocess), 0);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    efasim_get_objects(efasim_inprocess_model(inprocess), EFASIM_ALL_DEVICES, &objects);
    assert_int_equal(objects.clients, 0);
    assert_int_equal(objects.qps, 0);
    assert_int_equal(objects.mrs, 0);
    assert_int_equal(objects.ahs, 0);
    efasim_inprocess_destroy(inprocess);
}

static void engine_wakes_for_a_first_queue_pair(void **state)
{
    struct efasim_config config;
    (void)state;

    efasim_config_default(&config);
    struct efasim_inprocess *inprocess = efasim_inprocess_create(&config);
    assert_non_null(inprocess);
    struct sim_world world = world_of(inprocess);
    assert_true(efasim_inprocess_start_engine(inprocess));
    for (unsigned i = 0; i < 5; i++) {
        struct raw_endpoint e;
        struct efa_completion_entry entry;
        struct timespec pause = {0, 3000000}; /* long enough for the engine to fall asleep */
        time_t end = now() + PATIENCE_SECONDS;
        nanosleep(&pause, NULL);
        raw_endpoint_open(&world, &e, &srd);
        raw_recv(&e, 1, 4096, 64);
        nanosleep(&pause, NULL);
        struct efa_send_descriptor d = raw_send_descriptor(&e, &e, 1, 0, 64);
        raw_send(&e, &d);
        while (!raw_poll(&e.send_cq, &entry)) {
            assert_true(now() < end);
            sched_yield();
        }
        assert_int_equal(entry.status, EFA_STATUS_OK);
        raw_endpoint_close(&e);
    }
    efasim_inprocess_destroy(inprocess);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_flow_between_threads),
        cmocka_unit_test(messages_flow_through_a_bad_fabric),
        cmocka_unit_test(messages_flow_with_memory_moved),
        cmocka_unit_test(clients_come_and_go_while_the_engine_runs),
        cmocka_unit_test(engine_wakes_for_a_first_queue_pair),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
