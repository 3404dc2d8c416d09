/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Posting and polling: what is sent arrives, and completions say what happened. */
#include "lib_support.h"

struct exchange {
    struct ibv_cq *cq;
    struct ibv_qp *a, *b;
    struct buffer source, target;
    struct ibv_wc sent, received;
};

/* Sends `size` bytes from a to b, which has room for 1000. */
static void exchange(struct exchange *e, struct world *world,
                     struct ibv_qp *(*make)(struct world *, struct ibv_cq *), uint32_t size)
{
    struct ibv_wc wc[2];

    e->cq = make_cq(world, 16);
    e->a = ready(make(world, e->cq));
    e->b = ready(make(world, e->cq));
    buffer_create(world, &e->source, 1000);
    buffer_create(world, &e->target, 1000);
    fill_pattern(&e->source, 1);
    struct ibv_sge in = sge_of(&e->target, 0, 1000), out = sge_of(&e->source, 0, size);

    assert_int_equal(post_recv_one(e->b, 77, &in, 1), 0);
    assert_int_equal(post_send_to(e->a, world, e->b, 55, &out, 1), 0);
    poll_exactly(world, e->cq, wc, 2);
    int sent = wc[0].opcode == IBV_WC_SEND ? 0 : 1;

    e->sent = wc[sent];
    e->received = wc[!sent];
    assert_int_equal(e->sent.status, IBV_WC_SUCCESS);
    assert_int_equal(e->received.status, IBV_WC_SUCCESS);
    assert_int_equal(e->received.opcode, IBV_WC_RECV);
}

static void exchange_end(struct exchange *e)
{
    buffer_destroy(&e->source);
    buffer_destroy(&e->target);
    assert_int_equal(ibv_destroy_qp(e->a), 0);
    assert_int_equal(ibv_destroy_qp(e->b), 0);
    assert_int_equal(ibv_destroy_cq(e->cq), 0);
}

static void srd_send_arrives(void **state)
{
    struct world *world = *state;
    struct exchange e;

    exchange(&e, world, make_srd, 1000);
    assert_int_equal(e.sent.wr_id, 55);
    assert_int_equal(e.sent.qp_num, e.a->qp_num);
    assert_int_equal(e.received.wr_id, 77);
    assert_int_equal(e.received.byte_len, 1000);
    assert_int_equal(e.received.qp_num, e.b->qp_num);
    assert_int_equal(e.received.src_qp, e.a->qp_num);
    assert_int_equal(e.received.slid, world->self->handle);
    assert_int_equal(e.received.wc_flags, 0);
    assert_memory_equal(e.source.bytes, e.target.bytes, 1000);
    exchange_end(&e);
}

static void ud_receives_start_40_bytes_in(void **state)
{
    struct exchange e;

    exchange(&e, *state, make_ud, 100);
    assert_int_equal(e.received.byte_len, 140);
    assert_memory_equal(e.source.bytes, e.target.bytes + 40, 100);
    exchange_end(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(srd_send_arrives),
        WORLD_TEST(ud_receives_start_40_bytes_in),
    };

    return cmocka_run_group_tests_name("library data path", tests, NULL, NULL);
}
