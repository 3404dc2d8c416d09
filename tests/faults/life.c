/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The steps of a life. */
#include "life_internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "os/compiler.h"

/* NULL has its reason in errno. */
static int made(const void *object)
{
    return object ? 0 : errno ? errno : LIFE_WRONG;
}

int life_wrong(const char *what)
{
    fprintf(stderr, "a life went wrong: %s\n", what);
    return LIFE_WRONG;
}

/* ---- objects ---- */

static int get_list(struct life *life, int unused)
{
    int count = -1;
    struct ibv_device **list;

    (void)unused;
    errno = 0;
    list = ibv_get_device_list(&count);
    if (!list)
        return errno;
    if (count != (list[0] ? 1 : 0)) {
        ibv_free_device_list(list);
        return life_wrong("the list and its count differ");
    }
    if (count == 0) {
        ibv_free_device_list(list);
        return errno ? errno : life_wrong("an empty list does not say why");
    }
    life->device = list[0];
    errno = 0;
    life->context = ibv_open_device(life->device);
    ibv_free_device_list(list);
    return made(life->context);
}

static int open_second(struct life *life, int unused)
{
    (void)unused;
    NEEDS(life->context);
    life->second = ibv_open_device(life->device);
    return made(life->second);
}

static int alloc_pd(struct life *life, int unused)
{
    (void)unused;
    NEEDS(life->context);
    life->pd = ibv_alloc_pd(life->context);
    return made(life->pd);
}

static int alloc_td(struct life *life, int unused)
{
    struct ibv_td_init_attr attr = {0};

    (void)unused;
    NEEDS(life->context);
    life->td = ibv_alloc_td(life->context, &attr);
    return made(life->td);
}

static int alloc_parent(struct life *life, int unused)
{
    struct ibv_parent_domain_init_attr attr = {.pd = life->pd, .td = life->td};

    (void)unused;
    NEEDS(life->pd && life->td);
    life->parent = ibv_alloc_parent_domain(life->context, &attr);
    return made(life->parent);
}

static int reg_mr(struct life *life, int which)
{
    int access = which == MR_REMOTE ? IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_READ
                                    : IBV_ACCESS_LOCAL_WRITE;
    struct ibv_pd *pd = which == MR_PARENT ? life->parent : life->pd;
    unsigned char *start = life->memory + which * (LIFE_MEMORY / LIFE_MRS);

    NEEDS(pd);
    life->mrs[which] = ibv_reg_mr(pd, start, LIFE_MEMORY / LIFE_MRS, access);
    return made(life->mrs[which]);
}

static int create_ah(struct life *life, int which)
{
    struct ibv_ah_attr attr;

    NEEDS(life->pd);
    memset(&attr, 0, sizeof attr);
    attr.is_global = 1;
    attr.port_num = 1;
    ibv_query_gid(life->context, 1, 0, &attr.grh.dgid);
    attr.grh.dgid.raw[15] ^= (uint8_t)which; /* 0 is this adapter, the others do not exist */
    life->ahs[which] = ibv_create_ah(life->pd, &attr);
    return made(life->ahs[which]);
}

static int create_cq(struct life *life, int unused)
{
    (void)unused;
    NEEDS(life->context);
    life->cq = ibv_create_cq(life->context, CQE, NULL, NULL, 0);
    return made(life->cq);
}

static int create_single(struct life *life, int unused)
{
    struct ibv_cq_init_attr_ex attr = {.cqe = CQE};
    struct ibv_cq_ex *cq;

    (void)unused;
    NEEDS(life->parent);
    attr.comp_mask = IBV_CQ_INIT_ATTR_MASK_FLAGS | IBV_CQ_INIT_ATTR_MASK_PD;
    attr.flags = IBV_CREATE_CQ_ATTR_SINGLE_THREADED;
    attr.parent_domain = life->parent;
    cq = ibv_create_cq_ex(life->context, &attr);
    life->single = cq ? ibv_cq_ex_to_cq(cq) : NULL;
    return made(cq);
}

static int create_extended(struct life *life, int unused)
{
    struct ibv_cq_init_attr_ex attr = {.cqe = CQE, .wc_flags = IBV_WC_STANDARD_FLAGS};

    (void)unused;
    NEEDS(life->context);
    life->extended = ibv_create_cq_ex(life->context, &attr);
    return made(life->extended);
}

static struct ibv_qp *create_plain(struct ibv_pd *pd, struct ibv_cq *cq, bool srd)
{
    struct ibv_qp_init_attr attr = {
        .send_cq = cq,
        .recv_cq = cq,
        .cap = {DEPTH, DEPTH, 2, 2, 32},
        .qp_type = srd ? IBV_QPT_DRIVER : IBV_QPT_UD,
        .sq_sig_all = 1,
    };

