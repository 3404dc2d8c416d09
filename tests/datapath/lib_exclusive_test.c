/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Objects whose client promised one thread (a thread domain, IBV_CREATE_CQ_ATTR_SINGLE_THREADED):
 * they take no locks, and must behave as all others do. And long mixed lists, on both kinds.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "lib_support.h"
#include "queue/completion_queue.h"

struct fixture {
    struct world *world;
    struct ibv_td *td;
    struct ibv_pd *parent;
    struct ibv_cq_ex *ex;
    struct ibv_cq *cq;
    struct ibv_qp *qp;
    struct ibv_qp_ex *qp_ex;
};

static void create(struct fixture *f, struct world *world, uint32_t depth)
{
    struct ibv_cq_init_attr_ex cq_attr = {
        .cqe = depth * 2, .wc_flags = IBV_WC_STANDARD_FLAGS, .comp_mask = IBV_CQ_INIT_ATTR_MASK_PD};
    struct ibv_qp_cap cap = {depth, depth, 2, 2, 32};

    f->world = world;
    f->parent = make_parent(world, &f->td);
    cq_attr.parent_domain = f->parent;
    f->ex = ibv_create_cq_ex(world->context, &cq_attr);
    assert_non_null(f->ex);
    f->cq = ibv_cq_ex_to_cq(f->ex);
    f->qp = ready(make_srd_in(f->parent, f->cq, f->cq, &cap, IBV_QP_EX_WITH_SEND));
    f->qp_ex = ibv_qp_to_qp_ex(f->qp);
}

static void destroy(struct fixture *f)
{
    if (f->qp)
        assert_int_equal(ibv_destroy_qp(f->qp), 0);
    assert_int_equal(ibv_destroy_cq(f->cq), 0);
    destroy_parent(f->parent, f->td);
}

static int session_send(struct fixture *f, uint64_t wr_id)
{
    ibv_wr_start(f->qp_ex);
    f->qp_ex->wr_id = wr_id;
    ibv_wr_send(f->qp_ex);
    ibv_wr_set_ud_addr(f->qp_ex, f->world->self, f->qp->qp_num, QKEY);
    return ibv_wr_complete(f->qp_ex);
}

static void posting_and_polling(void **state)
{
    struct ibv_sge none = {0};
    struct ibv_wc wc[3];
    struct fixture f;

    create(&f, *state, 4);
    for (unsigned turn = 0; turn < 20; turn++) {
        unsigned received = 0;

        assert_int_equal(post_recv_one(f.qp, 1, &none, 1), 0);
        assert_int_equal(post_recv_one(f.qp, 2, &none, 1), 0);
        assert_int_equal(post_send_to(f.qp, f.world, f.qp, 3, NULL, 0), 0);
        assert_int_equal(session_send(&f, 4), 0);
        world_run(f.world);
        if (turn & 1) {
            assert_int_equal(ibv_poll_cq(f.cq, 3, wc), 3);
            assert_int_equal(ibv_poll_cq(f.cq, 3, wc), 1);
            continue;
        }
        assert_int_equal(ibv_start_poll(f.ex, NULL), 0);
        do {
            assert_int_equal(f.ex->status, IBV_WC_SUCCESS);
            received++;
        } while (ibv_next_poll(f.ex) == 0);
        ibv_end_poll(f.ex);
        assert_int_equal(received, 4);
        assert_int_equal(ibv_start_poll(f.ex, NULL), ENOENT);
    }
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(session_send(&f, i), 0);
    assert_int_equal(session_send(&f, 4), ENOMEM);
    assert_int_equal(post_send_to(f.qp, f.world, f.qp, 3, NULL, 0), ENOMEM);
    destroy(&f);
}

/*
 * A queue pair may be created while the CQ's thread polls without a lock. So the map that the
 * creation replaces waits for the end of a poll.
 */
static void queue_pairs_during_polls(void **state)
{
    struct ibv_qp_cap cap = {4, 4, 1, 1, 0};
    struct ibv_qp *others[20];
    struct ibv_wc wc;
    struct fixture f;

    create(&f, *state, 4);
    for (unsigned i = 0; i < EFA_ARRAY_SIZE(others); i++)
        others[i] = make_srd_in(f.parent, f.cq, f.cq, &cap, 0);
    assert_non_null(efa_completion_queue_of(f.cq)->retired);
    assert_int_equal(ibv_poll_cq(f.cq, 1, &wc), 0);
    assert_null(efa_completion_queue_of(f.cq)->retired);
    for (unsigned i = 0; i < EFA_ARRAY_SIZE(others); i++)
        assert_int_equal(ibv_destroy_qp(others[i]), 0);
    destroy(&f);
}

static void sessions_and_states(void **state)
{
    struct ibv_qp_attr reset = {.qp_state = IBV_QPS_RESET};
    struct ibv_sge wrong = {.addr = 8, .length = 8, .lkey = 0xabcdef};
    struct ibv_wc wc;
    struct fixture f;

    create(&f, *state, 4);
    ibv_wr_start(f.qp_ex);
    assert_int_equal(ibv_modify_qp(f.qp, &reset, IBV_QP_STATE), EBUSY);
    ibv_wr_abort(f.qp_ex);
    assert_int_equal(ibv_modify_qp(f.qp, &reset, IBV_QP_STATE), 0);
    assert_int_equal(session_send(&f, 1), EINVAL);
    ready(f.qp);

    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(post_send_to(f.qp, f.world, f.qp, 70 + i, &wrong, 1), 0);
    world_run(f.world);
    assert_int_equal(ibv_start_poll(f.ex, NULL), 0);
    assert_int_equal(ibv_start_poll(f.ex, NULL), ENOENT);
    assert_int_equal(ibv_poll_cq(f.cq, 1, &wc), 0);
    assert_int_equal(ibv_destroy_qp(f.qp), 0);
    f.qp = NULL;
    assert_int_equal(f.ex->wr_id, 70);
    assert_int_equal(f.ex->status, IBV_WC_LOC_PROT_ERR);
    assert_int_equal(ibv_destroy_cq(f.cq), EBUSY);
    ibv_end_poll(f.ex);
    assert_int_equal(ibv_start_poll(f.ex, NULL), ENOENT);
    destroy(&f);
}

