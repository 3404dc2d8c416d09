/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The contract: ibv_post_send and ibv_post_recv, each argument, the limits, lists and bad_wr. */
#include <errno.h>
#include <string.h>

#include "contract.h"

#define DEPTH 4

/* A queue pair that sends to itself, and memory to send from and receive into. */
struct posting {
    struct world *world;
    struct ibv_cq *cq;
    struct ibv_qp *qp;
    struct buffer buffer;
};

static void posting_create(struct posting *p, struct world *world, bool srd, int sig_all)
{
    struct ibv_qp_init_attr_ex attr = {
        .cap = {DEPTH, DEPTH, 2, 2, 32},
        .qp_type = srd ? IBV_QPT_DRIVER : IBV_QPT_UD,
        .sq_sig_all = sig_all,
        .comp_mask = IBV_QP_INIT_ATTR_PD,
        .pd = world->pd,
    };
    struct efadv_qp_init_attr efa_attr = {0};

    p->world = world;
    p->cq = attr.send_cq = attr.recv_cq = make_cq(world, 64);
    p->qp = srd ? efadv_create_qp_ex(world->context, &attr, &efa_attr, sizeof efa_attr)
                : ibv_create_qp_ex(world->context, &attr);
    assert_non_null(p->qp);
    ready(p->qp);
    buffer_create(world, &p->buffer, 1024);
}

static void posting_destroy(struct posting *p)
{
    buffer_destroy(&p->buffer);
    assert_int_equal(ibv_destroy_qp(p->qp), 0);
    assert_int_equal(ibv_destroy_cq(p->cq), 0);
}

static struct ibv_send_wr good_send(struct posting *p, struct ibv_sge *sge)
{
    struct ibv_send_wr wr = {
        .wr_id = 1,
        .sg_list = sge,
        .num_sge = 1,
        .opcode = IBV_WR_SEND,
        .send_flags = IBV_SEND_SIGNALED,
        .wr.ud = {p->world->self, p->qp->qp_num, QKEY},
    };

    return wr;
}

static uint64_t sends_of(struct posting *p)
{
    struct efasim_counters counters;

    world_run(p->world);
    efasim_get_counters(efasim_inprocess_model(p->world->sim), 0, &counters);
    return counters.sends;
}

/* Rejected with bad_wr, and nothing was announced to the device. */
static void reject_send(struct posting *p, struct ibv_send_wr *wr, int error, const char *log)
{
    struct ibv_send_wr *bad = NULL;
    uint64_t before = sends_of(p);

    rejected(ibv_post_send(p->qp, wr, &bad), error, log);
    holds(bad == wr);
    equals(sends_of(p), before);
}

/* A queue pair logs its first rejection, and later ones only at debug level; so each case has its
 * own queue pair. */
static void flags(void **state)
{
    struct world *world = *state;

    for (unsigned bit = 0; bit < 32; bit++) {
        for (int sig_all = 0; sig_all < 2; sig_all++) {
            struct posting p;

            posting_create(&p, world, true, sig_all);
            struct ibv_sge sge = sge_of(&p.buffer, 0, 8);
            struct ibv_send_wr wr = good_send(&p, &sge), *bad;
            bool offered = bit == 1 || bit == 3;

            wr.send_flags = 1u << bit | IBV_SEND_SIGNALED;
            begin_case(world, "ibv_post_send", "flag bit %u, sq_sig_all %d", bit, sig_all);
            if (offered)
                granted(ibv_post_send(p.qp, &wr, &bad));
            else
                reject_send(&p, &wr, EINVAL, "only SIGNALED and INLINE are supported");
            posting_destroy(&p);
        }
    }
    for (int inlined = 0; inlined < 2; inlined++) {
        struct posting p;

        posting_create(&p, world, true, 0);
        struct ibv_sge sge = sge_of(&p.buffer, 0, 8);
        struct ibv_send_wr wr = good_send(&p, &sge);

        wr.send_flags = inlined ? IBV_SEND_INLINE : 0;
        begin_case(world, "ibv_post_send", "unsignaled, inline %d", inlined);
        reject_send(&p, &wr, EINVAL, "unsignaled sends are not supported");
        posting_destroy(&p);

        posting_create(&p, world, true, 1);
        wr = good_send(&p, &sge);
        sge = sge_of(&p.buffer, 0, 8);
        wr.send_flags = inlined ? IBV_SEND_INLINE : 0;
        begin_case(world, "ibv_post_send", "no SIGNALED with sq_sig_all, inline %d", inlined);
        granted(ibv_post_send(p.qp, &wr, NULL));
        posting_destroy(&p);
    }
}

