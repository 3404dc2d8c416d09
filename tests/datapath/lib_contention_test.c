/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Threads that use one queue at the same time: which thread waits, and that each call completes. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>

#include "driver/protocol.h"
#include "lib_support.h"

#define ROUNDS 60

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
    struct ibv_qp *qp;
    int result;
    bool started;
};

/* A thread that finds an open send session waits until it ends, and then proceeds. */
static void *post_once(void *argument)
{
    struct worker *worker = argument;

    set(&worker->started); /* on its way */
    worker->result = post_send_to(worker->qp, worker->world, worker->qp, 2, NULL, 0);
    return NULL;
}

static void *open_one_session(void *argument)
{
    struct worker *worker = argument;
    struct ibv_qp_ex *ex = ibv_qp_to_qp_ex(worker->qp);

    set(&worker->started);
    ibv_wr_start(ex);
    ex->wr_id = 2;
    ibv_wr_send(ex);
    ibv_wr_set_ud_addr(ex, worker->world->self, worker->qp->qp_num, QKEY);
    worker->result = ibv_wr_complete(ex);
    return NULL;
}

static void a_send_session_is_waited_for(void **state)
{
    struct world *world = *state;
    struct ibv_cq *cq = make_cq(world, 64);
    struct worker worker = {.world = world, .qp = ready(make_srd(world, cq))};
    struct ibv_qp_ex *ex = ibv_qp_to_qp_ex(worker.qp);
    struct ibv_sge none = {0};
    struct ibv_wc wc[4];

    for (unsigned turn = 0; turn < 2 * ROUNDS; turn++) {
        pthread_t thread;

        assert_int_equal(post_recv_one(worker.qp, 9, &none, 1), 0);
        assert_int_equal(post_recv_one(worker.qp, 9, &none, 1), 0);
        worker.started = false;
        ibv_wr_start(ex);
        assert_int_equal(
            pthread_create(&thread, NULL, turn & 1 ? post_once : open_one_session, &worker), 0);
        while (!get(&worker.started))
            sched_yield();
        for (unsigned i = 0; i < turn % 8; i++)
            sched_yield(); /* it may be waiting by now */
        ex->wr_id = 1;
        ibv_wr_send(ex);
        ibv_wr_set_ud_addr(ex, world->self, worker.qp->qp_num, QKEY);
        assert_int_equal(ibv_wr_complete(ex), 0);
        assert_int_equal(pthread_join(thread, NULL), 0);
        assert_int_equal(worker.result, 0);
        poll_exactly(world, cq, wc, 4);
        unsigned order = 0;

        for (unsigned i = 0; i < 4; i++)
            if (wc[i].wr_id != 9)
                assert_int_equal(wc[i].wr_id, ++order);
        assert_int_equal(order, 2);
    }
    assert_int_equal(ibv_destroy_qp(worker.qp), 0);
    assert_int_equal(ibv_destroy_cq(cq), 0);
}

/* A receive posted while the queue pair is on its way to RESET: before or after, not in between. */
static struct {
    struct efa_transport transport; /* first: found from it */
    const struct efa_transport *inner;
    bool in_modify, go_on;
} slow;

static uint32_t slow_open(const struct efa_transport *transport, void **session)
{
    (void)transport;
    return slow.inner->open(slow.inner, session);
}

static void slow_close(const struct efa_transport *transport, void *session)
{
    (void)transport;
    slow.inner->close(slow.inner, session);
}

static uint32_t slow_request(const struct efa_transport *transport, void *session, uint32_t code,
                             const void *input, uint32_t input_size, void *output,
                             uint32_t output_size, uint32_t *returned)
{
    const struct efa_modify_qp_params *params = input;

    (void)transport;
    if (code == EFA_MODIFY_QP && params->state == EFA_DRIVER_QP_RESET) {
        set(&slow.in_modify);
        while (!get(&slow.go_on))
            sched_yield();
        for (unsigned i = 0; i < 20; i++)
            sched_yield();
    }
    return slow.inner->request(slow.inner, session, code, input, input_size, output, output_size,
                               returned);
}

static void *reset_there(void *argument)
{
    struct worker *worker = argument;
    struct ibv_qp_attr attr = {.qp_state = IBV_QPS_RESET};

    worker->result = ibv_modify_qp(worker->qp, &attr, IBV_QP_STATE);
    return NULL;
}

static void posts_wait_for_a_reset(void **state)
{
    struct world *world = *state;
    struct ibv_cq *cq = make_cq(world, 64);
    struct worker worker = {.world = world, .qp = ready(make_srd(world, cq))};
    struct ibv_sge none = {0};
    pthread_t thread;

    slow.inner = world->intercept.inner;
    slow.transport = (struct efa_transport){"slow", slow_open, slow_request, slow_close};
    world->intercept.inner = &slow.transport;
    for (unsigned turn = 0; turn < 4; turn++) {
        int result;

        slow.in_modify = slow.go_on = false;
        assert_int_equal(pthread_create(&thread, NULL, reset_there, &worker), 0);
        while (!get(&slow.in_modify))
            sched_yield();
        set(&slow.go_on);
        result = turn & 1 ? post_recv_one(worker.qp, 1, &none, 1)
                          : post_send_to(worker.qp, world, worker.qp, 1, NULL, 0);
        assert_int_equal(pthread_join(thread, NULL), 0);
        assert_int_equal(worker.result, 0);
        assert_int_equal(result, EINVAL); /* after it: in RESET nothing can be posted */
        poll_nothing(world, cq);
        ready(worker.qp);
    }
    world->intercept.inner = slow.inner;
    assert_int_equal(ibv_destroy_qp(worker.qp), 0);
    assert_int_equal(ibv_destroy_cq(cq), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_send_session_is_waited_for),
        WORLD_TEST(posts_wait_for_a_reset),
    };

    return cmocka_run_group_tests_name("contention", tests, NULL, NULL);
}
