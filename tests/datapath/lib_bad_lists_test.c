/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * An invalid request in the middle of a list: the requests before it are in the ring and announced,
 * it and the rest are not, bad_wr points to it, and the list can be posted again from there. With
 * locks and with a thread domain.
 */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

#include "lib_fake_driver.h"
#include "lib_stop_page.h"
#include "os/compiler.h"

#define LIST 5u
#define DEPTH 8u

struct fixture {
    struct fake_driver driver;
    struct world *world;
    struct ibv_td *td;
    struct ibv_pd *parent;
    struct ibv_pd *pd; /* of the queue pairs: the world's, or the parent domain */
    struct ibv_cq *cq;
    struct ibv_qp *qp;
    const struct fake_qp *fake;
};

static int set_up(void **state)
{
    static struct fixture f;

    memset(&f, 0, sizeof f);
    f.world = fake_world_create(&f.driver, 3, 1);
    f.parent = make_parent(f.world, &f.td);
    f.pd = f.world->pd;
    f.cq = make_cq(f.world, 64);
    *state = &f;
    return 0;
}

static int set_up_thread_domain(void **state)
{
    struct fixture *f;

    set_up(state);
    f = *state;
    f->pd = f->parent;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(ibv_destroy_cq(f->cq), 0);
    destroy_parent(f->parent, f->td);
    fake_world_destroy(&f->driver, f->world);
    return 0;
}

/* Not sq_sig_all, so that an unsignaled request is a wrong one. */
static void make_qp(struct fixture *f)
{
    struct ibv_qp_init_attr_ex attr = {
        .send_cq = f->cq,
        .recv_cq = f->cq,
        .cap = {DEPTH, DEPTH, 2, 2, 32},
        .qp_type = IBV_QPT_DRIVER,
        .comp_mask = IBV_QP_INIT_ATTR_PD,
        .pd = f->pd,
    };
    struct efadv_qp_init_attr efa_attr = {0};

    f->driver.next_qp_num++;
    f->qp = efadv_create_qp_ex(f->world->context, &attr, &efa_attr, sizeof efa_attr);
    assert_non_null(f->qp);
    f->fake = fake_qp_of(&f->driver, ready(f->qp));
}

static void fill_sends(const struct fixture *f, struct ibv_send_wr *wrs, struct ibv_sge *sges)
{
    static unsigned char bytes[64];

    memset(wrs, 0, LIST * sizeof *wrs);
    for (unsigned i = 0; i < 3; i++)
        sges[i] = (struct ibv_sge){(uintptr_t)bytes, 20, 7};
    for (unsigned i = 0; i < LIST; i++) {
        wrs[i].wr_id = 100 + i;
        wrs[i].next = i + 1 < LIST ? &wrs[i + 1] : NULL;
        wrs[i].sg_list = sges;
        wrs[i].num_sge = 1;
        wrs[i].opcode = i & 1 ? IBV_WR_SEND_WITH_IMM : IBV_WR_SEND;
        wrs[i].send_flags = IBV_SEND_SIGNALED;
        wrs[i].wr.ud.ah = f->world->self;
        wrs[i].wr.ud.remote_qpn = 1;
    }
}

enum wrong_send {
    UNKNOWN_OPCODE,
    NEGATIVE_OPCODE,
    WRONG_FLAG,
    UNSIGNALED,
    TOO_MANY_BUFFERS,
    NEGATIVE_BUFFERS,
    NO_ADDRESS,
    INLINE_TOO_LONG,
    INLINE_AND_WRONG_FLAG,
    WRONG_SENDS
};