static void opcodes(void **state)
{
    static const int values[] = {0,  1,  2,  3,  4,  5,  6,   7,     8,       9,
                                 10, 11, 12, 31, 32, 33, 255, 0x102, 0x10003, -1};

    for (int srd = 0; srd < 2; srd++) {
        for (unsigned i = 0; i < EFA_ARRAY_SIZE(values); i++) {
            struct posting p;

            posting_create(&p, *state, srd, 1);
            struct ibv_sge sge = sge_of(&p.buffer, 0, 8);
            struct ibv_send_wr wr = good_send(&p, &sge);

            wr.opcode = (enum ibv_wr_opcode)values[i];
            begin_case(p.world, "ibv_post_send", "%s, opcode %d", srd ? "SRD" : "UD", values[i]);
            if (values[i] == IBV_WR_SEND || values[i] == IBV_WR_SEND_WITH_IMM)
                granted(ibv_post_send(p.qp, &wr, NULL));
            else
                reject_send(&p, &wr, EINVAL, "is not supported (SEND and SEND_WITH_IMM are)");
            posting_destroy(&p);
        }
    }
}

static void buffers_and_inline(void **state)
{
    static const struct {
        int num_sge;
        unsigned flags;
        uint32_t lengths[3];
        const char *log; /* NULL: good */
    } rows[] = {
        {0, 0, {0}, NULL},
        {1, 0, {8}, NULL},
        {2, 0, {8, 8}, NULL},
        {3, 0, {8, 8, 8}, "num_sge 3; the QP takes 0 to 2"},
        {-1, 0, {0}, "num_sge -1"},
        {INT32_MIN, 0, {0}, "num_sge -2147483648"},
        {0, IBV_SEND_INLINE, {0}, NULL},
        {1, IBV_SEND_INLINE, {0}, NULL},
        {1, IBV_SEND_INLINE, {31}, NULL},
        {1, IBV_SEND_INLINE, {32}, NULL},
        {1, IBV_SEND_INLINE, {33}, "longer than the 32 bytes that fit"},
        {2, IBV_SEND_INLINE, {16, 16}, NULL},
        {2, IBV_SEND_INLINE, {32, 1}, "longer than the 32 bytes that fit"},
        {2, IBV_SEND_INLINE, {1, UINT32_MAX}, "longer than the 32 bytes that fit"},
        {3, IBV_SEND_INLINE, {1, 1, 1}, NULL},
        {3, IBV_SEND_INLINE, {16, 16, 1}, "longer than the 32 bytes that fit"},
        {-1, IBV_SEND_INLINE, {0}, "num_sge -1 is negative"},
    };

    for (unsigned i = 0; i < EFA_ARRAY_SIZE(rows); i++) {
        struct ibv_sge list[3];
        struct posting p;

        posting_create(&p, *state, true, 1);
        for (unsigned s = 0; s < 3; s++)
            list[s] = sge_of(&p.buffer, 0, rows[i].lengths[s]);
        struct ibv_send_wr wr = good_send(&p, list);

        wr.num_sge = rows[i].num_sge;
        wr.send_flags |= rows[i].flags;
        begin_case(p.world, "ibv_post_send", "num_sge %d of lengths %u, %u, flags 0x%x",
                   rows[i].num_sge, rows[i].lengths[0], rows[i].lengths[1], rows[i].flags);
        if (rows[i].log)
            reject_send(&p, &wr, EINVAL, rows[i].log);
        else
            granted(ibv_post_send(p.qp, &wr, NULL));
        posting_destroy(&p);
    }
    struct posting p;

    posting_create(&p, *state, true, 1);
    struct ibv_sge sge = sge_of(&p.buffer, 0, 8);
    struct ibv_send_wr wr = good_send(&p, &sge);

    wr.wr.ud.ah = NULL;
    begin_case(p.world, "ibv_post_send", "no address handle");
    reject_send(&p, &wr, EINVAL, "wr.ud.ah is NULL");
    begin_case(p.world, "ibv_post_send", "an empty list");
    granted(ibv_post_send(p.qp, NULL, NULL));
    begin_case(p.world, "ibv_post_recv", "an empty list");
    granted(ibv_post_recv(p.qp, NULL, NULL));
    posting_destroy(&p);
}

