/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The contract: ibv_poll_cq and the extended poll, their arguments and what they leave behind. */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "contract.h"

#define ALL_FLAGS IBV_WC_STANDARD_FLAGS

/* A queue pair that sends to itself on an extended CQ. */
struct polling {
    struct world *world;
    struct ibv_cq_ex *ex;
    struct ibv_cq *cq;
    struct ibv_qp *qp;
    struct buffer buffer;
};

static void polling_create(struct polling *p, struct world *world, uint32_t cq_flags)
{
    struct ibv_cq_init_attr_ex attr = {
        .cqe = 16,
        .wc_flags = ALL_FLAGS,
        .comp_mask = IBV_CQ_INIT_ATTR_MASK_FLAGS,
        .flags = cq_flags,
    };

    p->world = world;
    p->ex = ibv_create_cq_ex(world->context, &attr);
    assert_non_null(p->ex);
    p->cq = ibv_cq_ex_to_cq(p->ex);
    p->qp = ready(make_srd(world, p->cq));
    buffer_create(world, &p->buffer, 256);
}

static void polling_destroy(struct polling *p)
{
    buffer_destroy(&p->buffer);
    assert_int_equal(ibv_destroy_qp(p->qp), 0);
    assert_int_equal(ibv_destroy_cq(p->cq), 0);
}

/* One message with immediate data to itself: a send and a receive completion. */
static void exchange(struct polling *p)
{
    struct ibv_sge out = sge_of(&p->buffer, 0, 100), in = sge_of(&p->buffer, 128, 128);
    struct ibv_send_wr wr = {
        .wr_id = 11,
        .sg_list = &out,
        .num_sge = 1,
        .opcode = IBV_WR_SEND_WITH_IMM,
        .send_flags = IBV_SEND_SIGNALED,
        .imm_data = 0x01020304,
        .wr.ud = {p->world->self, p->qp->qp_num, QKEY},
    };

    assert_int_equal(post_recv_one(p->qp, 22, &in, 1), 0);
    assert_int_equal(ibv_post_send(p->qp, &wr, NULL), 0);
    world_run(p->world);
}

static void poll_arguments(void **state)
{
    struct ibv_wc wc[4];
    struct polling p;

    polling_create(&p, *state, 0);
    static const int wrong[] = {-1, INT_MIN};

    paint(wc, sizeof wc);
    for (unsigned i = 0; i < EFA_ARRAY_SIZE(wrong); i++) {
        begin_case(p.world, "ibv_poll_cq", "num_entries %d", wrong[i]);
        rejected(ibv_poll_cq(p.cq, wrong[i], wc), -EINVAL,
                 i == 0 ? "num_entries -1; pass 0 or more"
                        : NULL); /* only the first is a warning */
    }
    begin_case(p.world, "ibv_poll_cq", "num_entries 0");
    holds(ibv_poll_cq(p.cq, 0, wc) == 0);
    begin_case(p.world, "ibv_poll_cq", "num_entries 0, wc NULL");
    holds(ibv_poll_cq(p.cq, 0, NULL) == 0);
    begin_case(p.world, "ibv_poll_cq", "nothing there");
    holds(ibv_poll_cq(p.cq, 4, wc) == 0);
    still_painted(wc, sizeof wc);

    exchange(&p);
    begin_case(p.world, "ibv_poll_cq", "num_entries 0 takes nothing");
    holds(ibv_poll_cq(p.cq, 0, wc) == 0);
    begin_case(p.world, "ibv_poll_cq", "one of two");
    holds(ibv_poll_cq(p.cq, 1, wc) == 1);
    still_painted(&wc[1], 3 * sizeof wc[0]);
    begin_case(p.world, "ibv_poll_cq", "more asked for than there are");
    holds(ibv_poll_cq(p.cq, 4, wc) == 1);
    still_painted(&wc[1], 3 * sizeof wc[0]);
    polling_destroy(&p);
}

