/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The contract: the operations of wr_* sessions, those that EFA has and those that it lacks. */
#include <errno.h>
#include <string.h>

#include "contract_session.h"

enum operation {
    SEND,
    SEND_IMM,
    RDMA_READ,
    RDMA_WRITE,
    RDMA_WRITE_IMM,
    SEND_INV,
    LOCAL_INV,
    BIND_MW,
    CMP_SWP,
    FETCH_ADD,
    SEND_TSO,
    SET_XRC,
    OPERATIONS
};

static const char *const operation_names[] = {
    "wr_send",           "wr_send_imm",         "wr_rdma_read", "wr_rdma_write",
    "wr_rdma_write_imm", "wr_send_inv",         "wr_local_inv", "wr_bind_mw",
    "wr_atomic_cmp_swp", "wr_atomic_fetch_add", "wr_send_tso",  "wr_set_xrc_srqn"};

static void begin_operation(struct session *s, enum operation operation)
{
    struct ibv_qp_ex *ex = s->ex;
    uint64_t address = (uintptr_t)s->buffer.bytes;
    struct ibv_mw_bind_info bind = {0};

    switch (operation) {
    case SEND:
        ibv_wr_send(ex);
        break;
    case SEND_IMM:
        ibv_wr_send_imm(ex, 0x01020304);
        break;
    case RDMA_READ:
        ibv_wr_rdma_read(ex, s->buffer.mr->rkey, address + 512);
        break;
    case RDMA_WRITE:
        ibv_wr_rdma_write(ex, 1, address);
        break;
    case RDMA_WRITE_IMM:
        ibv_wr_rdma_write_imm(ex, 1, address, 2);
        break;
    case SEND_INV:
        ex->wr_send_inv(ex, 1);
        break;
    case LOCAL_INV:
        ex->wr_local_inv(ex, 1);
        break;
    case BIND_MW:
        ex->wr_bind_mw(ex, NULL, 1, &bind);
        break;
    case CMP_SWP:
        ex->wr_atomic_cmp_swp(ex, 1, address, 2, 3);
        break;
    case FETCH_ADD:
        ex->wr_atomic_fetch_add(ex, 1, address, 2);
        break;
    case SEND_TSO:
        ex->wr_send_tso(ex, NULL, 0, 0);
        break;
    default:
        ex->wr_set_xrc_srqn(ex, 1);
        break;
    }
}

static void operations(struct world *world, bool srd, uint64_t created_for, const char *adapter)
{
    for (enum operation operation = SEND; operation < OPERATIONS; operation++) {
        struct session s;
        bool offered = (operation == SEND && created_for & IBV_QP_EX_WITH_SEND) ||
                       (operation == SEND_IMM && created_for & IBV_QP_EX_WITH_SEND_WITH_IMM) ||
                       (operation == RDMA_READ && created_for & IBV_QP_EX_WITH_RDMA_READ);

        open_session(&s, world, srd, created_for);
        struct ibv_sge sge = sge_of(&s.buffer, 0, 8);

        begin_case(world, operation_names[operation], "%s created for 0x%x, %s", srd ? "SRD" : "UD",
                   (unsigned)created_for, adapter);
        begin_operation(&s, operation);
        if (offered) {
            ibv_wr_set_sge_list(s.ex, 1, &sge);
            set_address(&s);
            session_passes(&s);
        } else {
            rejected(ibv_wr_complete(s.ex), EOPNOTSUPP, "ibv_wr session on QP");
        }
        close_session(&s);
    }
}

static void operations_offered(void **state)
{
    for (int srd = 0; srd < 2; srd++) {
        operations(*state, srd, 0, "no RDMA");
        operations(*state, srd, IBV_QP_EX_WITH_SEND, "no RDMA");
        operations(*state, srd, IBV_QP_EX_WITH_SEND_WITH_IMM, "no RDMA");
    }
}

static void operations_where_the_device_reads(void **state)
{
    operations(*state, true, IBV_QP_EX_WITH_SEND | IBV_QP_EX_WITH_RDMA_READ, "RDMA read");
    operations(*state, true, IBV_QP_EX_WITH_RDMA_READ, "RDMA read");
}

static void reads(void **state)
{
    for (size_t count = 0; count < 3; count++) {
        struct session s;

        open_session(&s, *state, true, IBV_QP_EX_WITH_SEND | IBV_QP_EX_WITH_RDMA_READ);
        struct ibv_sge list[2] = {sge_of(&s.buffer, 0, 8), sge_of(&s.buffer, 8, 8)};

        begin_case(s.world, "wr_rdma_read", "%u local buffers", (unsigned)count);
        begin_operation(&s, RDMA_READ);
        ibv_wr_set_sge_list(s.ex, count, list);
        set_address(&s);
        if (count == 1)
            session_passes(&s);
        else
            session_fails(&s, EINVAL, "takes one local buffer");
        close_session(&s);
    }
    struct session s;

    open_session(&s, *state, true, IBV_QP_EX_WITH_SEND | IBV_QP_EX_WITH_RDMA_READ);
    begin_case(s.world, "wr_rdma_read", "no local buffer");
    begin_operation(&s, RDMA_READ);
    set_address(&s);
    session_fails(&s, EINVAL, "has no local buffer");
    close_session(&s);

    open_session(&s, *state, true, IBV_QP_EX_WITH_SEND | IBV_QP_EX_WITH_RDMA_READ);
    begin_case(s.world, "wr_rdma_read", "inline");
    begin_operation(&s, RDMA_READ);
    ibv_wr_set_inline_data(s.ex, s.buffer.bytes, 8);
    session_fails(&s, EINVAL, "cannot be inline");
    close_session(&s);
}

int contract_operations(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(operations_offered),
        SECOND_GENERATION_TEST(operations_where_the_device_reads),
        SECOND_GENERATION_TEST(reads),
    };

    return cmocka_run_group_tests_name("contract: operations of sessions", tests, NULL, NULL);
}
