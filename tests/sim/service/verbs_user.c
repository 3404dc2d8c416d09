/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Opening, making queue pairs, posting; random numbers, and which of them were seen. */
#include "verbs_user.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void user_fail(const char *file, int line, const char *what)
{
    fprintf(stderr, "%s:%d: not true: %s (errno: %s)\n", file, line, what, strerror(errno));
    exit(1);
}

void user_open(struct verbs_user *user, size_t size, int access, uint32_t cqe)
{
    struct ibv_cq_init_attr_ex attr = {.cqe = cqe};
    struct ibv_ah_attr address = {.is_global = 1, .port_num = 1};
    struct ibv_device **list = ibv_get_device_list(NULL);

    USER_REQUIRE(list && list[0]);
    memset(user, 0, sizeof *user);
    user->context = ibv_open_device(list[0]);
    ibv_free_device_list(list);
    USER_REQUIRE(user->context);
    user->pd = ibv_alloc_pd(user->context);
    USER_REQUIRE(user->pd);
    user->size = size;
    user->memory = calloc(1, size);
    USER_REQUIRE(user->memory);
    user->mr = ibv_reg_mr(user->pd, user->memory, size, access);
    USER_REQUIRE(user->mr);
    user->cq = ibv_create_cq_ex(user->context, &attr);
    USER_REQUIRE(user->cq);
    USER_REQUIRE(ibv_query_gid(user->context, 1, 0, &user->gid) == 0);
    address.grh.dgid = user->gid;
    user->self = ibv_create_ah(user->pd, &address);
    USER_REQUIRE(user->self);
}

void user_close(struct verbs_user *user)
{
    USER_REQUIRE(ibv_destroy_ah(user->self) == 0);
    USER_REQUIRE(ibv_destroy_cq(ibv_cq_ex_to_cq(user->cq)) == 0);
    USER_REQUIRE(ibv_dereg_mr(user->mr) == 0);
    USER_REQUIRE(ibv_dealloc_pd(user->pd) == 0);
    USER_REQUIRE(ibv_close_device(user->context) == 0);
    free(user->memory);
}

static void make_ready(struct ibv_qp *qp)
{
    struct ibv_qp_attr to = {.qp_state = IBV_QPS_INIT, .port_num = 1, .qkey = USER_QKEY};

    USER_REQUIRE(
        ibv_modify_qp(qp, &to, IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_QKEY) == 0);
    to.qp_state = IBV_QPS_RTR;
    USER_REQUIRE(ibv_modify_qp(qp, &to, IBV_QP_STATE) == 0);
    to.qp_state = IBV_QPS_RTS;
    to.rnr_retry = 7; /* for ever */
    USER_REQUIRE(ibv_modify_qp(qp, &to,
                               IBV_QP_STATE | IBV_QP_SQ_PSN |
                                   (qp->qp_type == IBV_QPT_UD ? 0 : IBV_QP_RNR_RETRY)) == 0);
}

struct ibv_qp *user_make_qp(struct verbs_user *user, bool is_srd, bool reads)
{
    struct efadv_qp_init_attr srd = {.driver_qp_type = EFADV_QP_DRIVER_TYPE_SRD};
    struct ibv_qp_init_attr_ex attr = {
        .send_cq = ibv_cq_ex_to_cq(user->cq),
        .recv_cq = ibv_cq_ex_to_cq(user->cq),
        .cap = {USER_DEPTH, USER_DEPTH, 1, 1, 0},
        .qp_type = is_srd ? IBV_QPT_DRIVER : IBV_QPT_UD,
        .sq_sig_all = 1,
        .comp_mask = IBV_QP_INIT_ATTR_PD | IBV_QP_INIT_ATTR_SEND_OPS_FLAGS,
        .pd = user->pd,
        .send_ops_flags = IBV_QP_EX_WITH_SEND | (reads ? (uint64_t)IBV_QP_EX_WITH_RDMA_READ : 0),
    };
    struct ibv_qp *qp = is_srd ? efadv_create_qp_ex(user->context, &attr, &srd, sizeof srd)
                               : ibv_create_qp_ex(user->context, &attr);

    USER_REQUIRE(qp);
    make_ready(qp);
    return qp;
}

int user_post_receive(struct verbs_user *user, struct ibv_qp *qp, uint64_t wr_id, size_t offset,
                      uint32_t length)
{
    struct ibv_sge sge = {(uint64_t)(uintptr_t)user->memory + offset, length, user->mr->lkey};
    struct ibv_recv_wr wr = {.wr_id = wr_id, .sg_list = &sge, .num_sge = 1}, *bad;

    return ibv_post_recv(qp, &wr, &bad);
}

int user_post_send(struct verbs_user *user, struct ibv_qp *qp, uint64_t wr_id, size_t offset,
                   uint32_t length, struct ibv_ah *ah, uint32_t remote_qpn)
{
    struct ibv_sge sge = {(uint64_t)(uintptr_t)user->memory + offset, length, user->mr->lkey};
    struct ibv_send_wr wr = {.wr_id = wr_id, .sg_list = &sge, .num_sge = 1}, *bad;

    wr.opcode = IBV_WR_SEND;
    wr.wr.ud.ah = ah;
    wr.wr.ud.remote_qpn = remote_qpn;
    wr.wr.ud.remote_qkey = USER_QKEY;
    return ibv_post_send(qp, &wr, &bad);
}

int user_post_read(struct verbs_user *user, struct ibv_qp *qp, uint64_t wr_id, size_t offset,
                   uint32_t length, struct ibv_ah *ah, uint32_t remote_qpn, uint64_t remote_address,
                   uint32_t rkey)
{
    struct ibv_qp_ex *ex = ibv_qp_to_qp_ex(qp);

    ibv_wr_start(ex);
    ex->wr_id = wr_id;
    ex->wr_flags = IBV_SEND_SIGNALED;
    ibv_wr_rdma_read(ex, rkey, remote_address);
    ibv_wr_set_ud_addr(ex, ah, remote_qpn, USER_QKEY);
    ibv_wr_set_sge(ex, user->mr->lkey, (uint64_t)(uintptr_t)user->memory + offset, length);
    return ibv_wr_complete(ex);
}

uint32_t user_draw(uint64_t *random, uint32_t bound)
{
    *random = *random * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (uint32_t)(*random >> 33) % bound;
}

bool user_set_bit(uint8_t *bits, uint32_t number)
{
    uint8_t bit = (uint8_t)(1u << number % 8);
    bool was_set = (bits[number / 8] & bit) != 0;

    bits[number / 8] |= bit;
    return !was_set;
}
