/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The batch limit where the front sees each doorbell, or each store: exact, whatever the device has
 * looked at. What every front keeps to is in sim_cases_batch.c.
 */
#include <pthread.h>
#include <string.h>

#include "os/compiler.h"
#include "sim_bench_world.h"

enum { DEPTH = 32, LIMIT = 16 };

/* UD needs no receiver. */
static const struct raw_options deep = {
    .type = EFA_DRIVER_QP_UD, .state = EFA_DRIVER_QP_RTS, .depth = DEPTH};

static uint64_t breaches(struct bench *bench)
{
    return bench_counters(bench).violations_by_kind[EFASIM_VIOLATION_BATCH];
}

/* An adapter of this part whose doorbells are watched; the limits are its own. */
static void start(struct bench *bench, uint32_t part)
{
    assert_true(efasim_config_part(&bench->config, part));
    bench_start(bench);
    if (!efasim_inprocess_watch_doorbells(bench->inprocess, true))
        skip();
    raw_endpoint_open(&bench->worlds[0], &bench->from, &deep);
}

static void one_doorbell_for_more_than_the_limit_loses_the_rest(void **state)
{
    struct bench *bench = *state;
    struct raw_endpoint *e = &bench->from;

    start(bench, 0xefa1);
    raw_write_sends(e, 0, LIMIT + 3);
    raw_ring_send(&e->qp);
    raw_expect_sends(e, 0, LIMIT);
    raw_expect_nothing(e);
    assert_int_equal(breaches(bench), 1);
    assert_int_equal(bench->log.count, 1);
    assert_true(lines_contain(&bench->log,
                              "19 send descriptors "
                              "written without a doorbell, the limit is 16 (max_batch 16, a "
                              "queue of 32): descriptor 16 and all after it are lost; ring the "
                              "doorbell more often, and reset the queue pair"));
}

static void many_doorbells_between_two_looks_are_many(void **state)
{
    struct bench *bench = *state;
    struct raw_endpoint *e = &bench->from;

    start(bench, 0xefa1);
    for (unsigned i = 0; i < 10; i++) {
        raw_write_sends(e, 0, LIMIT);
        raw_ring_send(&e->qp);
        raw_write_sends(e, LIMIT, LIMIT);
        raw_ring_send(&e->qp);
        raw_expect_sends(e, 0, DEPTH);
    }
    assert_int_equal(bench_counters(bench).violations, 0);
}

/* The breach is in the second of three doorbells: what the first announced is not concerned. */
static void only_the_breach_and_what_follows_is_lost(void **state)
{
    struct bench *bench = *state;
    struct raw_endpoint *e = &bench->from;

    start(bench, 0xefa1);
    raw_write_sends(e, 0, 5);
    raw_ring_send(&e->qp);
    raw_write_sends(e, 5, LIMIT + 1);
    raw_ring_send(&e->qp);
    raw_write_sends(e, LIMIT + 6, 2);
    raw_ring_send(&e->qp);
    raw_expect_sends(e, 0, 5 + LIMIT);
    raw_expect_nothing(e);
    assert_int_equal(breaches(bench), 1);
}

static void whole_queue_is_too_much_for_every_part(void **state)
{
    struct bench *bench = *state;
    struct raw_endpoint *e = &bench->from;

    start(bench, 0xefa0);
    raw_write_sends(e, 0, DEPTH - 1);
    raw_ring_send(&e->qp);
    raw_expect_sends(e, 0, DEPTH - 1);
    assert_int_equal(breaches(bench), 0);
    raw_write_sends(e, DEPTH - 1, DEPTH);
    raw_ring_send(&e->qp);
    raw_expect_sends(e, DEPTH - 1, DEPTH - 1);
    raw_expect_nothing(e);
    assert_int_equal(breaches(bench), 1);
}

static void queue_of_one_takes_one(void **state)
{
    struct bench *bench = *state;
    struct raw_options one = {.type = EFA_DRIVER_QP_UD, .state = EFA_DRIVER_QP_RTS, .depth = 1};
    struct raw_endpoint *e = &bench->from;

    assert_true(efasim_config_part(&bench->config, 0xefa1));
    bench_start_endpoint(bench, &one);
    for (unsigned i = 0; i < 5; i++) {
        raw_write_sends(e, 0, 1);
        raw_ring_send(&e->qp);
        raw_expect_sends(e, 0, 1);
    }
    assert_int_equal(bench_counters(bench).violations, 0);
}

