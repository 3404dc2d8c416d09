/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Calls while the process ends and a thread that Windows has ended holds the lock: each call takes
 * it over, and what a queue can do afterwards. (lib_thread_end_test has every place where a thread
 * can end.)
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "driver/win32_error.h"
#include "lib_fake_driver.h"
#include "os/os.h"
#include "queue/consume.h"
#include "queue/queue_pair.h"
#include "verbs/cq.h"
#include "verbs/objects.h"

enum { DEPTH = 8 };

struct fixture {
    struct fake_driver driver;
    struct world *world;
    struct ibv_cq_ex *ex;
    struct ibv_cq *cq;
    struct ibv_qp *qp;
    struct ibv_qp_ex *qp_ex;
};

/* `max_batch`: sends between two doorbells; "0": the adapter has no limit. */
static int set_up_world(void **state, uint32_t flags, const char *max_batch)
{
    static struct fixture f;
    struct ibv_cq_init_attr_ex attr = {
        .cqe = DEPTH, .comp_mask = IBV_CQ_INIT_ATTR_MASK_FLAGS, .flags = flags};
    struct ibv_qp_cap cap = default_cap();

    memset(&f, 0, sizeof f);
    assert_int_equal(setenv("EFAWIN_MAX_BATCH", max_batch, 1), 0);
    f.world = fake_world_create(&f.driver, 3, 1);
    assert_int_equal(unsetenv("EFAWIN_MAX_BATCH"), 0);
    f.ex = ibv_create_cq_ex(f.world->context, &attr);
    assert_non_null(f.ex);
    f.cq = ibv_cq_ex_to_cq(f.ex);
    f.qp = ready(make_srd_with(f.world, f.cq, f.cq, &cap, IBV_QP_EX_WITH_SEND));
    f.qp_ex = ibv_qp_to_qp_ex(f.qp);
    log_forget();
    *state = &f;
    return 0;
}

static int set_up(void **state)
{
    return set_up_world(state, 0, "0");
}

static int set_up_limited(void **state)
{
    return set_up_world(state, 0, "2");
}

static int set_up_promised(void **state)
{
    return set_up_world(state, IBV_CREATE_CQ_ATTR_SINGLE_THREADED, "0");
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    efa_os_pretend_process_ends(false);
    if (f->qp)
        assert_int_equal(ibv_destroy_qp(f->qp), 0);
    if (f->cq)
        assert_int_equal(ibv_destroy_cq(f->cq), 0);
    fake_world_destroy(&f->driver, f->world);
    return 0;
}

static struct efa_completion_queue *queue_of(struct fixture *f)
{
    return &efa_cq_of(f->cq)->queue;
}

static struct efa_send_queue *sq_of(struct fixture *f)
{
    return &efa_queue_pair_of(f->qp)->sq;
}

static struct efa_recv_queue *rq_of(struct fixture *f)
{
    return &efa_queue_pair_of(f->qp)->rq;
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

static void put_one(struct fixture *f)
{
    ibv_wr_send(f->qp_ex);
    ibv_wr_set_ud_addr(f->qp_ex, f->world->self, f->qp->qp_num, QKEY);
}

static int session_of_one(struct fixture *f)
{
    ibv_wr_start(f->qp_ex);
    put_one(f);
    return ibv_wr_complete(f->qp_ex);
}

static void reset(struct ibv_qp *qp)
{
    struct ibv_qp_attr attr = {.qp_state = IBV_QPS_RESET};

    assert_int_equal(ibv_modify_qp(qp, &attr, IBV_QP_STATE), 0);
    ready(qp);
}

/* Sends that were posted and have completed, `count` of them. */
static void make_completions(struct fixture *f, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        const struct fake_qp *fake = fake_qp_of(&f->driver, f->qp);
        uint32_t posted = fake_sends_rung(fake);

        assert_int_equal(send_one(f), 0);
        fake_complete(&f->driver, f->cq, 0,
                      fake_sent(f->qp, fake_send(fake, posted % 16)->request_id));
    }
}

/* A thread ended in a call, or with a session open, and the process is ending. */
static void ended_inside(struct efa_spinlock *lock, enum efa_spinlock_holder holder)
{
    lock->holder = holder;
    efa_os_pretend_process_ends(true);
}

/* ---- Completion queues ---- */

