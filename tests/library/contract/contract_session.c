/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The contract: wr_* sessions, their setters, what fails them and what that leaves. */
#include <errno.h>
#include <string.h>

#include "contract_session.h"

void open_session(struct session *s, struct world *world, bool srd, uint64_t ops)
{
    struct ibv_qp_init_attr_ex attr = {
        .cap = {SESSION_DEPTH, SESSION_DEPTH, 2, 2, 32},
        .qp_type = srd ? IBV_QPT_DRIVER : IBV_QPT_UD,
        .sq_sig_all = 1,
        .comp_mask = IBV_QP_INIT_ATTR_PD | IBV_QP_INIT_ATTR_SEND_OPS_FLAGS,
        .pd = world->pd,
        .send_ops_flags = ops,
    };
    struct efadv_qp_init_attr efa_attr = {0};

    s->world = world;
    s->cq = attr.send_cq = attr.recv_cq = make_cq(world, 64);
    s->qp = srd ? efadv_create_qp_ex(world->context, &attr, &efa_attr, sizeof efa_attr)
                : ibv_create_qp_ex(world->context, &attr);
    assert_non_null(s->qp);
    ready(s->qp);
    s->ex = ibv_qp_to_qp_ex(s->qp);
    assert_non_null(s->ex);
    s->ex->wr_id = 7;
    s->ex->wr_flags = 0;
    buffer_create(world, &s->buffer, 1024);
    ibv_wr_start(s->ex);
}

void close_session(struct session *s)
{
    buffer_destroy(&s->buffer);
    assert_int_equal(ibv_destroy_qp(s->qp), 0);
    assert_int_equal(ibv_destroy_cq(s->cq), 0);
}

uint64_t sends_of(struct session *s)
{
    struct efasim_counters counters;

    world_run(s->world);
    efasim_get_counters(efasim_inprocess_model(s->world->sim), 0, &counters);
    return counters.sends;
}

void set_address(struct session *s)
{
    ibv_wr_set_ud_addr(s->ex, s->world->self, s->qp->qp_num, QKEY);
}

void session_fails(struct session *s, int error, const char *log)
{
    uint64_t before = sends_of(s);

    rejected(ibv_wr_complete(s->ex), error, log);
    equals(sends_of(s), before);
    s->ex->wr_flags = 0;
    if (s->ex->qp_base.state == IBV_QPS_RTS) {
        ibv_wr_start(s->ex);
        ibv_wr_send(s->ex);
        set_address(s);
        granted(ibv_wr_complete(s->ex));
        equals(sends_of(s), before + 1);
    }
}

void session_passes(struct session *s)
{
    uint64_t before = sends_of(s);

    granted(ibv_wr_complete(s->ex));
    equals(sends_of(s), before + 1);
}

static void flags(void **state)
{
    for (unsigned bit = 0; bit < 32; bit++) {
        struct session s;

        open_session(&s, *state, true, IBV_QP_EX_WITH_SEND);
        s.ex->wr_flags = 1u << bit;
        begin_case(s.world, "wr_flags", "bit %u", bit);
        ibv_wr_send(s.ex);
        set_address(&s);
        if (bit == 1 || bit == 3) /* SIGNALED; INLINE is the setter's to decide */
            session_passes(&s);
        else
            session_fails(&s, EINVAL, "wr_flags");
        close_session(&s);
    }
}

