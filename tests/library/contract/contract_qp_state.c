/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The contract: ibv_modify_qp over every pair of states, for both types, with the right mask, each
 * bit missing, each bit too many; the values of attributes; and what ibv_query_qp knows of it.
 */
#include <errno.h>
#include <string.h>

#include "contract.h"
#include "verbs/qp.h"

#define STATES 7
#define IDENTITY (IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_QKEY)
#define NONE (-1)

static const char *const names[STATES] = {"RESET", "INIT", "RTR", "RTS", "SQD", "SQE", "ERR"};

/* The attributes that a transition requires besides STATE; transitions to RESET and ERR require
 * none. */
static const int needed[STATES][STATES] = {
    /*           RESET INIT      RTR   RTS            SQD   SQE   ERR */
    /* RESET */ {0, IDENTITY, NONE, NONE, NONE, NONE, 0},
    /* INIT  */ {0, 0, 0, NONE, NONE, NONE, 0},
    /* RTR   */ {0, NONE, NONE, IBV_QP_SQ_PSN, NONE, NONE, 0},
    /* RTS   */ {0, NONE, NONE, 0, 0, NONE, 0},
    /* SQD   */ {0, NONE, NONE, 0, 0, NONE, 0},
    /* SQE   */ {0, NONE, NONE, NONE, NONE, NONE, 0},
    /* ERR   */ {0, NONE, NONE, NONE, NONE, NONE, 0},
};

/* The optional attributes; RNR_RETRY only on SRD. */
static int allowed(int from, int to, bool srd)
{
    if (to == IBV_QPS_RESET || to == IBV_QPS_ERR)
        return 0;
    if (from == IBV_QPS_INIT && to == IBV_QPS_INIT)
        return IDENTITY;
    if (from == IBV_QPS_INIT && to == IBV_QPS_RTR)
        return IBV_QP_PKEY_INDEX | IBV_QP_QKEY;
    if (from == IBV_QPS_RTR && to == IBV_QPS_RTS)
        return IBV_QP_QKEY | (srd ? IBV_QP_RNR_RETRY : 0);
    if (from == IBV_QPS_RTS && to == IBV_QPS_SQD)
        return IBV_QP_EN_SQD_ASYNC_NOTIFY;
    if (from == IBV_QPS_SQD && to == IBV_QPS_SQD)
        return IBV_QP_PKEY_INDEX | IBV_QP_QKEY;
    return from == IBV_QPS_RESET ? 0 : IBV_QP_QKEY;
}

static struct ibv_qp_attr values(int from, int to)
{
    struct ibv_qp_attr attr = {
        .qp_state = (enum ibv_qp_state)to,
        .cur_qp_state = (enum ibv_qp_state)from,
        .qkey = QKEY,
        .port_num = 1,
        .sq_psn = 5,
        .rnr_retry = 3,
    };

    return attr;
}

static struct ibv_qp *qp_in(struct world *world, bool srd, struct ibv_cq *cq, int state)
{
    struct ibv_qp *qp = srd ? make_srd(world, cq) : make_ud(world, cq);

    to_state(qp, (enum ibv_qp_state)state);
    return qp;
}

/* One attempt on a separate queue pair. */
static void attempt(struct world *world, struct ibv_cq *cq, bool srd, int from, int to, int mask,
                    bool good, const char *how)
{
    struct ibv_qp *qp = qp_in(world, srd, cq, from);
    struct ibv_qp_attr attr = values(from, to), before = attr;
    const int offered = IBV_QP_STATE | IBV_QP_CUR_STATE | IBV_QP_EN_SQD_ASYNC_NOTIFY |
                        IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_QKEY | IBV_QP_SQ_PSN |
                        IBV_QP_RNR_RETRY;
    int result;

    begin_case(world, "ibv_modify_qp", "%s %s to %s, mask 0x%x: %s", srd ? "SRD" : "UD",
               names[from], names[to], (unsigned)mask, how);
    result = ibv_modify_qp(qp, &attr, mask);
    if (good) {
        granted(result);
        equals(qp->state, mask & IBV_QP_STATE ? (unsigned)to : (unsigned)from);
    } else {
        rejected(result, mask & ~offered ? EOPNOTSUPP : EINVAL, "ibv_modify_qp: ");
        equals(qp->state, (unsigned)from);
    }
    assert_memory_equal(&attr, &before, sizeof attr);
    assert_int_equal(ibv_destroy_qp(qp), 0);
}