static void polls_take_over(void **state)
{
    struct fixture *f = *state;
    struct ibv_wc wc;

    make_completions(f, 4);
    ended_inside(&queue_of(f)->lock, EFA_HELD_BY_CALL);
    assert_int_equal(ibv_poll_cq(f->cq, 1, &wc), 1);
    ended_inside(&queue_of(f)->lock, EFA_HELD_BY_SESSION);
    assert_int_equal(ibv_poll_cq(f->cq, 1, &wc), 1);
    ended_inside(&queue_of(f)->lock, EFA_HELD_BY_CALL);
    assert_int_equal(ibv_start_poll(f->ex, NULL), 0);
    ibv_end_poll(f->ex);
    ended_inside(&queue_of(f)->lock, EFA_HELD_BY_SESSION);
    assert_int_equal(ibv_start_poll(f->ex, NULL), 0);
    ibv_end_poll(f->ex);
    assert_int_equal(ibv_poll_cq(f->cq, 1, &wc), 0);
    assert_string_equal(log_last(), ""); /* nothing is wrong */
}

/* While threads live, completions belong to the open session. */
static void polls_respect_a_session_while_threads_live(void **state)
{
    struct fixture *f = *state;
    struct ibv_wc wc;

    make_completions(f, 1);
    queue_of(f)->lock.holder = EFA_HELD_BY_SESSION;
    assert_int_equal(ibv_poll_cq(f->cq, 1, &wc), 0);
    assert_int_equal(ibv_start_poll(f->ex, NULL), ENOENT);
    ibv_end_poll(f->ex);
    assert_int_equal(ibv_poll_cq(f->cq, 1, &wc), 1);
}

/*
 * The thread ended at the end of the ring, before or after each store that goes back to its start.
 */
static void the_end_of_the_ring_is_passed_once(void **state)
{
    struct fixture *f = *state;
    struct efa_sub_cq *sub_cq = &queue_of(f)->sub_cqs[0];
    struct ibv_wc wc[DEPTH];

    for (unsigned stores = 0; stores < 4; stores++) {
        uint32_t phase = sub_cq->phase;

        make_completions(f, DEPTH);
        assert_int_equal(ibv_poll_cq(f->cq, DEPTH, wc), DEPTH);
        assert_ptr_equal(sub_cq->next, sub_cq->end - sub_cq->ring_size);
        /* Back to before the last stores. */
        queue_of(f)->wrap = stores > 0 ? sub_cq->phase | 1 : 0;
        if (stores < 2)
            sub_cq->phase = phase;
        if (stores < 3)
            sub_cq->next = sub_cq->end;
        make_completions(f, 1);
        ended_inside(&queue_of(f)->lock, EFA_HELD_BY_CALL);
        assert_int_equal(ibv_poll_cq(f->cq, DEPTH, wc), 1);
        make_completions(f, DEPTH - 1);
        assert_int_equal(ibv_poll_cq(f->cq, DEPTH, wc), DEPTH - 1);
    }
}

/* Its request was given back, its entry not passed: the adapter did nothing wrong. */
static void a_completion_half_taken_is_dropped_without_a_line(void **state)
{
    struct fixture *f = *state;
    struct ibv_wc wc;

    make_completions(f, 2);
    assert_int_equal(ibv_poll_cq(f->cq, 1, &wc), 1);
    queue_of(f)->sub_cqs[0].next -= EFA_COMPLETION_ENTRY_SIZE;
    ended_inside(&queue_of(f)->lock, EFA_HELD_BY_CALL);
    assert_int_equal(ibv_poll_cq(f->cq, 1, &wc), 1);
    assert_int_equal(queue_of(f)->dropped_stale, 0);
    assert_string_equal(log_last(), "");
}

static void a_cq_is_destroyed_while_it_is_held(void **state)
{
    struct fixture *f = *state;

    queue_of(f)->lock.holder = EFA_HELD_BY_SESSION;
    assert_int_equal(ibv_destroy_qp(f->qp), 0); /* its tables stay with the CQ */
    f->qp = NULL;
    assert_non_null(queue_of(f)->retired);
    assert_int_equal(ibv_destroy_cq(f->cq), EBUSY);
    efa_os_pretend_process_ends(true);
    assert_int_equal(ibv_destroy_cq(f->cq), 0);
    f->cq = NULL;
}

/* ---- Queue pairs ---- */

#define ENDING "a thread ended with the process while it posted here"

