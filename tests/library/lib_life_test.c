/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The life of objects: parents and children, sessions that are open across other calls, RESET. */
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "lib_support.h"

static void everything_keeps_its_parent(void **state)
{
    struct world *world = *state;
    struct ibv_pd *pd = ibv_alloc_pd(world->context);
    struct ibv_cq *cq = make_cq(world, 16);
    struct ibv_qp_init_attr attr = {
        .send_cq = cq, .recv_cq = cq, .cap = default_cap(), .qp_type = IBV_QPT_UD};
    struct ibv_qp *qp = ibv_create_qp(pd, &attr);

    assert_non_null(qp);
    assert_int_equal(ibv_dealloc_pd(pd), EBUSY);
    assert_int_equal(ibv_destroy_cq(cq), EBUSY);
    assert_int_equal(ibv_close_device(world->context), EBUSY);
    /* Rejected, and nothing was freed: everything still works. */
    ready(qp);
    assert_int_equal(post_send_to(qp, world, qp, 1, NULL, 0), 0);
    assert_int_equal(ibv_destroy_qp(qp), 0);
    assert_int_equal(ibv_dealloc_pd(pd), 0);
    assert_int_equal(ibv_close_device(world->context), EBUSY);
    assert_int_equal(ibv_destroy_cq(cq), 0);
}

static void list_freed_while_contexts_live(void **state)
{
    struct world *world = *state;
    struct ibv_device **list = ibv_get_device_list(NULL);
    struct ibv_context *first = ibv_open_device(list[0]), *second = ibv_open_device(list[0]);
    struct ibv_device_attr attr;

    (void)world;
    ibv_free_device_list(list);
    assert_string_equal(first->device->name, "EFA");
    assert_int_equal(ibv_query_device(first, &attr), 0);
    assert_int_equal(ibv_close_device(first), 0);
    assert_string_equal(second->device->name, "EFA");
    /* A device that a context keeps can be opened again. */
    first = ibv_open_device(second->device);
    assert_non_null(first);
    assert_int_equal(ibv_close_device(second), 0);
    assert_int_equal(ibv_close_device(first), 0);
}

static void two_contexts_talk_to_each_other(void **state)
{
    struct world *one = *state, two = *one;
    struct buffer source, target;
    struct ibv_wc wc;

    two.context = ibv_open_device(one->context->device);
    assert_non_null(two.context);
    two.pd = ibv_alloc_pd(two.context);
    two.self = make_ah(&two);
    struct ibv_cq *cq_one = make_cq(one, 16), *cq_two = make_cq(&two, 16);
    struct ibv_qp *qp_one = ready(make_srd(one, cq_one)), *qp_two = ready(make_srd(&two, cq_two));

    assert_int_not_equal(qp_one->qp_num, qp_two->qp_num);
    buffer_create(one, &source, 64);
    buffer_create(&two, &target, 64);
    fill_pattern(&source, 3);
    struct ibv_sge out = sge_of(&source, 0, 64), in = sge_of(&target, 0, 64);

    assert_int_equal(post_recv_one(qp_two, 2, &in, 1), 0);
    assert_int_equal(post_send_to(qp_one, one, qp_two, 1, &out, 1), 0);
    poll_exactly(one, cq_one, &wc, 1);
    assert_int_equal(wc.wr_id, 1);
    poll_exactly(one, cq_two, &wc, 1);
    assert_int_equal(wc.wr_id, 2);
    assert_memory_equal(source.bytes, target.bytes, 64);

    buffer_destroy(&source);
    assert_int_equal(ibv_destroy_qp(qp_one), 0);
    assert_int_equal(ibv_destroy_cq(cq_one), 0);
    /* The other context works on while this one's objects are destroyed. */
    assert_int_equal(post_recv_one(qp_two, 2, &in, 1), 0);
    buffer_destroy(&target);
    assert_int_equal(ibv_destroy_qp(qp_two), 0);
    assert_int_equal(ibv_destroy_cq(cq_two), 0);
    assert_int_equal(ibv_destroy_ah(two.self), 0);
    assert_int_equal(ibv_dealloc_pd(two.pd), 0);
    assert_int_equal(ibv_close_device(two.context), 0);
}

/* A current completion: a failed send of a queue pair that is about to be destroyed. */
static struct ibv_qp *hold_completion(struct world *world, struct ibv_cq_ex *ex)
{
    struct ibv_qp *qp = ready(make_srd(world, ibv_cq_ex_to_cq(ex)));
    struct ibv_sge wrong = {.addr = 64, .length = 8, .lkey = 0xabcdef};

    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(post_send_to(qp, world, qp, 70 + i, &wrong, 1), 0);
    world_run(world);
    assert_int_equal(ibv_start_poll(ex, NULL), 0);
    assert_int_equal(ex->wr_id, 70);
    return qp;
}

