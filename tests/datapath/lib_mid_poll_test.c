/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * What other threads do in the very middle of a poll: the completion ring's page is taken away, so
 * that the poll stops at its first look, with the lock held, until the other thread has acted.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>

#include "lib_fake_driver.h"
#include "lib_stop_page.h"
#include "queue/completion_queue.h"

struct fixture {
    struct fake_driver driver;
    struct world *world;
    struct ibv_cq_ex *ex;
    struct ibv_cq *cq;
    struct ibv_qp *qp;
    bool sessions;
    /* Of the poll in the other thread. */
    pthread_t thread;
    bool started;
    int result;
    uint64_t wr_id;
};

static int set_up(void **state)
{
    static struct fixture f;

    memset(&f, 0, sizeof f);
    f.world = fake_world_create(&f.driver, 3, 1);
    f.ex = make_cq_ex(f.world, 256, IBV_WC_STANDARD_FLAGS);
    f.cq = ibv_cq_ex_to_cq(f.ex);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(ibv_destroy_cq(f->cq), 0);
    fake_world_destroy(&f->driver, f->world);
    return 0;
}

/* Two completions, wr_id 1 and 2, on a queue pair of its own. */
static void complete_two(struct fixture *f)
{
    f->driver.next_qp_num++;
    f->qp = ready(make_srd(f->world, f->cq));
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(post_send_to(f->qp, f->world, f->qp, i + 1, NULL, 0), 0);
        fake_complete(&f->driver, f->cq, 0,
                      fake_sent(f->qp, fake_send(fake_qp_of(&f->driver, f->qp), i)->request_id));
    }
}

/* 1 with the completion's wr_id, or 0. */
static int poll_one(struct fixture *f, uint64_t *wr_id)
{
    struct ibv_wc wc;
    int count;

    if (f->sessions) {
        if (ibv_start_poll(f->ex, NULL))
            return 0;
        *wr_id = f->ex->wr_id;
        ibv_end_poll(f->ex);
        return 1;
    }
    count = ibv_poll_cq(f->cq, 1, &wc);
    *wr_id = wc.wr_id;
    return count;
}

static void *poll_there(void *argument)
{
    struct fixture *f = argument;
    struct ibv_wc wc;

    flag_set(&f->started);
    f->result = ibv_poll_cq(f->cq, 1, &wc);
    f->wr_id = wc.wr_id;
    return NULL;
}

static void stop_in_the_middle(struct fixture *f)
{
    f->started = false;
    stop_page_take(f->driver.cqs[f->cq->handle].entries);
    assert_int_equal(pthread_create(&f->thread, NULL, poll_there, f), 0);
    stop_page_await();
}

static void poll_goes_on(struct fixture *f)
{
    stop_page_give();
    assert_int_equal(pthread_join(f->thread, NULL), 0);
    stop_page_end();
}

/* Destroying does not wait, the poll does not deliver what is gone, and nothing is leaked. */
static void a_queue_pair_goes(void **state)
{
    struct fixture *f = *state;

    for (unsigned turn = 0; turn < 3; turn++) {
        complete_two(f);
        stop_in_the_middle(f);
        assert_int_equal(ibv_destroy_qp(f->qp), 0);
        poll_goes_on(f);
        assert_int_equal(f->result, 0);
    }
}

/* Another one goes: what there is comes, and what it leaves behind is freed. */
static void another_queue_pair_goes(void **state)
{
    struct fixture *f = *state;
    struct ibv_qp *other;

    f->driver.next_qp_num = 100;
    other = make_srd(f->world, f->cq);
    f->driver.next_qp_num = 101;
    complete_two(f);
    stop_in_the_middle(f);
    assert_int_equal(ibv_destroy_qp(other), 0);
    poll_goes_on(f);
    assert_int_equal(f->result, 1);
    assert_int_equal(f->wr_id, 1);
    assert_int_equal(ibv_destroy_qp(f->qp), 0);
}

/* RESET does not wait either. */
static void a_queue_pair_is_reset(void **state)
{
    struct fixture *f = *state;
    struct ibv_qp_attr attr = {.qp_state = IBV_QPS_RESET};

    complete_two(f);
    stop_in_the_middle(f);
    assert_int_equal(ibv_modify_qp(f->qp, &attr, IBV_QP_STATE), 0);
    ready(f->qp);
    assert_int_equal(post_send_to(f->qp, f->world, f->qp, 9, NULL, 0), 0);
    poll_goes_on(f);
    assert_int_equal(f->result, 0);
    assert_int_equal(ibv_destroy_qp(f->qp), 0);
}

/* Numbers for which the CQ's map grows with each queue pair. */
#define OTHERS 6u

static void create_others(struct fixture *f, struct ibv_qp *others[OTHERS])
{
    for (unsigned i = 0; i < OTHERS; i++) {
        f->driver.next_qp_num = 16u << i;
        others[i] = make_srd(f->world, f->cq);
    }
}

static void destroy_others(struct ibv_qp *others[OTHERS])
{
    for (unsigned i = 0; i < OTHERS; i++)
        assert_int_equal(ibv_destroy_qp(others[i]), 0);
}

static bool memory_waits(const struct fixture *f)
{
    return efa_load_relaxed_ptr(&efa_completion_queue_of(f->cq)->retired) != NULL;
}

/*
 * The CQ's map grows, once with the queue pair in it and once after it is gone. The poll stops
 * before it looks at the map, so it does not show by itself that the old one is still there.
 */