    return srd ? efadv_create_driver_qp(pd, &attr, EFADV_QP_DRIVER_TYPE_SRD)
               : ibv_create_qp(pd, &attr);
}

static struct ibv_qp *create_ex(struct ibv_pd *pd, struct ibv_cq *cq, bool srd, uint32_t recvs)
{
    struct efadv_qp_init_attr efa_attr = {0};
    struct ibv_qp_init_attr_ex attr;

    memset(&attr, 0, sizeof attr);
    attr.send_cq = cq;
    attr.recv_cq = cq;
    attr.cap = (struct ibv_qp_cap){DEPTH, recvs, 1, 1, 0};
    attr.qp_type = srd ? IBV_QPT_DRIVER : IBV_QPT_UD;
    attr.comp_mask = IBV_QP_INIT_ATTR_PD | IBV_QP_INIT_ATTR_SEND_OPS_FLAGS;
    attr.pd = pd;
    attr.send_ops_flags =
        IBV_QP_EX_WITH_SEND | IBV_QP_EX_WITH_SEND_WITH_IMM | (srd ? IBV_QP_EX_WITH_RDMA_READ : 0);
    efa_attr.driver_qp_type = EFADV_QP_DRIVER_TYPE_SRD;
    return srd ? efadv_create_qp_ex(pd->context, &attr, &efa_attr, sizeof efa_attr)
               : ibv_create_qp_ex(pd->context, &attr);
}

static int create_qp(struct life *life, int which)
{
    struct ibv_cq *extended = life->extended ? ibv_cq_ex_to_cq(life->extended) : NULL;

    NEEDS(life->pd && life->parent && life->cq && life->single && extended);
    switch (which) {
    case QP_UD:
        life->qps[which] = create_plain(life->pd, life->cq, false);
        break;
    case QP_UD_EX:
        life->qps[which] = create_ex(life->pd, life->cq, false, DEPTH);
        break;
    case QP_SRD:
        life->qps[which] = create_plain(life->pd, extended, true);
        break;
    case QP_SRD_EX:
        life->qps[which] = create_ex(life->pd, extended, true, DEPTH);
        break;
    default:
        life->qps[which] = create_ex(life->parent, life->single, true, 0);
        break;
    }
    return made(life->qps[which]);
}

/* ---- states ---- */

#define TO(which, state) ((which) << 8 | (state))

static int modify_qp(struct life *life, int argument)
{
    struct ibv_qp *qp = life->qps[argument >> 8];
    struct ibv_qp_attr attr = {.port_num = 1, .qkey = LIFE_QKEY};
    enum ibv_qp_state from;
    int mask = IBV_QP_STATE;
    int error;

    NEEDS(qp);
    from = qp->state;
    attr.qp_state = (enum ibv_qp_state)(argument & 0xff);
    if (attr.qp_state == IBV_QPS_INIT)
        mask |= IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_QKEY;
    if (attr.qp_state == IBV_QPS_RTS && qp->state == IBV_QPS_RTR)
        mask |= IBV_QP_SQ_PSN;
    error = ibv_modify_qp(qp, &attr, mask);
    if (qp->state != (error ? from : attr.qp_state))
        return life_wrong("the state after a change of state");
    return error;
}

int life_recover(struct life *life, int argument)
{
    static const enum ibv_qp_state path[] = {IBV_QPS_RESET, IBV_QPS_INIT, IBV_QPS_RTR, IBV_QPS_RTS,
                                             IBV_QPS_SQD};
    int error = 0;

    for (size_t i = 0; i < EFA_ARRAY_SIZE(path) && !error; i++) {
        error = modify_qp(life, (argument & ~0xff) | (int)path[i]);
        if ((int)path[i] == (argument & 0xff))
            break;
    }
    return error;
}

/* ---- the way back ---- */

#define TAKE_DOWN(name, type, call, member)         \
    static int name(struct life *life, int which)   \
    {                                               \
        int error;                                  \
                                                    \
        (void)which;                                \
        NEEDS(life->member);                        \
        error = call((type)(void *)(life->member)); \
        if (!error)                                 \
            life->member = NULL;                    \
        return error;                               \
    }

TAKE_DOWN(destroy_qp, struct ibv_qp *, ibv_destroy_qp, qps[which])
TAKE_DOWN(destroy_cq, struct ibv_cq *, ibv_destroy_cq, cq)
TAKE_DOWN(destroy_single, struct ibv_cq *, ibv_destroy_cq, single)
TAKE_DOWN(destroy_extended, struct ibv_cq *, ibv_destroy_cq, extended)
TAKE_DOWN(destroy_ah, struct ibv_ah *, ibv_destroy_ah, ahs[which])
TAKE_DOWN(dereg_mr, struct ibv_mr *, ibv_dereg_mr, mrs[which])
TAKE_DOWN(dealloc_parent, struct ibv_pd *, ibv_dealloc_pd, parent)
TAKE_DOWN(dealloc_td, struct ibv_td *, ibv_dealloc_td, td)
TAKE_DOWN(dealloc_pd, struct ibv_pd *, ibv_dealloc_pd, pd)
TAKE_DOWN(close_second, struct ibv_context *, ibv_close_device, second)
TAKE_DOWN(close_device, struct ibv_context *, ibv_close_device, context)