static void sge_lists(void **state)
{
    for (size_t count = 0; count < 5; count++) {
        struct session s;
        struct ibv_sge list[4];

        open_session(&s, *state, true, IBV_QP_EX_WITH_SEND);
        for (unsigned i = 0; i < 4; i++)
            list[i] = sge_of(&s.buffer, 8 * i, 8);
        begin_case(s.world, "wr_set_sge_list", "%u buffers", (unsigned)count);
        ibv_wr_send(s.ex);
        ibv_wr_set_sge_list(s.ex, count, list);
        set_address(&s);
        if (count <= 2)
            session_passes(&s);
        else
            session_fails(&s, EINVAL, "more buffers than the QP's max_send_sge");
        close_session(&s);
    }
    struct session s;

    open_session(&s, *state, true, IBV_QP_EX_WITH_SEND);
    begin_case(s.world, "wr_set_sge_list", "SIZE_MAX buffers");
    ibv_wr_send(s.ex);
    ibv_wr_set_sge_list(s.ex, SIZE_MAX, NULL);
    session_fails(&s, EINVAL, "more buffers");
    close_session(&s);

    open_session(&s, *state, true, IBV_QP_EX_WITH_SEND);
    begin_case(s.world, "wr_set_sge", "the last setter of a request counts");
    ibv_wr_send(s.ex);
    ibv_wr_set_inline_data(s.ex, s.buffer.bytes, 32);
    ibv_wr_set_sge(s.ex, s.buffer.mr->lkey, (uintptr_t)s.buffer.bytes, 100);
    set_address(&s);
    session_passes(&s);
    close_session(&s);
}

static void inline_data(void **state)
{
    static const size_t lengths[] = {0, 1, 31, 32, 33, 64, SIZE_MAX};
    struct session s;

    for (unsigned i = 0; i < EFA_ARRAY_SIZE(lengths); i++) {
        open_session(&s, *state, true, IBV_QP_EX_WITH_SEND);
        begin_case(s.world, "wr_set_inline_data", "0x%zx bytes", lengths[i]);
        ibv_wr_send(s.ex);
        ibv_wr_set_inline_data(s.ex, s.buffer.bytes, lengths[i]);
        set_address(&s);
        if (lengths[i] <= 32)
            session_passes(&s);
        else
            session_fails(&s, EINVAL, "inline data longer than the adapter takes");
        close_session(&s);
    }
    static const struct {
        size_t count, first, second;
        bool good;
    } lists[] = {{0, 0, 0, true},  {1, 32, 0, true},  {2, 16, 16, true},
                 {2, 32, 0, true}, {2, 32, 1, false}, {2, 1, SIZE_MAX, false}};

    for (unsigned i = 0; i < EFA_ARRAY_SIZE(lists); i++) {
        open_session(&s, *state, true, IBV_QP_EX_WITH_SEND);
        struct ibv_data_buf list[2] = {{s.buffer.bytes, lists[i].first},
                                       {s.buffer.bytes, lists[i].second}};

        begin_case(s.world, "wr_set_inline_data_list", "%u pieces of 0x%zx and 0x%zx",
                   (unsigned)lists[i].count, lists[i].first, lists[i].second);
        ibv_wr_send(s.ex);
        ibv_wr_set_inline_data_list(s.ex, lists[i].count, list);
        set_address(&s);
        if (lists[i].good)
            session_passes(&s);
        else
            session_fails(&s, EINVAL, "inline data longer");
        close_session(&s);
    }
}