static void limit_can_be_set(void **state)
{
    struct bench *bench = *state;
    struct raw_endpoint *e = &bench->from;

    assert_true(efasim_config_part(&bench->config, 0xefa1));
    bench->config.devices[0].max_batch = 4;
    bench_start_endpoint(bench, &deep);
    raw_write_sends(e, 0, 4);
    raw_ring_send(&e->qp);
    raw_expect_sends(e, 0, 4);
    assert_int_equal(breaches(bench), 0);
    raw_write_sends(e, 4, 5);
    raw_progress(&bench->worlds[0]);
    assert_int_equal(breaches(bench), 1);
    assert_true(lines_contain(&bench->log, "the limit is 4 (max_batch 4, a queue of 32)"));
}

static void limit_can_be_switched_off(void **state)
{
    struct bench *bench = *state;
    struct raw_endpoint *e = &bench->from;

    assert_true(efasim_config_part(&bench->config, 0xefa1));
    bench->config.devices[0].max_batch = 0;
    bench_start(bench);
    if (!efasim_inprocess_trap_reads(bench->inprocess))
        skip();
    raw_endpoint_open(&bench->worlds[0], e, &deep);
    for (unsigned i = 0; i < 3; i++) {
        raw_write_sends(e, 0, DEPTH);
        raw_progress(&bench->worlds[0]);
        raw_ring_send(&e->qp);
        raw_expect_sends(e, 0, DEPTH);
    }
    assert_int_equal(bench_counters(bench).violations, 0);
}

/* Adapters with a limit are watched without being told. */
static void limited_adapters_are_watched(void **state)
{
    struct bench *bench = *state;
    struct raw_endpoint *e = &bench->from;
    bool watched;

    assert_true(efasim_config_part(&bench->config, 0xefa4));
    bench_start(bench);
    raw_endpoint_open(&bench->worlds[0], e, &deep);
    raw_write_sends(e, 0, LIMIT + 1);
    raw_ring_send(&e->qp);
    raw_progress(&bench->worlds[0]);
    watched = efasim_inprocess_watch_doorbells(bench->inprocess, true);
    assert_int_equal(breaches(bench), watched);
}

static void watching_can_be_left_off(void **state)
{
    struct bench *bench = *state;
    struct raw_endpoint *e = &bench->from;

    assert_true(efasim_config_part(&bench->config, 0xefa1));
    bench_start(bench);
    assert_true(efasim_inprocess_watch_doorbells(bench->inprocess, false));
    raw_endpoint_open(&bench->worlds[0], e, &deep);
    raw_write_sends(e, 0, LIMIT + 1);
    raw_ring_send(&e->qp);
    raw_expect_sends(e, 0, LIMIT + 1);
    assert_int_equal(breaches(bench), 0);
}

static void watched_doorbells_may_be_read(void **state)
{
    struct bench *bench = *state;
    struct raw_endpoint *e = &bench->from;

    start(bench, 0xefa1);
    raw_write_sends(e, 0, 1);
    raw_ring_send(&e->qp);
    assert_int_equal(*(volatile uint32_t *)(uintptr_t)e->qp.info.sq_doorbell, 1);
    assert_int_equal(bench_counters(bench).violations, 0);
}

/* An aborted session: its descriptors are written, never rung, and written over. */
static void descriptors_that_are_never_rung_count(void **state)
{
    struct bench *bench = *state;
    struct raw_endpoint *e = &bench->from;

    assert_true(efasim_config_part(&bench->config, 0xefa1));
    bench_start(bench);
    if (!efasim_inprocess_trap_reads(bench->inprocess))
        skip();
    raw_endpoint_open(&bench->worlds[0], e, &deep);
    raw_write_sends(e, 0, 3);
    raw_ring_send(&e->qp);
    raw_write_sends(e, 3, 10);
    e->qp.sq_posted = 3;
    raw_write_sends(e, 3, LIMIT - 10);
    assert_int_equal(breaches(bench), 0);
    raw_ring_send(&e->qp);
    raw_expect_sends(e, 0, 3 + LIMIT - 10);
    raw_write_sends(e, 9, 10);
    e->qp.sq_posted = 9;
    raw_write_sends(e, 9, LIMIT - 10 + 1);
    assert_int_equal(breaches(bench), 1);
    raw_ring_send(&e->qp);
    raw_expect_sends(e, 9, LIMIT - 10);
    raw_expect_nothing(e);
    assert_true(lines_contain(&bench->log, "17 send descriptors written without a doorbell"));
    assert_true(lines_contain(&bench->log, "descriptor 15 and all after it are lost"));
}

