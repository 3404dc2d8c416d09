/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Threads at work on one device: creating and destroying, polling while queue pairs go, closing
 * while another polls. Bounded by rounds, not by time; the thread sanitizer judges the rest.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>

#include "lib_support.h"

#define ROUNDS 60
#define LONG_WAIT 20000000u

static bool get(const bool *flag)
{
    return __atomic_load_n(flag, __ATOMIC_ACQUIRE);
}

static void set(bool *flag)
{
    __atomic_store_n(flag, true, __ATOMIC_RELEASE);
}

struct worker {
    struct world *world;
    struct ibv_cq *cq;
    unsigned done;
    bool stop;
};

static void *create_and_destroy(void *argument)
{
    struct worker *worker = argument;
    struct world *world = worker->world;

    for (unsigned i = 0; i < ROUNDS; i++) {
        struct ibv_cq *own = ibv_create_cq(world->context, 32, NULL, NULL, 0);
        struct ibv_qp_init_attr attr = {.send_cq = worker->cq,
                                        .recv_cq = own,
                                        .cap = {8, 8, 1, 1, 0},
                                        .qp_type = IBV_QPT_UD,
                                        .sq_sig_all = 1};
        struct ibv_qp *qp = own ? ibv_create_qp(world->pd, &attr) : NULL;
        struct ibv_sge none = {0};
        char memory[64];
        struct ibv_mr *mr = ibv_reg_mr(world->pd, memory, sizeof memory, 1);

        if (!qp || !mr)
            return NULL;
        ready(qp);
        if (post_recv_one(qp, i, &none, 1) || post_send_to(qp, world, qp, i, NULL, 0) ||
            ibv_destroy_qp(qp) || ibv_destroy_cq(own) || ibv_dereg_mr(mr))
            return NULL;
        worker->done++;
    }
    return NULL;
}

/* Two threads, one CQ shared by their queue pairs and polled by a third. */
static void *poll_until_told(void *argument)
{
    struct worker *worker = argument;
    struct ibv_wc wc[8];

    while (!get(&worker->stop)) {
        int count = ibv_poll_cq(worker->cq, 8, wc);

        if (count < 0)
            return NULL;
        if (count == 0)
            sched_yield();
    }
    worker->done = 1;
    return NULL;
}

static void create_and_destroy_from_two_threads(void **state)
{
    struct world *world = *state;
    struct ibv_cq *cq = make_cq(world, 1024);
    struct worker workers[2] = {{.world = world, .cq = cq}, {.world = world, .cq = cq}};
    struct worker poller = {.world = world, .cq = cq};
    pthread_t threads[3];

    assert_true(efasim_inprocess_start_engine(world->sim));
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, create_and_destroy, &workers[i]), 0);
    assert_int_equal(pthread_create(&threads[2], NULL, poll_until_told, &poller), 0);
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    set(&poller.stop);
    assert_int_equal(pthread_join(threads[2], NULL), 0);
    efasim_inprocess_stop_engine(world->sim);
    assert_int_equal(workers[0].done, ROUNDS);
    assert_int_equal(workers[1].done, ROUNDS);
    assert_int_equal(poller.done, 1);
    assert_int_equal(ibv_destroy_cq(cq), 0);
}

/* Sessions of one thread, queue pairs of another going under it. */
static void *poll_in_sessions(void *argument)
{
    struct worker *worker = argument;
    struct ibv_cq_ex *ex = (struct ibv_cq_ex *)(void *)worker->cq;

    while (!get(&worker->stop)) {
        if (ibv_start_poll(ex, NULL)) {
            sched_yield();
            continue;
        }
        do {
            /* An id that was never posted would be another queue pair's, or made up. */
            if (ex->wr_id < 500 || ex->wr_id >= 500 + ROUNDS)
                return NULL;
            (void)ibv_wc_read_qp_num(ex);
        } while (ibv_next_poll(ex) == 0);
        ibv_end_poll(ex);
    }
    worker->done = 1;
    return NULL;
}

static void poll_while_queue_pairs_go(void **state)
{
    struct world *world = *state;
    struct ibv_cq_ex *ex = make_cq_ex(world, 1024, IBV_WC_STANDARD_FLAGS);
    struct worker poller = {.world = world, .cq = ibv_cq_ex_to_cq(ex)};
    struct ibv_sge none = {0};
    pthread_t thread;

    assert_true(efasim_inprocess_start_engine(world->sim));
    assert_int_equal(pthread_create(&thread, NULL, poll_in_sessions, &poller), 0);
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct ibv_qp *qp = ready(make_srd(world, poller.cq));

        for (unsigned n = 0; n < 8; n++) {
            assert_int_equal(post_recv_one(qp, 500 + i, &none, 1), 0);
            assert_int_equal(post_send_to(qp, world, qp, 500 + i, NULL, 0), 0);
        }
        assert_int_equal(ibv_destroy_qp(qp), 0);
    }
    set(&poller.stop);
    assert_int_equal(pthread_join(thread, NULL), 0);
    efasim_inprocess_stop_engine(world->sim);
    assert_int_equal(poller.done, 1);
    assert_int_equal(ibv_destroy_cq(poller.cq), 0);
}