static void every_mask_of(struct world *world, struct ibv_cq *cq, bool srd, int from, int to)
{
    int need = needed[from][to], may = allowed(from, to, srd);

    if (need == NONE) {
        attempt(world, cq, srd, from, to, IBV_QP_STATE, false, "no such transition");
        attempt(world, cq, srd, from, to, IBV_QP_STATE | IDENTITY, false, "no such transition");
        return;
    }
    attempt(world, cq, srd, from, to, IBV_QP_STATE | need, true, "just right");
    attempt(world, cq, srd, from, to, IBV_QP_STATE | IBV_QP_CUR_STATE | need, true,
            "with CUR_STATE");
    for (int bit = 2; bit < 32; bit++) {
        int one = (int)(1u << bit);

        if (bit > 20 && bit != 25 && bit != 31)
            continue;
        if (need & one)
            attempt(world, cq, srd, from, to, (IBV_QP_STATE | need) & ~one, false, "a bit missing");
        else if (may & one)
            attempt(world, cq, srd, from, to, IBV_QP_STATE | need | one, true, "a bit allowed");
        else
            attempt(world, cq, srd, from, to, IBV_QP_STATE | need | one, false, "a bit too many");
    }
}

static void transitions(struct world *world, bool srd)
{
    struct ibv_cq *cq = make_cq(world, 64);

    for (int from = 0; from < STATES; from++) {
        if (from == IBV_QPS_SQE)
            continue; /* only the device could bring a queue pair there, and EFA does not */
        for (int to = 0; to < STATES; to++)
            every_mask_of(world, cq, srd, from, to);
    }
    assert_int_equal(ibv_destroy_cq(cq), 0);
}

static void transitions_of_ud(void **state)
{
    transitions(*state, false);
}

static void transitions_of_srd(void **state)
{
    transitions(*state, true);
}

static void without_state(void **state)
{
    struct world *world = *state;
    struct ibv_cq *cq = make_cq(world, 64);
    static const struct {
        int from, mask;
        bool good;
        const char *how;
    } rows[] = {
        {IBV_QPS_RESET, 0, false, "nothing at all"},
        {IBV_QPS_INIT, 0, false, "nothing at all"},
        {IBV_QPS_RTR, 0, false, "nothing at all"},
        {IBV_QPS_RTS, 0, false, "nothing at all"},
        {IBV_QPS_ERR, 0, false, "nothing at all"},
        {IBV_QPS_RESET, IBV_QP_CUR_STATE, false, "CUR_STATE alone"},
        {IBV_QPS_ERR, IBV_QP_CUR_STATE, false, "CUR_STATE alone"},
        {IBV_QPS_RESET, IBV_QP_QKEY, false, "an attribute alone"},
        {IBV_QPS_INIT, IBV_QP_QKEY, true, "an attribute alone"},
        {IBV_QPS_RTR, IBV_QP_QKEY, false, "an attribute alone"},
        {IBV_QPS_RTS, IBV_QP_QKEY, true, "an attribute alone"},
        {IBV_QPS_SQD, IBV_QP_QKEY, true, "an attribute alone"},
        {IBV_QPS_ERR, IBV_QP_QKEY, false, "an attribute alone"},
        {IBV_QPS_RTS, IBV_QP_SQ_PSN, false, "an attribute alone"},
    };

    for (unsigned i = 0; i < EFA_ARRAY_SIZE(rows); i++)
        attempt(world, cq, true, rows[i].from, rows[i].from, rows[i].mask, rows[i].good,
                rows[i].how);
    assert_int_equal(ibv_destroy_cq(cq), 0);
}