enum { LAPS = 300 };

struct sender {
    struct raw_endpoint *endpoint;
    uint32_t rung;
};

/* Rings send and receive doorbells in turn, as fast as may be. */
static void *ring_often(void *argument)
{
    struct sender *sender = argument;
    struct raw_endpoint *e = sender->endpoint;
    struct efa_completion_entry entry;
    unsigned outstanding = 0;

    for (unsigned i = 0; i < LAPS; i++) {
        while (outstanding > DEPTH - LIMIT)
            outstanding -= raw_poll(&e->send_cq, &entry);
        raw_write_sends(e, (uint16_t)(i * LIMIT % DEPTH), LIMIT);
        raw_ring_send(&e->qp);
        outstanding += LIMIT;
        raw_ring_recv(&e->qp);
    }
    while (outstanding > 0)
        outstanding -= raw_poll(&e->send_cq, &entry);
    return NULL;
}

/* Two clients and the adapter at once: no doorbell may be missed, or two would seem one. */
static void threads_that_keep_to_the_limit_are_within_it(void **state)
{
    struct bench *bench = *state;
    struct sender senders[2];
    pthread_t threads[2];

    start(bench, 0xefa1);
    raw_endpoint_open(&bench->worlds[0], &bench->to, &deep);
    senders[0] = (struct sender){&bench->from, 0};
    senders[1] = (struct sender){&bench->to, 0};
    assert_true(efasim_inprocess_start_engine(bench->inprocess));
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ring_often, &senders[i]), 0);
    for (unsigned i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    efasim_inprocess_stop_engine(bench->inprocess);
    assert_int_equal(bench_counters(bench).sends, 2 * LAPS * LIMIT);
    assert_int_equal(bench_counters(bench).violations, 0);
}

/* Poison in the ring is not a descriptor. */
static void poisoned_descriptors_are_not_taken_for_new_ones(void **state)
{
    struct bench *bench = *state;
    struct raw_endpoint *e = &bench->from;

    assert_true(efasim_config_part(&bench->config, 0xefa1));
    bench->config.poison_send_ring = true;
    bench_start_endpoint(bench, &deep);
    for (unsigned i = 0; i < 6; i++) {
        raw_write_sends(e, (uint16_t)(i * LIMIT % DEPTH), LIMIT);
        raw_ring_send(&e->qp);
        raw_expect_sends(e, (uint16_t)(i * LIMIT % DEPTH), LIMIT);
        raw_expect_nothing(e);
    }
    assert_int_equal(bench_counters(bench).violations, 0);
}

static void doorbell_beyond_the_ring_is_a_violation_of_its_own(void **state)
{
    struct bench *bench = *state;
    struct raw_endpoint *e = &bench->from;

    start(bench, 0xefa1);
    raw_write_sends(e, 0, LIMIT + 1);
    raw_ring_send(&e->qp);
    e->qp.sq_posted = 1000;
    raw_ring_send(&e->qp);
    raw_progress(&bench->worlds[0]);
    assert_int_equal(breaches(bench), 1);
    assert_int_equal(bench_counters(bench).violations_by_kind[EFASIM_VIOLATION_DOORBELL], 1);
    /* In the error state, and no longer standing still: what is rung is flushed. */
    raw_send_message(e, e, 7, 0, 8);
    raw_expect_send(e, 7, EFA_STATUS_FLUSHED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCH_TEST(one_doorbell_for_more_than_the_limit_loses_the_rest),
        BENCH_TEST(many_doorbells_between_two_looks_are_many),
        BENCH_TEST(only_the_breach_and_what_follows_is_lost),
        BENCH_TEST(whole_queue_is_too_much_for_every_part),
        BENCH_TEST(queue_of_one_takes_one),
        BENCH_TEST(limit_can_be_set),
        BENCH_TEST(limit_can_be_switched_off),
        BENCH_TEST(limited_adapters_are_watched),
        BENCH_TEST(watching_can_be_left_off),
        BENCH_TEST(watched_doorbells_may_be_read),
        BENCH_TEST(descriptors_that_are_never_rung_count),
        BENCH_TEST(threads_that_keep_to_the_limit_are_within_it),
        BENCH_TEST(poisoned_descriptors_are_not_taken_for_new_ones),
        BENCH_TEST(doorbell_beyond_the_ring_is_a_violation_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
