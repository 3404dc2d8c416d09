/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The promise that one thread uses a queue: what it covers, and what happens if it is broken. A
 * debug build notices that in each call. A release build uses the queue as if it were not broken.
 * lib_exclusive_test covers promises that are kept.
 */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

#include "lib_fake_driver.h"
#include "lib_stop_page.h"
#include "queue/queue_pair.h"
#include "verbs/cq.h"

struct fixture {
    struct fake_driver driver;
    struct world *world;
    struct ibv_td *td;
    struct ibv_pd *parent;
    struct ibv_cq_ex *ex;
    struct ibv_cq *cq;
    struct ibv_qp *qp;
    struct ibv_qp_ex *qp_ex;
    void *page; /* where a call of the other thread is stopped */
    pthread_t thread;
};

/* The CQ by its flag, the queue pair by its domain. */
static int set_up(void **state)
{
    static struct fixture f;
    struct ibv_cq_init_attr_ex cq_attr = {.cqe = 16,
                                          .comp_mask = IBV_CQ_INIT_ATTR_MASK_FLAGS,
                                          .flags = IBV_CREATE_CQ_ATTR_SINGLE_THREADED};
    struct ibv_qp_cap cap = {8, 8, 1, 1, 0};

    memset(&f, 0, sizeof f);
    f.world = fake_world_create(&f.driver, 3, 1);
    f.parent = make_parent(f.world, &f.td);
    f.ex = ibv_create_cq_ex(f.world->context, &cq_attr);
    assert_non_null(f.ex);
    f.cq = ibv_cq_ex_to_cq(f.ex);
    f.qp = ready(make_srd_in(f.parent, f.cq, f.cq, &cap, IBV_QP_EX_WITH_SEND));
    f.qp_ex = ibv_qp_to_qp_ex(f.qp);
    f.page = mmap(NULL, STOP_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(f.page != MAP_FAILED);
    log_forget();
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(munmap(f->page, STOP_PAGE_SIZE), 0);
    assert_int_equal(ibv_destroy_qp(f->qp), 0);
    assert_int_equal(ibv_destroy_cq(f->cq), 0);
    destroy_parent(f->parent, f->td);
    fake_world_destroy(&f->driver, f->world);
    return 0;
}

#define TWO_THREADS "two threads use a queue at the same time, although it was promised to one"
#define SESSION_OPEN "a send while a wr_* session is open on a queue that was promised to one"

static bool is_noticed(const char *line)
{
    bool noticed = log_contains(line);

    log_forget();
    return noticed;
}

static void assert_noticed(const char *line)
{
#ifndef NDEBUG
    assert_true(is_noticed(line));
#else
    assert_false(is_noticed(line));
#endif
}

static int send_one(struct fixture *f)
{
    return post_send_to(f->qp, f->world, f->qp, 1, NULL, 0);
}

static int receive_one(struct fixture *f)
{
    struct ibv_sge none = {0};

    return post_recv_one(f->qp, 1, &none, 1);
}

static bool is_exclusive_cq(struct fixture *f, uint32_t comp_mask, uint32_t flags,
                            struct ibv_pd *domain)
{
    struct ibv_cq_init_attr_ex attr = {
        .cqe = 16, .comp_mask = comp_mask, .flags = flags, .parent_domain = domain};
    struct ibv_cq_ex *cq = ibv_create_cq_ex(f->world->context, &attr);
    bool exclusive;

    assert_non_null(cq);
    exclusive = efa_cq_of(ibv_cq_ex_to_cq(cq))->queue.exclusive != 0;
    assert_int_equal(ibv_destroy_cq(ibv_cq_ex_to_cq(cq)), 0);
    return exclusive;
}

/* Whether both queues are; they must not differ. */
static bool is_exclusive_qp(struct fixture *f, struct ibv_pd *pd)
{
    struct ibv_qp_init_attr attr = {
        .send_cq = f->cq, .recv_cq = f->cq, .cap = {4, 4, 1, 1, 0}, .qp_type = IBV_QPT_UD};
    struct ibv_qp *qp;
    bool exclusive;

    f->driver.next_qp_num++;
    qp = ibv_create_qp(pd, &attr);
    assert_non_null(qp);
    exclusive = efa_queue_pair_of(qp)->sq.exclusive != 0;
    assert_int_equal(efa_queue_pair_of(qp)->rq.exclusive != 0, exclusive);
    assert_int_equal(ibv_destroy_qp(qp), 0);
    return exclusive;
}

/* Only what the client made a promise for does without locks. */
static void what_the_promise_covers(void **state)
{
    struct fixture *f = *state;
    struct ibv_parent_domain_init_attr attr = {.pd = f->world->pd};
    struct ibv_pd *without = ibv_alloc_parent_domain(f->world->context, &attr);
    const uint32_t by_pd = IBV_CQ_INIT_ATTR_MASK_PD, by_flags = IBV_CQ_INIT_ATTR_MASK_FLAGS;

    assert_non_null(without);
    assert_false(is_exclusive_cq(f, 0, 0, NULL));
    assert_false(is_exclusive_cq(f, 0, IBV_CREATE_CQ_ATTR_SINGLE_THREADED, f->parent));
    assert_false(is_exclusive_cq(f, by_flags, IBV_CREATE_CQ_ATTR_IGNORE_OVERRUN, NULL));
    assert_true(is_exclusive_cq(f, by_flags, IBV_CREATE_CQ_ATTR_SINGLE_THREADED, NULL));
    assert_false(is_exclusive_cq(f, by_pd, 0, f->world->pd));
    assert_false(is_exclusive_cq(f, by_pd, 0, without));
    assert_true(is_exclusive_cq(f, by_pd, 0, f->parent));
    assert_false(is_exclusive_qp(f, f->world->pd));
    assert_false(is_exclusive_qp(f, without));
    assert_true(is_exclusive_qp(f, f->parent));
    assert_int_equal(ibv_dealloc_pd(without), 0);
}

static void in_turn(void **state)
{
    struct fixture *f = *state;
    struct ibv_wc wc;

    assert_int_equal(send_one(f), 0);
    assert_int_equal(receive_one(f), 0);
    ibv_wr_start(f->qp_ex);
    assert_int_equal(receive_one(f), 0); /* the other side, while a session is open */
    assert_int_equal(ibv_poll_cq(f->cq, 1, &wc), 0);
    ibv_wr_abort(f->qp_ex);
    fake_complete(&f->driver, f->cq, 0,
                  fake_sent(f->qp, fake_send(&f->driver.qps[0], 0)->request_id));
    assert_int_equal(ibv_start_poll(f->ex, NULL), 0);
    assert_int_equal(ibv_poll_cq(f->cq, 1, &wc), 0); /* empty, for the session has what there is */
    ibv_end_poll(f->ex);
    assert_string_equal(log_last(), "");
}

/* Acts as if another thread were inside a call, at the start of each call. */
static void each_call_looks(void **state)
{
    struct fixture *f = *state;
    struct efa_spinlock *send_lock = &efa_queue_pair_of(f->qp)->sq.lock;
    struct efa_spinlock *recv_lock = &efa_queue_pair_of(f->qp)->rq.lock;
    struct efa_spinlock *cq_lock = &efa_cq_of(f->cq)->queue.lock;
    struct ibv_wc wc;

    send_lock->holder = EFA_HELD_BY_CALL;
    assert_int_equal(send_one(f), 0);
    assert_noticed(TWO_THREADS);
    send_lock->holder = EFA_HELD_BY_CALL;
    ibv_wr_start(f->qp_ex);
    assert_noticed(TWO_THREADS);
    ibv_wr_abort(f->qp_ex);
    recv_lock->holder = EFA_HELD_BY_CALL;
    assert_int_equal(receive_one(f), 0);
    assert_noticed(TWO_THREADS);
    cq_lock->holder = EFA_HELD_BY_CALL;
    assert_int_equal(ibv_poll_cq(f->cq, 1, &wc), 0);
    assert_noticed(TWO_THREADS);
    cq_lock->holder = EFA_HELD_BY_CALL;
    assert_int_equal(ibv_start_poll(f->ex, NULL), ENOENT);
    assert_noticed(TWO_THREADS);
}

/* With a lock these would wait for the session to end. */
static void a_send_session_is_open(void **state)
{
    struct fixture *f = *state;

    ibv_wr_start(f->qp_ex);
    assert_int_equal(send_one(f), 0);
    assert_noticed(SESSION_OPEN);
    ibv_wr_start(f->qp_ex);
    ibv_wr_start(f->qp_ex);
    assert_noticed(SESSION_OPEN);
    ibv_wr_abort(f->qp_ex);
    assert_int_equal(send_one(f), 0);
    assert_string_equal(log_last(), "");
}

/* Another thread is stopped inside `call` when it touches the page. */
static void stop_there(struct fixture *f, void *(*call)(void *fixture))
{
    stop_page_take(f->page);
    assert_int_equal(pthread_create(&f->thread, NULL, call, f), 0);
    stop_page_await();
    log_forget();
}

static void goes_on(struct fixture *f)
{
    stop_page_give();
    assert_int_equal(pthread_join(f->thread, NULL), 0);
    stop_page_end();
}

static void *send_there(void *argument)
{
    struct fixture *f = argument;

    (void)ibv_post_send(f->qp, f->page, NULL);
    return NULL;
}

static void *receive_there(void *argument)
{
    struct fixture *f = argument;

    (void)ibv_post_recv(f->qp, f->page, NULL);
    return NULL;
}

static void *poll_there(void *argument)
{
    struct fixture *f = argument;

    (void)ibv_poll_cq(f->cq, 1, f->page);
    return NULL;
}

/* The state of the queue does not matter here: the test destroys it. */
static void two_threads(void **state)
{
    struct fixture *f = *state;
    struct ibv_wc wc;

    stop_there(f, send_there); /* an empty request: rejected when it is read */
    assert_int_equal(send_one(f), 0);
    assert_noticed(TWO_THREADS);
    goes_on(f);

    stop_there(f, receive_there);
    assert_int_equal(receive_one(f), 0);
    assert_noticed(TWO_THREADS);
    goes_on(f);

    fake_complete(&f->driver, f->cq, 0,
                  fake_sent(f->qp, fake_send(&f->driver.qps[0], 0)->request_id));
    stop_there(f, poll_there);
    assert_true(ibv_poll_cq(f->cq, 1, &wc) >= 0);
    assert_noticed(TWO_THREADS);
    goes_on(f);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(what_the_promise_covers), TEST(in_turn),     TEST(each_call_looks),
        TEST(a_send_session_is_open),  TEST(two_threads),
    };

    return cmocka_run_group_tests_name("thread domains", tests, NULL, NULL);
}