static void order_and_omissions(void **state)
{
    struct session s;
    static const char *const setters[] = {"wr_set_sge", "wr_set_sge_list", "wr_set_inline_data",
                                          "wr_set_inline_data_list", "wr_set_ud_addr"};

    for (unsigned setter = 0; setter < EFA_ARRAY_SIZE(setters); setter++) {
        open_session(&s, *state, true, IBV_QP_EX_WITH_SEND);
        struct ibv_sge sge = sge_of(&s.buffer, 0, 8);
        struct ibv_data_buf data = {s.buffer.bytes, 8};

        begin_case(s.world, setters[setter], "before an operation");
        switch (setter) {
        case 0:
            ibv_wr_set_sge(s.ex, sge.lkey, sge.addr, sge.length);
            break;
        case 1:
            ibv_wr_set_sge_list(s.ex, 1, &sge);
            break;
        case 2:
            ibv_wr_set_inline_data(s.ex, s.buffer.bytes, 8);
            break;
        case 3:
            ibv_wr_set_inline_data_list(s.ex, 1, &data);
            break;
        default:
            set_address(&s);
            break;
        }
        ibv_wr_send(s.ex); /* after the first error everything is ignored */
        set_address(&s);
        session_fails(&s, EINVAL, "a setter was called before an operation");
        close_session(&s);
    }
    open_session(&s, *state, true, IBV_QP_EX_WITH_SEND);
    begin_case(s.world, "wr_complete", "the last request has no destination");
    ibv_wr_send(s.ex);
    session_fails(&s, EINVAL, "a request has no destination");
    close_session(&s);

    open_session(&s, *state, true, IBV_QP_EX_WITH_SEND);
    begin_case(s.world, "wr_complete", "the first of two has no destination");
    ibv_wr_send(s.ex);
    ibv_wr_send(s.ex);
    set_address(&s);
    session_fails(&s, EINVAL, "a request has no destination");
    close_session(&s);

    open_session(&s, *state, true, IBV_QP_EX_WITH_SEND);
    begin_case(s.world, "wr_set_ud_addr", "address handle NULL");
    ibv_wr_send(s.ex);
    ibv_wr_set_ud_addr(s.ex, NULL, 1, QKEY);
    session_fails(&s, EINVAL, "the address handle is NULL");
    close_session(&s);

    open_session(&s, *state, true, IBV_QP_EX_WITH_SEND);
    uint64_t sent = sends_of(&s);

    begin_case(s.world, "wr_complete", "no request at all");
    granted(ibv_wr_complete(s.ex));
    begin_case(s.world, "wr_abort", "no request at all");
    ibv_wr_start(s.ex);
    ibv_wr_abort(s.ex);
    equals(sends_of(&s), sent);
    begin_case(s.world, "wr_abort", "of a full session: every place is free again");
    for (unsigned turn = 0; turn < 3; turn++) {
        ibv_wr_start(s.ex);
        for (unsigned i = 0; i < SESSION_DEPTH; i++) {
            ibv_wr_send(s.ex);
            set_address(&s);
        }
        ibv_wr_abort(s.ex);
    }
    equals(sends_of(&s), sent);
    ibv_wr_start(s.ex);
    ibv_wr_send(s.ex);
    set_address(&s);
    session_passes(&s);
    begin_case(s.world, "wr_complete", "one more than there is room for: none goes, no log");
    sent = sends_of(&s);
    ibv_wr_start(s.ex);
    for (unsigned i = 0; i < SESSION_DEPTH; i++) { /* one place is taken by the request above */
        ibv_wr_send(s.ex);
        set_address(&s);
    }
    rejected(ibv_wr_complete(s.ex), ENOMEM, NULL);
    equals(sends_of(&s), sent);
    close_session(&s);
}

static void states(void **state)
{
    for (int at = IBV_QPS_RESET; at <= IBV_QPS_ERR; at++) {
        struct ibv_qp_attr attr = {.qp_state = IBV_QPS_RESET};
        struct session s;

        if (at == IBV_QPS_SQE)
            continue;
        open_session(&s, *state, true, IBV_QP_EX_WITH_SEND);
        ibv_wr_abort(s.ex);
        assert_int_equal(ibv_modify_qp(s.qp, &attr, IBV_QP_STATE), 0);
        to_state(s.qp, (enum ibv_qp_state)at);
        begin_case(s.world, "wr_complete", "in state %d", at);
        ibv_wr_start(s.ex);
        ibv_wr_send(s.ex);
        set_address(&s);
        if (at == IBV_QPS_RTS || at == IBV_QPS_SQD)
            granted(ibv_wr_complete(s.ex));
        else
            session_fails(&s, EINVAL, "the state RTS or SQD");
        close_session(&s);
    }
}

int contract_session(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(flags),       WORLD_TEST(sge_lists),
        WORLD_TEST(inline_data), WORLD_TEST(order_and_omissions),
        WORLD_TEST(states),
    };

    return cmocka_run_group_tests_name("contract: send sessions", tests, NULL, NULL);
}