static void wrong_values(void **state)
{
    struct world *world = *state;
    struct ibv_cq *cq = make_cq(world, 64);
    static const struct {
        const char *what;
        int from, to, mask;
        size_t offset, size;
        uint32_t value;
        int error;
        const char *log;
    } rows[] = {
#define VALUE(member) \
    offsetof(struct ibv_qp_attr, member), sizeof(((struct ibv_qp_attr *)0)->member)
        {"port_num 0", 0, 1, IDENTITY, VALUE(port_num), 0, EINVAL, "only port 1"},
        {"port_num 2", 0, 1, IDENTITY, VALUE(port_num), 2, EINVAL, "port_num 2"},
        {"port_num 255", 0, 1, IDENTITY, VALUE(port_num), 255, EINVAL, "port_num 255"},
        {"pkey_index 1", 0, 1, IDENTITY, VALUE(pkey_index), 1, EOPNOTSUPP, "only 0 is supported"},
        {"pkey_index 65535", 0, 1, IDENTITY, VALUE(pkey_index), 65535, EOPNOTSUPP,
         "pkey_index 65535"},
        {"qkey 0", 0, 1, IDENTITY, VALUE(qkey), 0, 0, NULL},
        {"qkey 0xffffffff", 0, 1, IDENTITY, VALUE(qkey), UINT32_MAX, 0, NULL},
        {"sq_psn 0", 2, 3, IBV_QP_SQ_PSN, VALUE(sq_psn), 0, 0, NULL},
        {"sq_psn 0xffffff", 2, 3, IBV_QP_SQ_PSN, VALUE(sq_psn), 0xffffff, 0, NULL},
        {"sq_psn 0x1000000", 2, 3, IBV_QP_SQ_PSN, VALUE(sq_psn), 0x1000000, EINVAL, "24 bits"},
        {"rnr_retry 0", 2, 3, IBV_QP_SQ_PSN | IBV_QP_RNR_RETRY, VALUE(rnr_retry), 0, 0, NULL},
        {"rnr_retry 6", 2, 3, IBV_QP_SQ_PSN | IBV_QP_RNR_RETRY, VALUE(rnr_retry), 6, 0, NULL},
        {"rnr_retry 7", 2, 3, IBV_QP_SQ_PSN | IBV_QP_RNR_RETRY, VALUE(rnr_retry), 7, 0, NULL},
        {"rnr_retry 8", 2, 3, IBV_QP_SQ_PSN | IBV_QP_RNR_RETRY, VALUE(rnr_retry), 8, EINVAL,
         "rnr_retry 8; use 0 to 6, or 7 for no limit"},
        {"rnr_retry 255", 2, 3, IBV_QP_SQ_PSN | IBV_QP_RNR_RETRY, VALUE(rnr_retry), 255, EINVAL,
         "rnr_retry 255"},
        {"qp_state 7", 3, 7, 0, VALUE(qp_state), 7, EINVAL, "no transition from RTS to unknown"},
        {"qp_state -1", 3, 7, 0, VALUE(qp_state), UINT32_MAX, EINVAL, "to unknown"},
        {"cur_qp_state wrong", 3, 3, IBV_QP_CUR_STATE | IBV_QP_QKEY, VALUE(cur_qp_state), 4, EINVAL,
         "cur_qp_state SQD, but QP"},
        {"cur_qp_state 99", 3, 3, IBV_QP_CUR_STATE | IBV_QP_QKEY, VALUE(cur_qp_state), 99, EINVAL,
         "cur_qp_state unknown"},
#undef VALUE
    };

    for (unsigned i = 0; i < EFA_ARRAY_SIZE(rows); i++) {
        struct ibv_qp *qp = qp_in(world, true, cq, rows[i].from);
        struct ibv_qp_attr attr = values(rows[i].from, rows[i].to);
        int result;

        memcpy((char *)&attr + rows[i].offset, &rows[i].value, rows[i].size);
        begin_case(world, "ibv_modify_qp", "%s", rows[i].what);
        result = ibv_modify_qp(qp, &attr, IBV_QP_STATE | rows[i].mask);
        if (rows[i].error)
            rejected(result, rows[i].error, rows[i].log);
        else
            granted(result);
        equals(qp->state, (unsigned)(rows[i].error ? rows[i].from : rows[i].to));
        assert_int_equal(ibv_destroy_qp(qp), 0);
    }
    begin_case(world, "ibv_modify_qp", "qp NULL");
    struct ibv_qp_attr attr = {0};

    rejected(ibv_modify_qp(NULL, &attr, IBV_QP_STATE), EINVAL, "qp or attr is NULL");
    struct ibv_qp *qp = make_ud(world, cq);

    begin_case(world, "ibv_modify_qp", "attr NULL");
    rejected(ibv_modify_qp(qp, NULL, IBV_QP_STATE), EINVAL, "qp or attr is NULL");
    assert_int_equal(ibv_destroy_qp(qp), 0);
    assert_int_equal(ibv_destroy_cq(cq), 0);
}