#define IS(member, expected)                                     \
    do {                                                         \
        begin_case(p.world, "ibv_wc of a " KIND, "%s", #member); \
        equals((uint64_t)wc.member, (uint64_t)(expected));       \
    } while (0)

static void work_completions(void **state)
{
    struct ibv_wc both[2], wc;
    struct polling p;

    polling_create(&p, *state, 0);
    exchange(&p);
    paint(both, sizeof both);
    assert_int_equal(ibv_poll_cq(p.cq, 2, both), 2);
#define KIND "send"
    wc = both[both[0].wr_id == 11 ? 0 : 1];
    IS(wr_id, 11);
    IS(status, IBV_WC_SUCCESS);
    IS(opcode, IBV_WC_SEND);
    IS(vendor_err, 0);
    IS(qp_num, p.qp->qp_num);
    IS(wc_flags, 0);
    IS(byte_len, 0);
    IS(src_qp, 0);
    IS(slid, 0);
    IS(imm_data, 0);
#undef KIND
#define KIND "receive"
    wc = both[both[0].wr_id == 11 ? 1 : 0];
    IS(wr_id, 22);
    IS(status, IBV_WC_SUCCESS);
    IS(opcode, IBV_WC_RECV);
    IS(vendor_err, 0);
    IS(qp_num, p.qp->qp_num);
    IS(wc_flags, IBV_WC_WITH_IMM);
    IS(byte_len, 100);
    IS(src_qp, p.qp->qp_num);
    IS(slid, p.world->self->handle);
    IS(imm_data, 0x01020304);
    IS(pkey_index, 0);
    IS(sl, 0);
    IS(dlid_path_bits, 0);
#undef KIND
    polling_destroy(&p);
}

static void read_both(struct polling *p, const char *kind)
{
    for (int i = 0; i < 2; i++) {
        bool sent = p->ex->wr_id == 11;

        begin_case(p->world, "start_poll", "%s CQ: the %s completion", kind,
                   sent ? "send" : "receive");
        equals(p->ex->status, IBV_WC_SUCCESS);
        equals(ibv_wc_read_opcode(p->ex), sent ? IBV_WC_SEND : IBV_WC_RECV);
        equals(ibv_wc_read_vendor_err(p->ex), 0);
        equals(ibv_wc_read_wc_flags(p->ex), sent ? 0 : IBV_WC_WITH_IMM);
        equals(ibv_wc_read_qp_num(p->ex), p->qp->qp_num);
        equals(ibv_wc_read_sl(p->ex), 0);
        equals(ibv_wc_read_dlid_path_bits(p->ex), 0);
        if (!sent) {
            equals(p->ex->wr_id, 22);
            equals(ibv_wc_read_byte_len(p->ex), 100);
            equals(ibv_wc_read_imm_data(p->ex), 0x01020304);
            equals(ibv_wc_read_src_qp(p->ex), p->qp->qp_num);
            equals(ibv_wc_read_slid(p->ex), p->world->self->handle);
        }
        if (i == 0) {
            begin_case(p->world, "next_poll", "%s CQ: the second", kind);
            granted(ibv_next_poll(p->ex));
        }
    }
}

static void extended(void **state)
{
    static const char *const kinds[] = {"shared", "single-threaded"};

    for (uint32_t kind = 0; kind < 2; kind++) {
        struct ibv_poll_cq_attr attr = {0};
        struct polling p;

        polling_create(&p, *state, kind ? IBV_CREATE_CQ_ATTR_SINGLE_THREADED : 0);
        begin_case(p.world, "start_poll", "%s CQ: nothing there", kinds[kind]);
        rejected(ibv_start_poll(p.ex, &attr), ENOENT, NULL);
        begin_case(p.world, "start_poll", "%s CQ: nothing there, attr NULL", kinds[kind]);
        rejected(ibv_start_poll(p.ex, NULL), ENOENT, NULL);
        exchange(&p);
        for (uint32_t bit = 0; bit < 32; bit += 31) {
            attr.comp_mask = 1u << bit;
            begin_case(p.world, "start_poll", "%s CQ: comp_mask bit %u", kinds[kind], bit);
            rejected(ibv_start_poll(p.ex, &attr), EINVAL,
                     bit == 0 ? "comp_mask 0x1; it must be 0" : NULL);
        }
        attr.comp_mask = 0;
        begin_case(p.world, "start_poll", "%s CQ: something there", kinds[kind]);
        granted(ibv_start_poll(p.ex, &attr));
        begin_case(p.world, "ibv_destroy_cq", "%s CQ: a poll is open", kinds[kind]);
        rejected(ibv_destroy_cq(p.cq), EBUSY, "destroy them first");
        read_both(&p, kinds[kind]);
        begin_case(p.world, "next_poll", "%s CQ: no third", kinds[kind]);
        rejected(ibv_next_poll(p.ex), ENOENT, NULL);
        begin_case(p.world, "end_poll", "%s CQ: it can be polled again", kinds[kind]);
        ibv_end_poll(p.ex);
        exchange(&p);
        granted(ibv_start_poll(p.ex, NULL));
        ibv_end_poll(p.ex);
        begin_case(p.world, "ibv_poll_cq", "%s extended CQ, what a poll left", kinds[kind]);
        struct ibv_wc wc;

        holds(ibv_poll_cq(p.cq, 1, &wc) == 1);
        polling_destroy(&p);
    }
}

/* Without queue pairs on the CQ, so that only the open poll keeps it from being destroyed. */
static void destroy_with_an_open_poll(void **state)
{
    struct polling p;

    polling_create(&p, *state, 0);
    exchange(&p);
    assert_int_equal(ibv_start_poll(p.ex, NULL), 0);
    buffer_destroy(&p.buffer);
    assert_int_equal(ibv_destroy_qp(p.qp), 0);
    begin_case(p.world, "ibv_destroy_cq", "the last thing on it is an open poll");
    rejected(ibv_destroy_cq(p.cq), EBUSY, "call ibv_end_poll first");
    ibv_end_poll(p.ex);
    begin_case(p.world, "ibv_destroy_cq", "after ibv_end_poll");
    granted(ibv_destroy_cq(p.cq));
}

int contract_poll(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(poll_arguments),
        WORLD_TEST(work_completions),
        WORLD_TEST(extended),
        WORLD_TEST(destroy_with_an_open_poll),
    };

    return cmocka_run_group_tests_name("contract: polling", tests, NULL, NULL);
}