#define READY(which)                                          \
    {"ibv_modify_qp", modify_qp, TO(which, IBV_QPS_INIT)},    \
        {"ibv_modify_qp", modify_qp, TO(which, IBV_QPS_RTR)}, \
    {                                                         \
        "ibv_modify_qp", modify_qp, TO(which, IBV_QPS_RTS)    \
    }

const struct life_step life_steps[] = {
    {"ibv_get_device_list, ibv_open_device", get_list, 0},
    {"ibv_open_device", open_second, 0},
    {"ibv_alloc_pd", alloc_pd, 0},
    {"ibv_alloc_td", alloc_td, 0},
    {"ibv_alloc_parent_domain", alloc_parent, 0},
    {"ibv_reg_mr", reg_mr, MR_SEND},
    {"ibv_reg_mr", reg_mr, MR_RECV},
    {"ibv_reg_mr", reg_mr, MR_REMOTE},
    {"ibv_reg_mr", reg_mr, MR_PARENT},
    {"ibv_create_ah", create_ah, 0},
    {"ibv_create_ah", create_ah, 1},
    {"ibv_create_ah", create_ah, 2},
    {"ibv_create_cq", create_cq, 0},
    {"ibv_create_cq_ex", create_single, 0},
    {"ibv_create_cq_ex", create_extended, 0},
    {"ibv_create_qp", create_qp, QP_UD},
    {"ibv_create_qp_ex", create_qp, QP_UD_EX},
    {"efadv_create_driver_qp", create_qp, QP_SRD},
    {"efadv_create_qp_ex", create_qp, QP_SRD_EX},
    {"efadv_create_qp_ex", create_qp, QP_SENDER},
    READY(QP_UD),
    READY(QP_UD_EX),
    READY(QP_SRD),
    READY(QP_SRD_EX),
    READY(QP_SENDER),
    {"UD traffic", life_ud_traffic, 0},
    {"SRD traffic", life_srd_traffic, 0},
    {"sessions", life_sessions, 0},
    {"a sender alone", life_send_alone, 0},
    {"ibv_modify_qp", modify_qp, TO(QP_SRD, IBV_QPS_SQD)},
    {"ibv_modify_qp", modify_qp, TO(QP_SRD, IBV_QPS_RTS)},
    {"ibv_post_recv", life_post_some, 0},
    {"ibv_modify_qp", modify_qp, TO(QP_UD, IBV_QPS_ERR)},
    {"flushed", life_flushed, 0},
    {"ibv_modify_qp", modify_qp, TO(QP_UD, IBV_QPS_RESET)},
    READY(QP_UD),
    {"ibv_modify_qp", modify_qp, TO(QP_SRD_EX, IBV_QPS_RESET)},
    READY(QP_SRD_EX),
    {"UD traffic", life_ud_traffic, 0},
    {"SRD traffic", life_srd_traffic, 0},
    {"sessions", life_sessions, 0},
    {"ibv_post_recv", life_post_some, 0},
    {"ibv_destroy_qp", destroy_qp, QP_UD}, /* the first of the way back */
    {"ibv_destroy_qp", destroy_qp, QP_UD_EX},
    {"ibv_destroy_qp", destroy_qp, QP_SRD},
    {"ibv_destroy_qp", destroy_qp, QP_SRD_EX},
    {"ibv_destroy_qp", destroy_qp, QP_SENDER},
    {"ibv_destroy_cq", destroy_cq, 0},
    {"ibv_destroy_cq", destroy_single, 0},
    {"ibv_destroy_cq", destroy_extended, 0},
    {"ibv_destroy_ah", destroy_ah, 0},
    {"ibv_destroy_ah", destroy_ah, 1},
    {"ibv_destroy_ah", destroy_ah, 2},
    {"ibv_dereg_mr", dereg_mr, MR_SEND},
    {"ibv_dereg_mr", dereg_mr, MR_RECV},
    {"ibv_dereg_mr", dereg_mr, MR_REMOTE},
    {"ibv_dereg_mr", dereg_mr, MR_PARENT},
    {"ibv_dealloc_pd", dealloc_parent, 0},
    {"ibv_dealloc_td", dealloc_td, 0},
    {"ibv_dealloc_pd", dealloc_pd, 0},
    {"ibv_close_device", close_second, 0},
    {"ibv_close_device", close_device, 0},
};
const size_t life_step_count = EFA_ARRAY_SIZE(life_steps);
const size_t life_first_teardown = EFA_ARRAY_SIZE(life_steps) - 20;