static void the_map_grows(void **state)
{
    struct fixture *f = *state;
    struct ibv_qp *others[OTHERS];

    for (unsigned turn = 0; turn < 2; turn++) {
        f->driver.next_qp_num = UINT32_MAX; /* 0 is next, which shares the first place */
        complete_two(f);
        stop_in_the_middle(f);
        if (turn == 1)
            assert_int_equal(ibv_destroy_qp(f->qp), 0);
        assert_int_equal(memory_waits(f), turn == 1); /* the queue pair's, before the map's */
        create_others(f, others);
        assert_true(memory_waits(f));
        poll_goes_on(f);
        assert_false(memory_waits(f));
        assert_int_equal(f->result, turn == 1 ? 0 : 1);
        destroy_others(others);
        if (turn == 0)
            assert_int_equal(ibv_destroy_qp(f->qp), 0);
        /* The map of a CQ does not shrink. */
        assert_int_equal(ibv_destroy_cq(f->cq), 0);
        f->ex = make_cq_ex(f->world, 256, IBV_WC_STANDARD_FLAGS);
        f->cq = ibv_cq_ex_to_cq(f->ex);
    }
}

struct traffic {
    struct fixture *f;
    const struct fake_qp *fake;
    bool ends, failed;
    unsigned polled;
};

static bool post_and_poll_one(const struct traffic *traffic, unsigned i)
{
    struct fixture *f = traffic->f;
    struct ibv_wc wc;
    uint16_t id;

    if (post_send_to(f->qp, f->world, f->qp, i, NULL, 0))
        return false;
    id = fake_send(traffic->fake, i % 16)->request_id;
    fake_complete(&f->driver, f->cq, 0, fake_sent(f->qp, id));
    return ibv_poll_cq(f->cq, 1, &wc) == 1 && wc.wr_id == i;
}

/* Posts, completes and polls one request after the other, until `ends` or a failure. */
static void *post_and_poll(void *argument)
{
    struct traffic *traffic = argument;

    do {
        traffic->failed = !post_and_poll_one(traffic, traffic->polled);
        if (!traffic->failed)
            traffic->polled++;
    } while (!traffic->failed && !flag_get(&traffic->ends));
    return NULL;
}

/* The map grows and queues go while another thread finds its own in it: every completion comes. */
static void a_map_that_grows_under_traffic(void **state)
{
    struct fixture *f = *state;

    for (unsigned turn = 0; turn < 50; turn++) {
        struct traffic traffic = {.f = f};
        struct ibv_qp *others[OTHERS];
        pthread_t thread;

        f->driver.next_qp_num = 0;
        f->qp = ready(make_srd(f->world, f->cq));
        traffic.fake = fake_qp_of(&f->driver, f->qp);
        assert_int_equal(pthread_create(&thread, NULL, post_and_poll, &traffic), 0);
        for (unsigned again = 0; again < 3; again++) {
            create_others(f, others);
            destroy_others(others);
        }
        flag_set(&traffic.ends);
        assert_int_equal(pthread_join(thread, NULL), 0);
        assert_false(traffic.failed);
        assert_true(traffic.polled > 0);
        assert_int_equal(fake_sends_rung(traffic.fake), traffic.polled & 0xffff);
        assert_int_equal(ibv_destroy_qp(f->qp), 0);
        assert_int_equal(ibv_destroy_cq(f->cq), 0);
        f->ex = make_cq_ex(f->world, 256, IBV_WC_STANDARD_FLAGS);
        f->cq = ibv_cq_ex_to_cq(f->ex);
    }
}

static void *let_go(void *argument)
{
    const bool *started = argument;

    while (!flag_get(started))
        sched_yield();
    for (unsigned i = 0; i < 200; i++)
        sched_yield(); /* the second poll is waiting by now, or will not have to */
    stop_page_give();
    return NULL;
}

/* Another poll waits for the one in progress, and gets what it left. */
static void another_poll(void **state)
{
    struct fixture *f = *state;

    for (unsigned turn = 0; turn < 6; turn++) {
        bool about_to_poll = false;
        pthread_t helper;
        uint64_t wr_id = 0;

        f->sessions = turn & 1;
        complete_two(f);
        stop_in_the_middle(f);
        assert_int_equal(pthread_create(&helper, NULL, let_go, &about_to_poll), 0);
        flag_set(&about_to_poll);
        assert_int_equal(poll_one(f, &wr_id), 1);
        assert_int_equal(pthread_join(helper, NULL), 0);
        poll_goes_on(f);
        assert_int_equal(f->result, 1);
        assert_int_equal(f->wr_id, 1);
        assert_int_equal(wr_id, 2);
        assert_int_equal(ibv_destroy_qp(f->qp), 0);
    }
}

/* The CQ itself stays while it is polled. */
static void the_cq_is_to_go(void **state)
{
    struct fixture *f = *state;

    complete_two(f);
    stop_in_the_middle(f);
    assert_int_equal(ibv_destroy_qp(f->qp), 0);
    log_forget();
    assert_int_equal(ibv_destroy_cq(f->cq), EBUSY);
    assert_log("a poll of CQ");
    poll_goes_on(f);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_queue_pair_goes),
        TEST(another_queue_pair_goes),
        TEST(a_queue_pair_is_reset),
        TEST(another_poll),
        TEST(the_cq_is_to_go),
        TEST(the_map_grows),
        TEST(a_map_that_grows_under_traffic),
    };

    return cmocka_run_group_tests_name("in the middle of a poll", tests, NULL, NULL);
}
