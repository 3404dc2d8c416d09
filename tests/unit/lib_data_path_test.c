/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Posting and polling: what is sent arrives, and completions say what happened. */
#include <errno.h>
#include <string.h>

#include "lib_support.h"

static void srd_send_arrives(void **state)
{
    struct world *world = *state;
    struct ibv_cq *cq = make_cq(world, 16);
    struct ibv_qp *a = ready(make_srd(world, cq));
    struct ibv_qp *b = ready(make_srd(world, cq));
    struct buffer source, target;
    struct ibv_wc wc[2];

    buffer_create(world, &source, 1000);
    buffer_create(world, &target, 1000);
    fill_pattern(&source, 1);
    struct ibv_sge in = sge_of(&target, 0, 1000), out = sge_of(&source, 0, 1000);

    assert_int_equal(post_recv_one(b, 77, &in, 1), 0);
    assert_int_equal(post_send_to(a, world, b, 55, &out, 1), 0);
    poll_exactly(world, cq, wc, 2);

    struct ibv_wc *sent = wc[0].opcode == IBV_WC_SEND ? &wc[0] : &wc[1];
    struct ibv_wc *received = sent == &wc[0] ? &wc[1] : &wc[0];

    assert_int_equal(sent->wr_id, 55);
    assert_int_equal(sent->status, IBV_WC_SUCCESS);
    assert_int_equal(sent->qp_num, a->qp_num);
    assert_int_equal(received->wr_id, 77);
    assert_int_equal(received->status, IBV_WC_SUCCESS);
    assert_int_equal(received->opcode, IBV_WC_RECV);
    assert_int_equal(received->byte_len, 1000);
    assert_int_equal(received->qp_num, b->qp_num);
    assert_int_equal(received->src_qp, a->qp_num);
    assert_int_equal(received->slid, world->self->handle);
    assert_int_equal(received->wc_flags, 0);
    assert_memory_equal(source.bytes, target.bytes, 1000);

    buffer_destroy(&source);
    buffer_destroy(&target);
    assert_int_equal(ibv_destroy_qp(a), 0);
    assert_int_equal(ibv_destroy_qp(b), 0);
    assert_int_equal(ibv_destroy_cq(cq), 0);
}

static void ud_receives_start_40_bytes_in(void **state)
{
    struct world *world = *state;
    struct ibv_cq *cq = make_cq(world, 16);
    struct ibv_qp *a = ready(make_ud(world, cq));
    struct ibv_qp *b = ready(make_ud(world, cq));
    struct buffer source, target;
    struct ibv_wc wc[2];

    buffer_create(world, &source, 100);
    buffer_create(world, &target, 200);
    fill_pattern(&source, 2);
    struct ibv_sge in = sge_of(&target, 0, 200), out = sge_of(&source, 0, 100);

    assert_int_equal(post_recv_one(b, 1, &in, 1), 0);
    assert_int_equal(post_send_to(a, world, b, 2, &out, 1), 0);
    poll_exactly(world, cq, wc, 2);
    int received = wc[0].opcode == IBV_WC_RECV ? 0 : 1;

    assert_int_equal(wc[received].status, IBV_WC_SUCCESS);
    assert_int_equal(wc[received].byte_len, 140);
    assert_memory_equal(source.bytes, target.bytes + 40, 100);

    buffer_destroy(&source);
    buffer_destroy(&target);
    assert_int_equal(ibv_destroy_qp(a), 0);
    assert_int_equal(ibv_destroy_qp(b), 0);
    assert_int_equal(ibv_destroy_cq(cq), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(srd_send_arrives, world_set_up, world_tear_down),
        cmocka_unit_test_setup_teardown(ud_receives_start_40_bytes_in, world_set_up,
                                        world_tear_down),
    };

    return cmocka_run_group_tests_name("library data path", tests, NULL, NULL);
}