static void close_while_another_polls_elsewhere(void **state)
{
    struct world *world = *state;
    struct ibv_cq *cq = make_cq(world, 64);
    struct worker poller = {.world = world, .cq = cq};
    struct ibv_qp *qp = ready(make_srd(world, cq));
    pthread_t thread;

    assert_true(efasim_inprocess_start_engine(world->sim));
    assert_int_equal(pthread_create(&thread, NULL, poll_until_told, &poller), 0);
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct ibv_context *context = ibv_open_device(world->context->device);
        struct ibv_cq *other = context ? ibv_create_cq(context, 16, NULL, NULL, 0) : NULL;
        int posted = post_send_to(qp, world, qp, i, NULL, 0);

        assert_non_null(other);
        assert_true(posted == 0 || posted == ENOMEM);
        assert_int_equal(ibv_destroy_cq(other), 0);
        assert_int_equal(ibv_close_device(context), 0);
    }
    set(&poller.stop);
    assert_int_equal(pthread_join(thread, NULL), 0);
    efasim_inprocess_stop_engine(world->sim);
    assert_int_equal(ibv_destroy_qp(qp), 0);
    assert_int_equal(ibv_destroy_cq(cq), 0);
}

/* Posting, and polling by another thread, with the ids going round many times. */
static void post_here_poll_there(void **state)
{
    struct world *world = *state;
    struct ibv_cq *cq = make_cq(world, 64);
    struct worker poller = {.world = world, .cq = cq};
    struct ibv_qp *qp = ready(make_srd(world, cq));
    struct ibv_sge none = {0};
    unsigned posted = 0, waits = 0;
    pthread_t thread;

    assert_true(efasim_inprocess_start_engine(world->sim));
    assert_int_equal(pthread_create(&thread, NULL, poll_until_told, &poller), 0);
    while (posted < 2000) {
        int received = post_recv_one(qp, posted, &none, 1);
        int error;

        assert_true(received == 0 || received == ENOMEM);
        error = post_send_to(qp, world, qp, posted, NULL, 0);
        if (error == 0) {
            posted++;
            continue;
        }
        assert_int_equal(error, ENOMEM);
        assert_true(++waits < LONG_WAIT);
        sched_yield();
    }
    set(&poller.stop);
    assert_int_equal(pthread_join(thread, NULL), 0);
    efasim_inprocess_stop_engine(world->sim);
    assert_int_equal(ibv_destroy_qp(qp), 0);
    assert_int_equal(ibv_destroy_cq(cq), 0);
}

/* RESET, again and again, under a thread that polls and one that posts. */
struct poster {
    struct world *world;
    struct ibv_qp *qp;
    bool stop;
    bool wrong;
};

static void *post_until_told(void *argument)
{
    struct poster *poster = argument;

    while (!get(&poster->stop)) {
        int error = post_send_to(poster->qp, poster->world, poster->qp, 1, NULL, 0);

        if (error != 0 && error != ENOMEM && error != EINVAL)
            poster->wrong = true;
        sched_yield();
    }
    return NULL;
}

static void reset_under_posts_and_polls(void **state)
{
    struct world *world = *state;
    struct ibv_cq *cq = make_cq(world, 64);
    struct worker poller = {.world = world, .cq = cq};
    struct poster poster = {.world = world, .qp = ready(make_srd(world, cq))};
    struct ibv_qp_attr attr = {.qp_state = IBV_QPS_RESET};
    pthread_t threads[2];

    assert_true(efasim_inprocess_start_engine(world->sim));
    assert_int_equal(pthread_create(&threads[0], NULL, poll_until_told, &poller), 0);
    assert_int_equal(pthread_create(&threads[1], NULL, post_until_told, &poster), 0);
    for (unsigned i = 0; i < ROUNDS; i++) {
        assert_int_equal(ibv_modify_qp(poster.qp, &attr, IBV_QP_STATE), 0);
        ready(poster.qp);
        sched_yield();
    }
    set(&poller.stop);
    set(&poster.stop);
    assert_int_equal(pthread_join(threads[0], NULL), 0);
    assert_int_equal(pthread_join(threads[1], NULL), 0);
    efasim_inprocess_stop_engine(world->sim);
    assert_false(poster.wrong);
    assert_int_equal(ibv_destroy_qp(poster.qp), 0);
    assert_int_equal(ibv_destroy_cq(cq), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(create_and_destroy_from_two_threads), TEST(poll_while_queue_pairs_go),
        TEST(close_while_another_polls_elsewhere), TEST(post_here_poll_there),
        TEST(reset_under_posts_and_polls),
    };

    return cmocka_run_group_tests_name("threads", tests, NULL, NULL);
}