static void states(void **state)
{
    static const bool sends[] = {false, false, false, true, true, false, false};
    static const bool receives[] = {false, true, true, true, true, false, false};

    for (int at = IBV_QPS_RESET; at <= IBV_QPS_ERR; at++) {
        struct ibv_qp_attr attr = {.qp_state = IBV_QPS_RESET};
        struct ibv_recv_wr recv_wr = {.wr_id = 2, .num_sge = 1}, *bad_recv = NULL;
        struct posting p;

        if (at == IBV_QPS_SQE)
            continue;
        posting_create(&p, *state, true, 1);
        assert_int_equal(ibv_modify_qp(p.qp, &attr, IBV_QP_STATE), 0);
        to_state(p.qp, (enum ibv_qp_state)at);
        struct ibv_sge sge = sge_of(&p.buffer, 0, 8);
        struct ibv_send_wr wr = good_send(&p, &sge);

        begin_case(p.world, "ibv_post_send", "in state %d", at);
        if (sends[at])
            granted(ibv_post_send(p.qp, &wr, NULL));
        else
            reject_send(&p, &wr, EINVAL, "sends need RTS (3) or SQD (4)");
        recv_wr.sg_list = &sge;
        begin_case(p.world, "ibv_post_recv", "in state %d", at);
        if (receives[at]) {
            granted(ibv_post_recv(p.qp, &recv_wr, &bad_recv));
        } else {
            rejected(ibv_post_recv(p.qp, &recv_wr, &bad_recv), EINVAL, "from INIT (1) on");
            holds(bad_recv == &recv_wr);
        }
        posting_destroy(&p);
    }
}

static void receives(void **state)
{
    static const struct {
        int num_sge;
        const char *log;
    } rows[] = {{1, NULL},        {2, NULL},          {0, "num_sge 0; the QP takes 1 to 2"},
                {3, "num_sge 3"}, {-1, "num_sge -1"}, {INT32_MIN, "num_sge -2147483648"}};

    for (unsigned i = 0; i < EFA_ARRAY_SIZE(rows); i++) {
        struct posting p;

        posting_create(&p, *state, true, 1);
        struct ibv_sge list[2] = {sge_of(&p.buffer, 0, 8), sge_of(&p.buffer, 8, 8)};
        struct ibv_recv_wr wr = {.wr_id = 1, .sg_list = list, .num_sge = rows[i].num_sge};
        struct ibv_recv_wr *bad = NULL;

        begin_case(p.world, "ibv_post_recv", "num_sge %d", rows[i].num_sge);
        if (rows[i].log) {
            rejected(ibv_post_recv(p.qp, &wr, &bad), EINVAL, rows[i].log);
            holds(bad == &wr);
            begin_case(p.world, "ibv_post_recv", "num_sge %d, bad_wr NULL", rows[i].num_sge);
            rejected(ibv_post_recv(p.qp, &wr, NULL), EINVAL, NULL);
        } else {
            granted(ibv_post_recv(p.qp, &wr, &bad));
            holds(!bad);
        }
        posting_destroy(&p);
    }
}