static void make_wrong(struct ibv_send_wr *wr, enum wrong_send what)
{
    switch (what) {
    case UNKNOWN_OPCODE:
        wr->opcode = IBV_WR_RDMA_WRITE;
        break;
    case NEGATIVE_OPCODE:
        wr->opcode = (enum ibv_wr_opcode) - 1;
        break;
    case WRONG_FLAG:
        wr->send_flags |= IBV_SEND_FENCE;
        break;
    case UNSIGNALED:
        wr->send_flags = 0;
        break;
    case TOO_MANY_BUFFERS:
        wr->num_sge = 3;
        break;
    case NEGATIVE_BUFFERS:
        wr->num_sge = -1;
        break;
    case NO_ADDRESS:
        wr->wr.ud.ah = NULL;
        break;
    case INLINE_TOO_LONG:
        wr->num_sge = 2;
        wr->send_flags |= IBV_SEND_INLINE;
        break;
    default:
        wr->send_flags |= IBV_SEND_INLINE | IBV_SEND_FENCE;
        break;
    }
}

/* As the fake driver hands out its rings. */
static bool is_blank(const void *bytes, size_t size)
{
    const unsigned char *byte = bytes;

    while (size > 0 && byte[size - 1] == 0xee)
        size--;
    return size == 0;
}

/* `count` sends are in the ring, and rung, of a queue pair that has not gone round it yet. */
static void sent_exactly(const struct fixture *f, unsigned count)
{
    assert_int_equal(fake_sends_rung(f->fake), count);
    for (unsigned i = 0; i < DEPTH; i++)
        assert_int_equal(is_blank(fake_send(f->fake, i), sizeof(struct efa_send_descriptor)),
                         i >= count);
}

static void received_exactly(const struct fixture *f, unsigned count)
{
    assert_int_equal(fake_recvs_rung(f->fake), count);
    for (unsigned i = 0; i < DEPTH; i++)
        assert_int_equal(is_blank(fake_recv(f->fake, i), sizeof(struct efa_recv_descriptor)),
                         i >= count);
}

/* Each of the requests that were posted completes with its own wr_id, and nothing else does. */
static void complete_sends(struct fixture *f, unsigned count)
{
    struct ibv_wc wc[LIST + 1];

    for (unsigned i = 0; i < count; i++)
        fake_complete(&f->driver, f->cq, 0, fake_sent(f->qp, fake_send(f->fake, i)->request_id));
    assert_int_equal(ibv_poll_cq(f->cq, LIST + 1, wc), count);
    for (unsigned i = 0; i < count; i++)
        assert_int_equal(wc[i].wr_id, 100 + i);
}

static void wrong_sends(void **state)
{
    struct fixture *f = *state;

    for (unsigned what = 0; what < WRONG_SENDS; what++) {
        for (unsigned at = 0; at < LIST; at++) {
            struct ibv_send_wr wrs[LIST], right, *bad = NULL;
            struct ibv_sge sges[3];

            make_qp(f);
            fill_sends(f, wrs, sges);
            right = wrs[at];
            make_wrong(&wrs[at], (enum wrong_send)what);
            log_forget();
            assert_int_equal(ibv_post_send(f->qp, wrs, &bad), EINVAL);
            assert_ptr_equal(bad, &wrs[at]);
            assert_log("ibv_post_send");
            sent_exactly(f, at);
            wrs[at] = right;
            assert_int_equal(ibv_post_send(f->qp, bad, NULL), 0);
            sent_exactly(f, LIST);
            complete_sends(f, LIST);
            assert_int_equal(ibv_destroy_qp(f->qp), 0);
        }
    }
}

/* Requests before the wrong one that leave the straight line, too. */
static void wrong_sends_after_inline_ones(void **state)
{
    struct fixture *f = *state;

    for (unsigned what = 0; what < WRONG_SENDS; what++) {
        struct ibv_send_wr wrs[LIST], *bad = NULL;
        struct ibv_sge sges[3];

        make_qp(f);
        fill_sends(f, wrs, sges);
        wrs[1].send_flags |= IBV_SEND_INLINE;
        make_wrong(&wrs[3], (enum wrong_send)what);
        assert_int_equal(ibv_post_send(f->qp, wrs, &bad), EINVAL);
        assert_ptr_equal(bad, &wrs[3]);
        sent_exactly(f, 3);
        complete_sends(f, 3);
        assert_int_equal(ibv_destroy_qp(f->qp), 0);
    }
}

