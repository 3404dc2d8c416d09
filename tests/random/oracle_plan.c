/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Which operations mean something now, and what they mean exactly. */
#include <string.h>

#include "oracle_state.h"

bool is_foreign(int ref, int per_client, int client)
{
    return ref / per_client != client && ref < WALK_CLIENTS * per_client;
}

static bool plan_create(struct walk_oracle *oracle, const struct walk_op *op, bool is_slot_used)
{
    return oracle->clients[op->a[0]].is_open && !is_slot_used;
}

static int next_state(int state)
{
    switch (state) {
    case IBV_QPS_RESET:
        return IBV_QPS_INIT;
    case IBV_QPS_INIT:
        return IBV_QPS_RTR;
    case IBV_QPS_RTR:
    case IBV_QPS_SQD:
        return IBV_QPS_RTS;
    case IBV_QPS_RTS:
        return IBV_QPS_SQD;
    default:
        return IBV_QPS_RESET;
    }
}

/* The attributes that a change of state requires besides the state; -1 if there is no such
 * change. */
int needs_of(int from, int to)
{
    if (to == IBV_QPS_RESET || to == IBV_QPS_ERR)
        return 0;
    if (from == IBV_QPS_RESET && to == IBV_QPS_INIT)
        return IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_QKEY;
    if (from == IBV_QPS_RTR && to == IBV_QPS_RTS)
        return IBV_QP_SQ_PSN;
    if ((from == IBV_QPS_INIT && (to == IBV_QPS_INIT || to == IBV_QPS_RTR)) ||
        (from == IBV_QPS_RTS && (to == IBV_QPS_RTS || to == IBV_QPS_SQD)) ||
        (from == IBV_QPS_SQD && (to == IBV_QPS_SQD || to == IBV_QPS_RTS)))
        return 0;
    return -1;
}

/* Whether a QKey may come with it. */
bool takes_qkey(int from, int to)
{
    return needs_of(from, to) >= 0 && to != IBV_QPS_RESET && to != IBV_QPS_ERR &&
           !(from == IBV_QPS_RTS && to == IBV_QPS_SQD);
}

static bool plan_modify(struct walk_oracle *oracle, struct walk_plan *plan)
{
    const int *a = plan->op.a;
    const struct oracle_qp *qp = &oracle->clients[a[0]].qps[a[1]];
    int needs;

    if (!qp->used)
        return false;
    plan->run_first = others_wait(oracle, qp);
    plan->to = a[2] >= TO_NEXT ? next_state(qp->state) : a[2];
    plan->qkey = WALK_QKEY;
    needs = needs_of(qp->state, plan->to);
    plan->mask = IBV_QP_STATE | (uint32_t)(needs > 0 ? needs : 0);
    if (a[3] == MASK_LACKS)
        plan->mask = IBV_QP_STATE;
    if (a[3] == MASK_TOO_MUCH)
        plan->mask |= IBV_QP_PATH_MTU;
    if (a[3] == MASK_OTHER_QKEY) {
        plan->mask |= IBV_QP_QKEY;
        plan->qkey++;
    }
    return true;
}

static bool has_foreign_reference(const struct walk_op *op)
{
    switch (op->kind) {
    case WALK_PARENT_DOMAIN:
        return is_foreign(op->a[2], WALK_PDS, op->a[0]) || is_foreign(op->a[3], WALK_TDS, op->a[0]);
    case WALK_CREATE_CQ:
        return is_foreign(op->a[4], WALK_PDS, op->a[0]);
    case WALK_CREATE_QP:
        return is_foreign(op->a[2], WALK_PDS, op->a[0]) ||
               is_foreign(op->a[3], WALK_CQS, op->a[0]) || is_foreign(op->a[4], WALK_CQS, op->a[0]);
    default:
        return false;
    }
}

static bool plan_qp(struct walk_oracle *oracle, const struct walk_op *op)
{
    bool is_plain = op->a[5] == TYPE_UD || op->a[5] == TYPE_SRD;

    /* A call that names no context creates in that of its PD. */
    if (is_plain && is_foreign(op->a[2], WALK_PDS, op->a[0]))
        return false;
    return plan_create(oracle, op, oracle->clients[op->a[0]].qps[op->a[1]].used);
}

bool walk_oracle_plan(struct walk_oracle *oracle, const struct walk_op *op, struct walk_plan *plan)
{
    const int *a = op->a;
    struct oracle_client *client = &oracle->clients[a[0]];

    memset(plan, 0, sizeof *plan);
    plan->op = *op;
    if (oracle->separate && has_foreign_reference(op))
        return false;
    switch (op->kind) {
    case WALK_OPEN:
        return !client->is_open;
    case WALK_CLOSE:
        return client->is_open;
    case WALK_ALLOC_PD:
    case WALK_PARENT_DOMAIN:
        return plan_create(oracle, op, client->pds[a[1]].used);
    case WALK_DEALLOC_PD:
        return client->pds[a[1]].used;
    case WALK_ALLOC_TD:
        return plan_create(oracle, op, client->tds[a[1]].used);
    case WALK_DEALLOC_TD:
        return client->tds[a[1]].used;
    case WALK_REG_MR:
        return plan_create(oracle, op, client->mrs[a[1]].used);
    case WALK_DEREG_MR:
        return client->mrs[a[1]].used;
    case WALK_CREATE_AH:
        return plan_create(oracle, op, client->ahs[a[1]].used);
    case WALK_DESTROY_AH:
        return client->ahs[a[1]].used;
    case WALK_CREATE_CQ:
        return plan_create(oracle, op, client->cqs[a[1]].used);
    case WALK_DESTROY_CQ:
        return client->cqs[a[1]].used;
    case WALK_CREATE_QP:
        return plan_qp(oracle, op);
    case WALK_DESTROY_QP:
    case WALK_QUERY_QP:
        return client->qps[a[1]].used;
    case WALK_MODIFY_QP:
        return plan_modify(oracle, plan);
    case WALK_POST_RECV:
        return plan_recv(oracle, plan);
    case WALK_POST_SEND:
        return plan_send(oracle, plan);
    case WALK_WR_START:
        return client->qps[a[1]].used && client->qps[a[1]].is_extended &&
               !client->qps[a[1]].session.is_open;
    case WALK_WR_ADD:
        return plan_add(oracle, plan);
    case WALK_WR_END:
        plan->run_first = others_wait(oracle, &client->qps[a[1]]);
        return client->qps[a[1]].used && client->qps[a[1]].session.is_open;
    case WALK_POLL:
        plan->count = a[2];
        return client->cqs[a[1]].used;
    case WALK_START_POLL:
        plan->count = 1;
        return client->cqs[a[1]].used && client->cqs[a[1]].kind != CQ_PLAIN;
    case WALK_NEXT_POLL:
    case WALK_END_POLL:
        plan->count = 1;
        return client->cqs[a[1]].used && client->cqs[a[1]].has_session;
    default:
        return true;
    }
}
