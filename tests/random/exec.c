/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Carries out each operation with calls of the library. */
#include "exec_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int made(const void *object)
{
    return object ? 0 : errno ? errno : -1;
}

/* References to objects of any client; one beyond the last means no object. */
#define REFERENCE(exec, ref, array, per_client)        \
    ((ref) < 0 || (ref) >= WALK_CLIENTS * (per_client) \
         ? NULL                                        \
         : (exec)->clients[(ref) / (per_client)].array[(ref) % (per_client)])

static int open_client(struct walk_client *client)
{
    struct ibv_device **list = ibv_get_device_list(NULL);

    if (!list || !list[0])
        return made(NULL);
    client->context = ibv_open_device(list[0]);
    ibv_free_device_list(list);
    return made(client->context);
}

static int parent_domain(struct walk_exec *exec, const struct walk_op *op)
{
    struct walk_client *client = &exec->clients[op->a[0]];
    struct ibv_parent_domain_init_attr attr;

    memset(&attr, 0, sizeof attr);
    attr.pd = REFERENCE(exec, op->a[2], pds, WALK_PDS);
    attr.td = REFERENCE(exec, op->a[3], tds, WALK_TDS);
    client->pds[op->a[1]] = ibv_alloc_parent_domain(client->context, &attr);
    return made(client->pds[op->a[1]]);
}

static int reg_mr(struct walk_client *client, const struct walk_op *op, struct walk_result *result)
{
    static const int access[] = {0, IBV_ACCESS_LOCAL_WRITE,
                                 IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_READ,
                                 IBV_ACCESS_REMOTE_WRITE};
    static const size_t size[] = {WALK_REGION, WALK_REGION, WALK_SEND_AREA, 0};
    struct ibv_pd *pd = op->a[2] < WALK_PDS ? client->pds[op->a[2]] : NULL;
    struct ibv_mr *mr = ibv_reg_mr(pd, client->memory + (size_t)op->a[1] * WALK_REGION,
                                   size[op->a[4]], access[op->a[3]]);

    client->mrs[op->a[1]] = mr;
    if (mr)
        result->value[0] = mr->lkey;
    return made(mr);
}

static int create_ah(struct walk_client *client, const struct walk_op *op,
                     struct walk_result *result)
{
    struct ibv_pd *pd = op->a[2] < WALK_PDS ? client->pds[op->a[2]] : NULL;
    struct ibv_ah_attr attr;
    struct ibv_ah *ah;

    memset(&attr, 0, sizeof attr);
    attr.is_global = 1;
    attr.port_num = op->a[3] == DEST_BAD_PORT ? 2 : 1;
    ibv_query_gid(client->context, 1, 0, &attr.grh.dgid);
    if (op->a[3] == DEST_NOBODY)
        attr.grh.dgid.raw[8] ^= 0x55;
    ah = ibv_create_ah(pd, &attr);
    client->ahs[op->a[1]] = ah;
    if (ah)
        result->value[0] = ah->handle;
    return made(ah);
}

static const int cq_depths[] = {16, 64, 256, 256, 0};

static int create_cq(struct walk_exec *exec, const struct walk_op *op, struct walk_result *result)
{
    struct walk_client *client = &exec->clients[op->a[0]];
    struct ibv_cq_init_attr_ex attr;
    struct ibv_cq *cq;

    memset(&attr, 0, sizeof attr);
    attr.cqe = (uint32_t)cq_depths[op->a[2]];
    attr.wc_flags = IBV_WC_STANDARD_FLAGS;
    if (op->a[3] == CQ_SINGLE) {
        attr.comp_mask = IBV_CQ_INIT_ATTR_MASK_FLAGS;
        attr.flags = IBV_CREATE_CQ_ATTR_SINGLE_THREADED;
    } else if (op->a[3] == CQ_IN_DOMAIN) {
        attr.comp_mask = IBV_CQ_INIT_ATTR_MASK_PD;
        attr.parent_domain = REFERENCE(exec, op->a[4], pds, WALK_PDS);
    }
    if (op->a[3] == CQ_PLAIN) {
        cq = ibv_create_cq(client->context, cq_depths[op->a[2]], NULL, NULL, 0);
    } else {
        struct ibv_cq_ex *extended = ibv_create_cq_ex(client->context, &attr);

        cq = extended ? ibv_cq_ex_to_cq(extended) : NULL;
    }
    client->cqs[op->a[1]] = cq;
    if (cq)
        result->value[0] = (uint32_t)cq->cqe;
    return made(cq);
}