static void full_send_queue(void **state)
{
    struct fixture *f = *state;

    for (unsigned room = 0; room < LIST; room++) {
        struct ibv_send_wr wrs[LIST], *bad = NULL;
        struct ibv_sge sges[3];

        make_qp(f);
        fill_sends(f, wrs, sges);
        for (unsigned i = room; i < DEPTH; i++)
            assert_int_equal(post_send_to(f->qp, f->world, f->qp, i, NULL, 0), 0);
        log_forget();
        assert_int_equal(ibv_post_send(f->qp, wrs, &bad), ENOMEM);
        assert_ptr_equal(bad, &wrs[room]);
        assert_string_equal(log_last(), "");
        sent_exactly(f, DEPTH);
        assert_int_equal(ibv_destroy_qp(f->qp), 0);
    }
}

/* From the first request on: nothing is posted, and nothing rung. */
static void closed_send_queue(void **state)
{
    static const enum ibv_qp_state states[] = {IBV_QPS_ERR, IBV_QPS_RESET};
    struct fixture *f = *state;

    for (unsigned i = 0; i < EFA_ARRAY_SIZE(states); i++) {
        struct ibv_qp_attr attr = {.qp_state = states[i]};
        struct ibv_send_wr wrs[LIST], *bad = NULL;
        struct ibv_sge sges[3];

        make_qp(f);
        fill_sends(f, wrs, sges);
        assert_int_equal(ibv_modify_qp(f->qp, &attr, IBV_QP_STATE), 0);
        assert_int_equal(ibv_post_send(f->qp, wrs, &bad), EINVAL);
        assert_ptr_equal(bad, wrs);
        sent_exactly(f, 0);
        assert_int_equal(ibv_destroy_qp(f->qp), 0);
    }
}

struct poster {
    struct ibv_qp *qp;
    struct ibv_send_wr *wrs, *bad;
    int error;
};

static void *post_there(void *argument)
{
    struct poster *poster = argument;

    poster->error = ibv_post_send(poster->qp, poster->wrs, &poster->bad);
    return NULL;
}