/* A descriptor may be half-written: nothing more is announced, until RESET. */
static void an_abandoned_send_queue_is_closed(void **state)
{
    struct fixture *f = *state;
    const struct fake_qp *fake = fake_qp_of(&f->driver, f->qp);

    assert_int_equal(send_one(f), 0);
    sq_of(f)->position.line += EFA_SEND_DESCRIPTOR_SIZE; /* half a post */
    ended_inside(&sq_of(f)->lock, EFA_HELD_BY_CALL);
    assert_int_equal(send_one(f), EINVAL);
    assert_log(ENDING);
    log_forget();
    sq_of(f)->complained = false;
    assert_int_equal(session_of_one(f), EINVAL);
    assert_log(ENDING);
    ibv_wr_start(f->qp_ex);
    assert_int_equal(ibv_wr_complete(f->qp_ex), 0);
    ibv_wr_start(f->qp_ex);
    ibv_wr_abort(f->qp_ex);
    assert_int_equal(fake_sends_rung(fake), 1);
    assert_int_equal(receive_one(f), 0);

    reset(f->qp);
    assert_int_equal(send_one(f), 0);
    assert_int_equal(session_of_one(f), 0);
    assert_int_equal(fake_sends_rung(fake), 2);
}

static void an_open_session_is_abandoned(void **state)
{
    struct fixture *f = *state;

    ibv_wr_start(f->qp_ex);
    ibv_wr_send(f->qp_ex);
    efa_os_pretend_process_ends(true);
    assert_int_equal(session_of_one(f), EINVAL);
    assert_log(ENDING);
    assert_int_equal(send_one(f), EINVAL);
}

/* What waited in host memory for the end of the session is not posted with the next one. */
static void an_abandoned_session_posts_nothing(void **state)
{
    struct fixture *f = *state;
    const struct fake_qp *fake = fake_qp_of(&f->driver, f->qp);

    ibv_wr_start(f->qp_ex);
    put_one(f);
    put_one(f);
    efa_os_pretend_process_ends(true);
    ibv_wr_start(f->qp_ex);
    assert_int_equal(ibv_wr_complete(f->qp_ex), 0);
    ibv_wr_start(f->qp_ex);
    ibv_wr_abort(f->qp_ex);
    assert_int_equal(fake_sends_rung(fake), 0);

    reset(f->qp);
    assert_int_equal(session_of_one(f), 0);
    assert_int_equal(fake_sends_rung(fake), 1);
}

static void an_abandoned_receive_queue_is_closed(void **state)
{
    struct fixture *f = *state;
    const struct fake_qp *fake = fake_qp_of(&f->driver, f->qp);

    assert_int_equal(receive_one(f), 0);
    rq_of(f)->next += EFA_RECV_DESCRIPTOR_SIZE;
    ended_inside(&rq_of(f)->lock, EFA_HELD_BY_CALL);
    assert_int_equal(receive_one(f), EINVAL);
    assert_log(ENDING);
    assert_int_equal(receive_one(f), EINVAL);
    assert_int_equal(fake_recvs_rung(fake), 1);
    assert_int_equal(send_one(f), 0);

    reset(f->qp);
    assert_int_equal(receive_one(f), 0);
    assert_int_equal(fake_recvs_rung(fake), 1);
}

/* A state that would let post does not open it again. */
static void an_abandoned_queue_stays_closed(void **state)
{
    struct fixture *f = *state;
    struct ibv_qp_attr attr = {.qp_state = IBV_QPS_SQD};

    ended_inside(&sq_of(f)->lock, EFA_HELD_BY_CALL);
    assert_int_equal(send_one(f), EINVAL);
    rq_of(f)->lock.holder = EFA_HELD_BY_CALL;
    assert_int_equal(ibv_modify_qp(f->qp, &attr, IBV_QP_STATE), 0);
    attr.qp_state = IBV_QPS_RTS;
    assert_int_equal(ibv_modify_qp(f->qp, &attr, IBV_QP_STATE), 0);
    assert_int_equal(send_one(f), EINVAL);
    assert_int_equal(receive_one(f), EINVAL);
}