static void in_hand(struct ibv_cq_ex *ex, uint32_t qp_num)
{
    assert_int_equal(ex->wr_id, 70);
    assert_int_equal(ex->status, IBV_WC_LOC_PROT_ERR);
    assert_int_equal(ibv_wc_read_opcode(ex), IBV_WC_SEND);
    assert_int_equal(ibv_wc_read_qp_num(ex), qp_num);
    assert_int_equal(ibv_wc_read_vendor_err(ex), 5);
}

static void qp_destroyed_with_a_poll_open(void **state)
{
    struct world *world = *state;
    struct ibv_cq_ex *ex = make_cq_ex(world, 64, IBV_WC_STANDARD_FLAGS);
    struct ibv_qp *qp = hold_completion(world, ex), *other;
    uint32_t qp_num = qp->qp_num;

    assert_int_equal(ibv_destroy_qp(qp), 0);
    in_hand(ex, qp_num);
    /* Everything else works meanwhile, on the same CQ too. */
    other = ready(make_srd(world, ibv_cq_ex_to_cq(ex)));
    assert_int_equal(post_send_to(other, world, other, 1, NULL, 0), 0);
    in_hand(ex, qp_num);
    /* What is left of the dead queue pair does not come. */
    assert_int_equal(ibv_destroy_qp(other), 0);
    assert_int_equal(ibv_next_poll(ex), ENOENT);
    ibv_end_poll(ex);
    assert_int_equal(ibv_start_poll(ex, NULL), ENOENT);
    assert_int_equal(ibv_destroy_cq(ibv_cq_ex_to_cq(ex)), 0);
}

struct other_thread {
    struct world *world;
    struct ibv_cq_ex *ex;
    struct ibv_qp *qp;
    int result;
};

static void *destroy_there(void *argument)
{
    struct other_thread *other = argument;

    other->result = ibv_destroy_qp(other->qp);
    return NULL;
}

static void *end_there(void *argument)
{
    struct other_thread *other = argument;

    ibv_end_poll(other->ex);
    other->result = ibv_start_poll(other->ex, NULL);
    return NULL;
}