#define LIST 4096u
#define SMALL_STACK (256 * 1024)

/* Requests of one and of two buffers by turns, in one list, by a thread with little stack. */
struct list_poster {
    struct world *world;
    struct ibv_qp *qp;
    struct ibv_recv_wr *recv_wrs;
    struct ibv_send_wr *send_wrs;
    int recv_result, send_result;
};

static void *post_lists(void *argument)
{
    struct list_poster *poster = argument;

    poster->recv_result = ibv_post_recv(poster->qp, poster->recv_wrs, NULL);
    poster->send_result = ibv_post_send(poster->qp, poster->send_wrs, NULL);
    return NULL;
}

static void post_lists_from_a_small_stack(struct list_poster *poster)
{
    static struct ibv_sge list[2];
    pthread_attr_t attributes;
    pthread_t thread;

    poster->recv_wrs = calloc(LIST, sizeof *poster->recv_wrs);
    poster->send_wrs = calloc(LIST, sizeof *poster->send_wrs);
    assert_true(poster->recv_wrs && poster->send_wrs);
    for (unsigned i = 0; i < LIST; i++) {
        struct ibv_recv_wr *recv_wr = &poster->recv_wrs[i];
        struct ibv_send_wr *send_wr = &poster->send_wrs[i];

        recv_wr->wr_id = i;
        recv_wr->sg_list = list;
        recv_wr->num_sge = 1 + (int)(i & 1);
        recv_wr->next = i + 1 < LIST ? recv_wr + 1 : NULL;
        send_wr->wr_id = LIST + i;
        send_wr->sg_list = list;
        send_wr->num_sge = (int)(i % 3);
        send_wr->opcode = i & 4 ? IBV_WR_SEND_WITH_IMM : IBV_WR_SEND;
        send_wr->send_flags = IBV_SEND_SIGNALED | (i & 8 ? IBV_SEND_INLINE : 0);
        send_wr->wr.ud.ah = poster->world->self;
        send_wr->wr.ud.remote_qpn = poster->qp->qp_num;
        send_wr->wr.ud.remote_qkey = QKEY;
        send_wr->next = i + 1 < LIST ? send_wr + 1 : NULL;
    }
    assert_int_equal(pthread_attr_init(&attributes), 0);
    assert_int_equal(pthread_attr_setstacksize(&attributes, SMALL_STACK), 0);
    assert_int_equal(pthread_create(&thread, &attributes, post_lists, poster), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    pthread_attr_destroy(&attributes);
    free(poster->recv_wrs);
    free(poster->send_wrs);
    assert_int_equal(poster->recv_result, 0);
    assert_int_equal(poster->send_result, 0);
}

static void all_complete_in_order(struct world *world, struct ibv_cq *cq)
{
    unsigned sends = 0, receives = 0, seen[2] = {0, 0};
    struct ibv_wc wc;

    world_run(world);
    while (ibv_poll_cq(cq, 1, &wc) == 1) {
        bool sent = wc.wr_id >= LIST;

        assert_int_equal(wc.status, IBV_WC_SUCCESS);
        assert_int_equal(wc.wr_id - (sent ? LIST : 0), seen[sent]++);
        sends += sent;
        receives += !sent;
    }
    assert_int_equal(sends, LIST);
    assert_int_equal(receives, LIST);
}

static void long_mixed_lists(void **state)
{
    struct fixture f;

    create(&f, *state, LIST);
    for (unsigned turn = 0; turn < 3; turn++) {
        struct list_poster poster = {.world = f.world, .qp = f.qp};

        post_lists_from_a_small_stack(&poster);
        all_complete_in_order(f.world, f.cq);
    }
    destroy(&f);
}

static void long_mixed_lists_with_locks(void **state)
{
    struct world *world = *state;
    struct ibv_qp_cap cap = {LIST, LIST, 2, 2, 32};
    struct ibv_cq *cq = make_cq(world, 2 * LIST);
    struct ibv_qp *qp = ready(make_srd_with(world, cq, cq, &cap, 0));

    for (unsigned turn = 0; turn < 3; turn++) {
        struct list_poster poster = {.world = world, .qp = qp};

        post_lists_from_a_small_stack(&poster);
        all_complete_in_order(world, cq);
    }
    assert_int_equal(ibv_destroy_qp(qp), 0);
    assert_int_equal(ibv_destroy_cq(cq), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(posting_and_polling),         WORLD_TEST(queue_pairs_during_polls),
        WORLD_TEST(sessions_and_states),         WORLD_TEST(long_mixed_lists),
        WORLD_TEST(long_mixed_lists_with_locks),
    };

    return cmocka_run_group_tests_name("exclusive objects and long lists", tests, NULL, NULL);
}