static void reset_takes_over(void **state)
{
    struct fixture *f = *state;
    struct ibv_qp_attr attr = {.qp_state = IBV_QPS_RESET};

    ibv_wr_start(f->qp_ex);
    assert_int_equal(ibv_modify_qp(f->qp, &attr, IBV_QP_STATE), EBUSY);
    rq_of(f)->lock.holder = EFA_HELD_BY_CALL;
    efa_os_pretend_process_ends(true);
    assert_int_equal(ibv_modify_qp(f->qp, &attr, IBV_QP_STATE), 0);
    ready(f->qp);
    assert_int_equal(send_one(f), 0);
    assert_int_equal(receive_one(f), 0);
}

/* The positions of its rings are not known. */
static void an_abandoned_queue_is_not_handed_over(void **state)
{
    struct fixture *f = *state;
    struct efadv_wq_attr sq = {0}, rq = {0};

    ended_inside(&sq_of(f)->lock, EFA_HELD_BY_SESSION);
    assert_int_equal(efadv_query_qp_wqs(f->qp, &sq, &rq, sizeof sq), EBUSY);
}

/* ---- Control calls ---- */

static void *take_and_end(void *mutex)
{
    efa_mutex_lock(mutex);
    return NULL;
}

static void control_calls_take_over(void **state)
{
    struct fixture *f = *state;
    struct efa_mutex *mutex = &efa_context_of(f->world->context)->qp_mutex;
    struct ibv_qp_init_attr init;
    struct ibv_qp_attr attr;
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, take_and_end, mutex), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    efa_os_pretend_process_ends(true);
    assert_int_equal(ibv_query_qp(f->qp, &attr, 0, &init), 0);
    assert_int_equal(attr.qp_state, IBV_QPS_RTS);
    assert_int_equal(ibv_destroy_qp(f->qp), 0);
    f->qp = NULL;
}

/* A thread ended while the table grew, and this address was not in the new one yet. */
static void an_address_handle_that_is_not_in_its_table(void **state)
{
    struct fixture *f = *state;
    struct efa_address_table *table = &efa_pd_of(f->world->pd)->addresses;
    struct efa_address **bucket = table->buckets;
    pthread_t thread;

    while (!*bucket)
        bucket++;
    *bucket = NULL;
    assert_int_equal(pthread_create(&thread, NULL, take_and_end, &table->mutex), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    efa_os_pretend_process_ends(true);
    assert_int_equal(ibv_destroy_ah(f->world->self), 0);
    f->world->self = make_ah(f->world);
}

/* An ended thread may have been creating an object in it, which the library does not know. */
static void what_the_driver_calls_busy_is_destroyed(void **state)
{
    struct fixture *f = *state;
    struct ibv_pd *pd = ibv_alloc_pd(f->world->context);

    intercept_add(&f->world->intercept, EFA_DEALLOC_PD)->error = EFA_WIN32_BUSY;
    assert_int_equal(ibv_dealloc_pd(pd), EBUSY);
    efa_os_pretend_process_ends(true);
    assert_int_equal(ibv_dealloc_pd(pd), 0);
    intercept_clear(&f->world->intercept);
}

#define PROCESS_END_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
#define LIMITED_TEST(test) cmocka_unit_test_setup_teardown(test, set_up_limited, tear_down)
#define PROMISED_TEST(test) {#test "(promised)", test, set_up_promised, tear_down, NULL}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROCESS_END_TEST(polls_take_over),
        PROMISED_TEST(polls_take_over),
        PROCESS_END_TEST(polls_respect_a_session_while_threads_live),
        PROMISED_TEST(polls_respect_a_session_while_threads_live),
        PROCESS_END_TEST(the_end_of_the_ring_is_passed_once),
        PROMISED_TEST(the_end_of_the_ring_is_passed_once),
        PROCESS_END_TEST(a_completion_half_taken_is_dropped_without_a_line),
        PROCESS_END_TEST(a_cq_is_destroyed_while_it_is_held),
        PROCESS_END_TEST(an_abandoned_send_queue_is_closed),
        PROCESS_END_TEST(an_open_session_is_abandoned),
        LIMITED_TEST(an_abandoned_session_posts_nothing),
        PROCESS_END_TEST(an_abandoned_receive_queue_is_closed),
        PROCESS_END_TEST(an_abandoned_queue_stays_closed),
        PROCESS_END_TEST(reset_takes_over),
        PROCESS_END_TEST(an_abandoned_queue_is_not_handed_over),
        PROCESS_END_TEST(control_calls_take_over),
        PROCESS_END_TEST(an_address_handle_that_is_not_in_its_table),
        PROCESS_END_TEST(what_the_driver_calls_busy_is_destroyed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