static void run_there(void *(*function)(void *), struct other_thread *other)
{
    pthread_t thread;

    other->result = -1;
    assert_int_equal(pthread_create(&thread, NULL, function, other), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

static void qp_destroyed_elsewhere_and_poll_ended_elsewhere(void **state)
{
    struct world *world = *state;
    struct other_thread other = {.world = world};
    uint32_t qp_num;

    other.ex = make_cq_ex(world, 64, IBV_WC_STANDARD_FLAGS);
    other.qp = hold_completion(world, other.ex);
    qp_num = other.qp->qp_num;
    run_there(destroy_there, &other);
    assert_int_equal(other.result, 0);
    in_hand(other.ex, qp_num);
    run_there(end_there, &other);
    assert_int_equal(other.result, ENOENT);
    assert_int_equal(ibv_destroy_cq(ibv_cq_ex_to_cq(other.ex)), 0);
}

static void *poll_there(void *argument)
{
    struct other_thread *other = argument;
    struct ibv_wc wc;

    other->result = ibv_poll_cq(ibv_cq_ex_to_cq(other->ex), 1, &wc);
    if (other->result == 0)
        other->result = ibv_start_poll(other->ex, NULL);
    return NULL;
}

/* What there is belongs to the open poll: other polls find nothing, and none hangs. */
static void polls_while_a_poll_is_open(void **state)
{
    struct world *world = *state;
    struct other_thread other = {.world = world};
    struct ibv_wc wc[2];

    other.ex = make_cq_ex(world, 64, IBV_WC_STANDARD_FLAGS);
    other.qp = hold_completion(world, other.ex); /* one of three is current */
    assert_int_equal(ibv_start_poll(other.ex, NULL), ENOENT);
    assert_int_equal(ibv_poll_cq(ibv_cq_ex_to_cq(other.ex), 1, wc), 0);
    run_there(poll_there, &other);
    assert_int_equal(other.result, ENOENT);
    in_hand(other.ex, other.qp->qp_num);
    assert_int_equal(ibv_next_poll(other.ex), 0);
    assert_int_equal(other.ex->wr_id, 71);
    ibv_end_poll(other.ex);
    assert_int_equal(ibv_poll_cq(ibv_cq_ex_to_cq(other.ex), 2, wc), 1);
    assert_int_equal(wc[0].wr_id, 72);
    assert_int_equal(ibv_destroy_qp(other.qp), 0);
    assert_int_equal(ibv_destroy_cq(ibv_cq_ex_to_cq(other.ex)), 0);
}

/* libfabric keeps a send session open between two of its posts, whatever happens in between. */
static void send_session_open_across_other_calls(void **state)
{
    struct world *world = *state;
    struct ibv_cq_ex *ex = make_cq_ex(world, 64, IBV_WC_STANDARD_FLAGS);
    struct ibv_qp *qp = ready(make_srd(world, ibv_cq_ex_to_cq(ex)));
    struct ibv_qp_ex *qp_ex = ibv_qp_to_qp_ex(qp);
    struct buffer buffer;
    struct ibv_ah *ah;
    struct ibv_wc wc[2];

    ibv_wr_start(qp_ex);
    qp_ex->wr_id = 5;
    ibv_wr_send(qp_ex);
    buffer_create(world, &buffer, 64);
    struct ibv_sge in = sge_of(&buffer, 0, 64);

    assert_int_equal(post_recv_one(qp, 6, &in, 1), 0);
    assert_int_equal(ibv_start_poll(ex, NULL), ENOENT);
    ah = make_ah(world);
    struct ibv_qp *another = make_srd(world, ibv_cq_ex_to_cq(ex));

    assert_int_equal(ibv_destroy_qp(another), 0);
    ibv_wr_set_ud_addr(qp_ex, ah, qp->qp_num, QKEY);
    assert_int_equal(ibv_wr_complete(qp_ex), 0);
    poll_exactly(world, ibv_cq_ex_to_cq(ex), wc, 2);
    assert_int_equal(ibv_destroy_ah(ah), 0);
    buffer_destroy(&buffer);

    /* Destroyed with a session open: nothing of it was posted. */
    ibv_wr_start(qp_ex);
    ibv_wr_send(qp_ex);
    ibv_wr_set_ud_addr(qp_ex, world->self, qp->qp_num, QKEY);
    assert_int_equal(ibv_destroy_qp(qp), 0);
    assert_int_equal(ibv_start_poll(ex, NULL), ENOENT);
    assert_int_equal(ibv_destroy_cq(ibv_cq_ex_to_cq(ex)), 0);
}

static int go(struct ibv_qp *qp, enum ibv_qp_state state)
{
    struct ibv_qp_attr attr = {.qp_state = state};

    return ibv_modify_qp(qp, &attr, IBV_QP_STATE);
}

static void reset_with_a_send_session_open(void **state)
{
    struct world *world = *state;
    struct ibv_cq *cq = make_cq(world, 64);
    struct ibv_qp *qp = ready(make_srd(world, cq));
    struct ibv_qp_ex *qp_ex = ibv_qp_to_qp_ex(qp);
    struct ibv_sge none = {0};
    struct ibv_wc wc[2];

    assert_int_equal(post_recv_one(qp, 6, &none, 1), 0);
    ibv_wr_start(qp_ex);
    qp_ex->wr_id = 5;
    ibv_wr_send(qp_ex);
    ibv_wr_set_ud_addr(qp_ex, world->self, qp->qp_num, QKEY);
    log_forget();
    assert_int_equal(go(qp, IBV_QPS_RESET), EBUSY);
    assert_log("a wr_* session of QP");
    assert_int_equal(qp->state, IBV_QPS_RTS);
    assert_int_equal(ibv_wr_complete(qp_ex), 0);
    poll_exactly(world, cq, wc, 2);
    assert_int_equal(go(qp, IBV_QPS_RESET), 0);

    /* To ERR it may go: the session then fails, or its requests are flushed. */
    ready(qp);
    ibv_wr_start(qp_ex);
    assert_int_equal(go(qp, IBV_QPS_ERR), 0);
    ibv_wr_send(qp_ex);
    ibv_wr_set_ud_addr(qp_ex, world->self, qp->qp_num, QKEY);
    assert_int_equal(ibv_wr_complete(qp_ex), EINVAL);
    assert_int_equal(ibv_destroy_qp(qp), 0);
    assert_int_equal(ibv_destroy_cq(cq), 0);
}

/* Completions of before lie in the ring: they are gone, and every place of the queues is free. */
static void reset_while_completions_pend(void **state)
{
    struct world *world = *state;
    struct ibv_cq *cq = make_cq(world, 64);
    struct ibv_qp *qp = ready(make_srd(world, cq));
    struct ibv_sge none = {0};
    struct ibv_wc wc[40];

    log_forget();
    for (unsigned turn = 0; turn < 5; turn++) {
        for (unsigned i = 0; i < 16; i++) {
            assert_int_equal(post_recv_one(qp, 100 * turn + i, &none, 1), 0);
            assert_int_equal(post_send_to(qp, world, qp, 1000 + 100 * turn + i, NULL, 0), 0);
        }
        if (turn & 1)
            world_run(world);
        if (turn == 3)
            assert_int_equal(ibv_poll_cq(cq, 7, wc), 7);
        assert_int_equal(go(qp, IBV_QPS_RESET), 0);
        poll_nothing(world, cq);
        ready(qp);
    }
    for (unsigned i = 0; i < 16; i++) {
        assert_int_equal(post_recv_one(qp, i, &none, 1), 0);
        assert_int_equal(post_send_to(qp, world, qp, 100 + i, NULL, 0), 0);
    }
    poll_exactly(world, cq, wc, 32);
    assert_int_equal(ibv_destroy_qp(qp), 0);
    assert_int_equal(ibv_destroy_cq(cq), 0);
    assert_string_equal(log_last(), ""); /* all of it is the ordinary life of a RESET */
}

static void error_flushes_what_is_outstanding(void **state)
{
    struct world *world = *state;
    struct ibv_cq *cq = make_cq(world, 64);
    struct ibv_qp *qp = ready(make_srd(world, cq));
    struct ibv_sge none = {0};
    struct ibv_wc wc[16];

    for (unsigned i = 0; i < 16; i++)
        assert_int_equal(post_recv_one(qp, i, &none, 1), 0);
    assert_int_equal(go(qp, IBV_QPS_ERR), 0);
    poll_exactly(world, cq, wc, 16);
    for (unsigned i = 0; i < 16; i++) {
        assert_int_equal(wc[i].wr_id, i);
        assert_int_equal(wc[i].status, IBV_WC_WR_FLUSH_ERR);
    }
    assert_int_equal(go(qp, IBV_QPS_RESET), 0);
    ready(qp);
    assert_int_equal(post_recv_one(qp, 1, &none, 1), 0);
    assert_int_equal(ibv_destroy_qp(qp), 0);
    assert_int_equal(ibv_destroy_cq(cq), 0);
}

/* The adapter goes away: requests fail with ENODEV, and come through once it is back. */
static void adapter_removed_and_back(void **state)
{
    struct world *world = *state;
    struct efasim *model = efasim_inprocess_model(world->sim);
    struct ibv_cq *cq = make_cq(world, 64);
    struct ibv_qp *qp = ready(make_srd(world, cq));
    struct ibv_sge none = {0};
    struct ibv_wc wc;

    assert_int_equal(post_recv_one(qp, 9, &none, 1), 0);
    assert_int_equal(efasim_set_removed(model, 0, true), 0);
    world_run(world);
    assert_int_equal(ibv_poll_cq(cq, 1, &wc), 1);
    assert_int_equal(wc.status, IBV_WC_WR_FLUSH_ERR);
    errno = 0;
    assert_null(ibv_alloc_pd(world->context));
    assert_int_equal(errno, ENODEV);
    /* What went with the adapter can be ended; so can what the driver still thinks is in use. */
    assert_int_equal(ibv_destroy_qp(qp), 0);
    assert_int_equal(efasim_set_removed(model, 0, false), 0);
    assert_int_equal(ibv_destroy_cq(cq), 0);
    assert_non_null(cq = make_cq(world, 64));
    assert_int_equal(ibv_destroy_cq(cq), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(everything_keeps_its_parent),
        WORLD_TEST(list_freed_while_contexts_live),
        WORLD_TEST(two_contexts_talk_to_each_other),
        WORLD_TEST(qp_destroyed_with_a_poll_open),
        WORLD_TEST(qp_destroyed_elsewhere_and_poll_ended_elsewhere),
        WORLD_TEST(polls_while_a_poll_is_open),
        WORLD_TEST(send_session_open_across_other_calls),
        WORLD_TEST(reset_with_a_send_session_open),
        WORLD_TEST(reset_while_completions_pend),
        WORLD_TEST(error_flushes_what_is_outstanding),
        WORLD_TEST(adapter_removed_and_back),
    };

    return cmocka_run_group_tests_name("life of objects", tests, NULL, NULL);
}