static void no_rnr_retry(void **state)
{
    struct world *world = *state;
    struct ibv_cq *cq = make_cq(world, 64);
    struct ibv_qp *qp = qp_in(world, true, cq, IBV_QPS_RTR);
    struct ibv_qp_attr attr = values(IBV_QPS_RTR, IBV_QPS_RTS);

    begin_case(world, "ibv_modify_qp", "RNR_RETRY where the device lacks it");
    rejected(ibv_modify_qp(qp, &attr, IBV_QP_STATE | IBV_QP_SQ_PSN | IBV_QP_RNR_RETRY), EOPNOTSUPP,
             "does not support setting rnr_retry");
    equals(qp->state, IBV_QPS_RTR);
    assert_int_equal(ibv_destroy_qp(qp), 0);
    assert_int_equal(ibv_destroy_cq(cq), 0);
}

static void query(void **state)
{
    struct world *world = *state;
    struct ibv_cq *cq = make_cq(world, 64);
    struct ibv_qp *qp = qp_in(world, true, cq, IBV_QPS_RTR);
    struct ibv_qp_attr attr = values(IBV_QPS_RTR, IBV_QPS_RTS), got;
    struct ibv_qp_init_attr init;

    assert_int_equal(ibv_modify_qp(qp, &attr, IBV_QP_STATE | IBV_QP_SQ_PSN | IBV_QP_RNR_RETRY), 0);
    paint(&got, sizeof got);
    paint(&init, sizeof init);
    begin_case(world, "ibv_query_qp", "qp NULL");
    rejected(ibv_query_qp(NULL, &got, IBV_QP_STATE, &init), EINVAL, "NULL");
    begin_case(world, "ibv_query_qp", "attr NULL");
    rejected(ibv_query_qp(qp, NULL, IBV_QP_STATE, &init), EINVAL, "NULL");
    begin_case(world, "ibv_query_qp", "init_attr NULL");
    rejected(ibv_query_qp(qp, &got, IBV_QP_STATE, NULL), EINVAL, "NULL");
    still_painted(&got, sizeof got);
    still_painted(&init, sizeof init);

    begin_case(world, "ibv_query_qp", "what modify set");
    granted(ibv_query_qp(qp, &got, IBV_QP_STATE | IBV_QP_QKEY, &init));
    equals(got.qp_state, IBV_QPS_RTS);
    equals(got.cur_qp_state, IBV_QPS_RTS);
    equals(got.qkey, QKEY);
    equals(got.sq_psn, 5);
    equals(got.rnr_retry, 3);
    equals(got.port_num, 1);
    equals(got.cap.max_send_wr, 16);
    begin_case(world, "ibv_query_qp", "how it was created");
    holds(init.send_cq == cq && init.recv_cq == cq && !init.srq);
    equals(init.qp_type, IBV_QPT_DRIVER);
    equals((unsigned)init.sq_sig_all, 1);
    equals(init.cap.max_recv_wr, 16);
    assert_int_equal(ibv_destroy_qp(qp), 0);
    assert_int_equal(ibv_destroy_cq(cq), 0);
}

int contract_qp_state(void)
{
    const struct CMUnitTest tests[] = {
        SECOND_GENERATION_TEST(transitions_of_ud),
        SECOND_GENERATION_TEST(transitions_of_srd),
        SECOND_GENERATION_TEST(without_state),
        SECOND_GENERATION_TEST(wrong_values),
        WORLD_TEST(no_rnr_retry),
        SECOND_GENERATION_TEST(query),
    };

    return cmocka_run_group_tests_name("contract: states of queue pairs", tests, NULL, NULL);
}