/* Another thread closes the queue pair while the post is at the third request. */
static void closed_in_the_middle(void **state)
{
    struct fixture *f = *state;
    struct ibv_qp_attr attr = {.qp_state = IBV_QPS_ERR};
    struct ibv_send_wr wrs[LIST];
    struct ibv_sge sges[3];
    struct poster poster = {.wrs = wrs};
    struct ibv_send_wr *third =
        mmap(NULL, STOP_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    pthread_t thread;
    unsigned posted;

    assert_true(third != MAP_FAILED);
    make_qp(f);
    poster.qp = f->qp;
    fill_sends(f, wrs, sges);
    *third = wrs[2];
    wrs[1].next = third;
    stop_page_take(third);
    assert_int_equal(pthread_create(&thread, NULL, post_there, &poster), 0);
    stop_page_await();
    assert_int_equal(ibv_modify_qp(f->qp, &attr, IBV_QP_STATE), 0);
    stop_page_give();
    assert_int_equal(pthread_join(thread, NULL), 0);
    stop_page_end();
    assert_int_equal(poster.error, EINVAL);
    /* The third may have been judged by the state before it was read. */
    assert_true(poster.bad == third || poster.bad == &wrs[3]);
    posted = poster.bad == third ? 2 : 3;
    sent_exactly(f, posted);
    complete_sends(f, posted);
    assert_int_equal(ibv_destroy_qp(f->qp), 0);
    assert_int_equal(munmap(third, STOP_PAGE_SIZE), 0);
}

static void fill_receives(struct ibv_recv_wr *wrs, struct ibv_sge *sges)
{
    memset(wrs, 0, LIST * sizeof *wrs);
    for (unsigned i = 0; i < 3; i++)
        sges[i] = (struct ibv_sge){0x1000, 20, 7};
    for (unsigned i = 0; i < LIST; i++) {
        wrs[i].wr_id = 100 + i;
        wrs[i].next = i + 1 < LIST ? &wrs[i + 1] : NULL;
        wrs[i].sg_list = sges;
        wrs[i].num_sge = 1;
    }
}

static void wrong_receives(void **state)
{
    static const int counts[] = {0, 3, -1};
    struct fixture *f = *state;

    for (unsigned what = 0; what < EFA_ARRAY_SIZE(counts); what++) {
        for (unsigned at = 0; at < LIST; at++) {
            struct ibv_recv_wr wrs[LIST], *bad = NULL;
            struct ibv_wc wc[LIST + 1];
            struct ibv_sge sges[3];

            make_qp(f);
            fill_receives(wrs, sges);
            wrs[at].num_sge = counts[what];
            log_forget();
            assert_int_equal(ibv_post_recv(f->qp, wrs, &bad), EINVAL);
            assert_ptr_equal(bad, &wrs[at]);
            assert_log("ibv_post_recv");
            received_exactly(f, at);
            wrs[at].num_sge = 1;
            assert_int_equal(ibv_post_recv(f->qp, bad, NULL), 0);
            received_exactly(f, LIST);
            for (unsigned i = 0; i < LIST; i++)
                fake_complete(&f->driver, f->cq, 0,
                              fake_received(f->qp, fake_recv(f->fake, i)->request_id));
            assert_int_equal(ibv_poll_cq(f->cq, LIST + 1, wc), LIST);
            for (unsigned i = 0; i < LIST; i++)
                assert_int_equal(wc[i].wr_id, 100 + i);
            assert_int_equal(ibv_destroy_qp(f->qp), 0);
        }
    }
}

static void full_and_closed_receive_queue(void **state)
{
    struct fixture *f = *state;
    struct ibv_qp_attr attr = {.qp_state = IBV_QPS_ERR};
    struct ibv_recv_wr wrs[LIST], *bad = NULL;
    struct ibv_sge sges[3];

    fill_receives(wrs, sges);
    for (unsigned room = 0; room < LIST; room++) {
        make_qp(f);
        for (unsigned i = room; i < DEPTH; i++)
            assert_int_equal(post_recv_one(f->qp, i, sges, 1), 0);
        log_forget();
        assert_int_equal(ibv_post_recv(f->qp, wrs, &bad), ENOMEM);
        assert_ptr_equal(bad, &wrs[room]);
        assert_string_equal(log_last(), "");
        assert_int_equal(fake_recvs_rung(f->fake), DEPTH);
        assert_int_equal(ibv_destroy_qp(f->qp), 0);
    }
    make_qp(f);
    assert_int_equal(post_recv_one(f->qp, 1, sges, 1), 0);
    assert_int_equal(ibv_modify_qp(f->qp, &attr, IBV_QP_STATE), 0);
    assert_int_equal(ibv_post_recv(f->qp, wrs, &bad), EINVAL);
    assert_ptr_equal(bad, wrs);
    received_exactly(f, 1);
    assert_int_equal(ibv_destroy_qp(f->qp), 0);
}

int main(void)
{
#define BOTH(name)                                                            \
    cmocka_unit_test_setup_teardown(name, set_up, tear_down),                 \
    {                                                                         \
        #name " (thread domain)", name, set_up_thread_domain, tear_down, NULL \
    }
    const struct CMUnitTest tests[] = {
        BOTH(wrong_sends),
        BOTH(wrong_sends_after_inline_ones),
        BOTH(full_send_queue),
        BOTH(closed_send_queue),
        BOTH(closed_in_the_middle),
        BOTH(wrong_receives),
        BOTH(full_and_closed_receive_queue),
    };

    return cmocka_run_group_tests_name("something wrong in the middle of a list", tests, NULL,
                                       NULL);
}