/* Lists of DEPTH + 1 on empty queues: all but the last are posted and rung. */
static void lists_beyond_the_depth(void **state)
{
    struct ibv_recv_wr recv_wrs[DEPTH + 1], *bad_recv = NULL;
    struct ibv_send_wr send_wrs[DEPTH + 1], *bad_send = NULL;
    struct ibv_wc wc[2 * DEPTH + 1];
    struct posting p;

    posting_create(&p, *state, true, 1);
    struct ibv_sge sge = sge_of(&p.buffer, 0, 8);

    memset(recv_wrs, 0, sizeof recv_wrs);
    for (unsigned i = 0; i <= DEPTH; i++) {
        recv_wrs[i].wr_id = 100 + i;
        recv_wrs[i].sg_list = &sge;
        recv_wrs[i].num_sge = 1;
        recv_wrs[i].next = i < DEPTH ? &recv_wrs[i + 1] : NULL;
        send_wrs[i] = good_send(&p, &sge);
        send_wrs[i].wr_id = i;
        send_wrs[i].next = i < DEPTH ? &send_wrs[i + 1] : NULL;
    }
    begin_case(p.world, "ibv_post_recv", "one more than the queue holds: back-pressure, no log");
    rejected(ibv_post_recv(p.qp, recv_wrs, &bad_recv), ENOMEM, NULL);
    holds(bad_recv == &recv_wrs[DEPTH]);
    begin_case(p.world, "ibv_post_send", "one more than the queue holds: back-pressure, no log");
    rejected(ibv_post_send(p.qp, send_wrs, &bad_send), ENOMEM, NULL);
    holds(bad_send == &send_wrs[DEPTH]);
    begin_case(p.world, "ibv_post_send", "those before bad_wr went out");
    world_run(p.world);
    equals((unsigned)ibv_poll_cq(p.cq, 2 * DEPTH + 1, wc), 2 * DEPTH);
    begin_case(p.world, "ibv_post_send", "the rest, after completions made room");
    granted(ibv_post_send(p.qp, bad_send, NULL));
    begin_case(p.world, "ibv_post_recv", "the rest, after completions made room");
    granted(ibv_post_recv(p.qp, bad_recv, NULL));
    world_run(p.world);
    equals((unsigned)ibv_poll_cq(p.cq, 2, wc), 2);
    posting_destroy(&p);
}

static void queues_that_are_not_there(void **state)
{
    struct world *world = *state;
    struct ibv_cq *cq = make_cq(world, 16);
    struct ibv_qp_cap send_only = {4, 0, 1, 0, 0}, receive_only = {0, 4, 0, 1, 0};
    struct ibv_qp *sender = ready(make_srd_with(world, cq, cq, &send_only, IBV_QP_EX_WITH_SEND));
    struct ibv_qp *receiver =
        ready(make_srd_with(world, cq, cq, &receive_only, IBV_QP_EX_WITH_SEND));
    struct ibv_sge sge = {0};

    begin_case(world, "ibv_post_recv", "on a send-only queue pair");
    rejected(post_recv_one(sender, 1, &sge, 1), EINVAL, "without a receive queue");
    begin_case(world, "ibv_post_send", "on a receive-only queue pair");
    rejected(post_send_to(receiver, world, sender, 1, &sge, 0), EINVAL, "without a send queue");
    assert_int_equal(ibv_destroy_qp(sender), 0);
    assert_int_equal(ibv_destroy_qp(receiver), 0);
    assert_int_equal(ibv_destroy_cq(cq), 0);
}

int contract_post(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(flags),
        SECOND_GENERATION_TEST(opcodes),
        WORLD_TEST(buffers_and_inline),
        WORLD_TEST(states),
        WORLD_TEST(receives),
        WORLD_TEST(lists_beyond_the_depth),
        WORLD_TEST(queues_that_are_not_there),
    };

    return cmocka_run_group_tests_name("contract: posting", tests, NULL, NULL);
}