static const uint32_t send_depths[] = {0, 1, 4, 13, 13, 5000};
static const uint32_t recv_depths[] = {0, 1, 5, 16, 16, 40000};

static int create_qp(struct walk_exec *exec, const struct walk_op *op, struct walk_result *result)
{
    struct walk_client *client = &exec->clients[op->a[0]];
    struct ibv_qp_cap cap = {send_depths[op->a[6]], recv_depths[op->a[7]], 2, 2, 32};
    struct ibv_pd *pd = REFERENCE(exec, op->a[2], pds, WALK_PDS);
    struct efadv_qp_init_attr efa_attr;
    struct ibv_qp_init_attr_ex ex;
    struct ibv_qp_init_attr plain;
    struct ibv_qp *qp;

    memset(&efa_attr, 0, sizeof efa_attr);
    memset(&ex, 0, sizeof ex);
    memset(&plain, 0, sizeof plain);
    plain.send_cq = ex.send_cq = REFERENCE(exec, op->a[3], cqs, WALK_CQS);
    plain.recv_cq = ex.recv_cq = REFERENCE(exec, op->a[4], cqs, WALK_CQS);
    plain.cap = ex.cap = cap;
    plain.sq_sig_all = ex.sq_sig_all = op->a[5] != TYPE_UD;
    ex.comp_mask = IBV_QP_INIT_ATTR_PD | IBV_QP_INIT_ATTR_SEND_OPS_FLAGS;
    ex.pd = pd;
    ex.send_ops_flags = IBV_QP_EX_WITH_SEND | IBV_QP_EX_WITH_SEND_WITH_IMM;
    switch (op->a[5]) {
    case TYPE_UD:
        plain.qp_type = IBV_QPT_UD;
        qp = ibv_create_qp(pd, &plain);
        break;
    case TYPE_UD_EX:
        ex.qp_type = IBV_QPT_UD;
        qp = ibv_create_qp_ex(client->context, &ex);
        break;
    case TYPE_SRD_EX:
        ex.qp_type = IBV_QPT_DRIVER;
        qp = efadv_create_qp_ex(client->context, &ex, &efa_attr, sizeof efa_attr);
        break;
    default:
        plain.qp_type = IBV_QPT_DRIVER;
        qp = efadv_create_driver_qp(pd, &plain, EFADV_QP_DRIVER_TYPE_SRD);
        break;
    }
    client->qps[op->a[1]] = qp;
    if (qp)
        result->value[0] = qp->qp_num;
    return made(qp);
}

static int modify_qp(struct ibv_qp *qp, const struct walk_plan *plan)
{
    struct ibv_qp_attr attr;

    memset(&attr, 0, sizeof attr);
    attr.qp_state = (enum ibv_qp_state)plan->to;
    attr.qkey = plan->qkey;
    attr.port_num = plan->op.a[3] == MASK_BAD_VALUE ? 2 : 1;
    attr.sq_psn = plan->op.a[3] == MASK_BAD_VALUE ? 0x1000000 : 1;
    return ibv_modify_qp(qp, &attr, (int)plan->mask);
}

static int query_qp(struct ibv_qp *qp, struct walk_result *result)
{
    struct ibv_qp_init_attr init;
    struct ibv_qp_attr attr;
    int error = ibv_query_qp(qp, &attr, 0, &init);

    if (!error) {
        result->value[0] = (uint32_t)attr.qp_state;
        result->value[1] = attr.qkey;
        result->value[2] = attr.cap.max_send_wr;
        result->value[3] = attr.cap.max_recv_wr;
        result->value[4] = (uint32_t)init.qp_type;
    }
    return error;
}

#define END_IT(call, array)                     \
    do {                                        \
        int error_ = call(client->array[a[1]]); \
                                                \
        if (!error_)                            \
            client->array[a[1]] = NULL;         \
        return error_;                          \
    } while (0)

static int carry_out(struct walk_exec *exec, const struct walk_plan *plan,
                     struct walk_result *result)
{
    const struct walk_op *op = &plan->op;
    const int *a = op->a;
    struct walk_client *client = &exec->clients[a[0]];
    struct ibv_td_init_attr td_attr = {0};
    int error;

    switch (op->kind) {
    case WALK_OPEN:
        return open_client(client);
    case WALK_CLOSE:
        error = ibv_close_device(client->context);
        if (!error)
            client->context = NULL;
        return error;
    case WALK_ALLOC_PD:
        return made(client->pds[a[1]] = ibv_alloc_pd(client->context));
    case WALK_DEALLOC_PD:
        END_IT(ibv_dealloc_pd, pds);
    case WALK_ALLOC_TD:
        return made(client->tds[a[1]] = ibv_alloc_td(client->context, &td_attr));
    case WALK_DEALLOC_TD:
        END_IT(ibv_dealloc_td, tds);
    case WALK_PARENT_DOMAIN:
        return parent_domain(exec, op);
    case WALK_REG_MR:
        return reg_mr(client, op, result);
    case WALK_DEREG_MR:
        END_IT(ibv_dereg_mr, mrs);
    case WALK_CREATE_AH:
        return create_ah(client, op, result);
    case WALK_DESTROY_AH:
        END_IT(ibv_destroy_ah, ahs);
    case WALK_CREATE_CQ:
        return create_cq(exec, op, result);
    case WALK_DESTROY_CQ:
        END_IT(ibv_destroy_cq, cqs);
    case WALK_CREATE_QP:
        return create_qp(exec, op, result);
    case WALK_DESTROY_QP:
        END_IT(ibv_destroy_qp, qps);
    case WALK_MODIFY_QP:
        return modify_qp(client->qps[a[1]], plan);
    case WALK_QUERY_QP:
        return query_qp(client->qps[a[1]], result);
    case WALK_POST_RECV:
        return walk_exec_post_recv(client, plan, result);
    case WALK_POST_SEND:
        return walk_exec_post_send(client, plan, result);
    case WALK_WR_START:
        ibv_wr_start(ibv_qp_to_qp_ex(client->qps[a[1]]));
        return 0;
    case WALK_WR_ADD:
        walk_exec_wr_add(client, plan);
        return 0;
    case WALK_WR_END:
        return walk_exec_wr_end(client, op);
    case WALK_POLL:
        return walk_exec_poll(client, plan, result);
    case WALK_START_POLL:
    case WALK_NEXT_POLL:
        return walk_exec_poll_session(client, op, result);
    case WALK_END_POLL:
        ibv_end_poll((struct ibv_cq_ex *)(void *)client->cqs[a[1]]);
        return 0;
    default:
        return -1;
    }
}

void walk_exec(struct walk_exec *exec, const struct walk_plan *plan, struct walk_result *result)
{
    memset(result, 0, sizeof *result);
    errno = 0;
    result->error = carry_out(exec, plan, result);
}

bool walk_exec_init(struct walk_exec *exec)
{
    memset(exec, 0, sizeof *exec);
    for (int i = 0; i < WALK_CLIENTS; i++) {
        exec->clients[i].memory = calloc(WALK_MRS, WALK_REGION);
        if (!exec->clients[i].memory)
            return false;
    }
    return true;
}

static bool end_client(struct walk_client *client)
{
    bool good = true;

#define END_ALL(array, count, call)      \
    for (int i_ = 0; i_ < (count); i_++) \
        if (client->array[i_])           \
            good = call(client->array[i_]) == 0 && good;
    END_ALL(qps, WALK_QPS, ibv_destroy_qp)
    for (int i = 0; i < WALK_CQS; i++) {
        struct ibv_cq *cq = client->cqs[i];

        if (!cq)
            continue;
        if (ibv_destroy_cq(cq) != 0) {
            ibv_end_poll((struct ibv_cq_ex *)(void *)cq); /* a session was left open */
            good = ibv_destroy_cq(cq) == 0 && good;
        }
    }
    END_ALL(ahs, WALK_AHS, ibv_destroy_ah)
    END_ALL(mrs, WALK_MRS, ibv_dereg_mr)
    /* Parent domains first: other PDs are rejected here and destroyed afterwards. */
    for (int i = 0; i < WALK_PDS; i++)
        if (client->pds[i] && ibv_dealloc_pd(client->pds[i]) == 0)
            client->pds[i] = NULL;
    END_ALL(pds, WALK_PDS, ibv_dealloc_pd)
    END_ALL(tds, WALK_TDS, ibv_dealloc_td)
    if (client->context)
        good = ibv_close_device(client->context) == 0 && good;
    free(client->memory);
    return good;
}

bool walk_exec_end(struct walk_exec *exec)
{
    bool good = true;

    for (int i = 0; i < WALK_CLIENTS; i++)
        good = end_client(&exec->clients[i]) && good;
    return good;
}
