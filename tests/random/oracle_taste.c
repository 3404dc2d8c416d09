/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Which operations lead somewhere: the walk prefers them. */
#include <errno.h>

#include "oracle_state.h"

static bool likes_region(const struct walk_plan *plan)
{
    return plan->op.a[3] != ACCESS_NONE && plan->op.a[4] < REGION_SHORT;
}

static bool likes_modify(const struct walk_plan *plan, const struct oracle_qp *qp)
{
    /* Towards where the traffic is. */
    return plan->to > qp->state ? plan->to <= IBV_QPS_RTS : qp->state > IBV_QPS_RTS;
}

static bool likes_recv(const struct oracle_client *client, const struct walk_plan *plan,
                       const struct oracle_qp *qp)
{
    int mr = plan->op.a[3];

    return qp->recv_depth != 0 && qp->state != IBV_QPS_RESET && qp->state != IBV_QPS_ERR &&
           qp->recvs.count + qp->received.count + plan->count <= (int)qp->recv_depth &&
           mr < WALK_MRS && client->mrs[mr].used && client->mrs[mr].root == qp->root &&
           client->mrs[mr].length == WALK_REGION;
}

static bool likes_send(struct walk_oracle *oracle, struct oracle_client *client,
                       const struct walk_plan *plan, const struct oracle_qp *qp, int ah_slot,
                       int mr)
{
    const struct oracle_ah *ah = ah_at(client, ah_slot);
    struct oracle_client *other;
    const struct oracle_qp *to = find_receiver(oracle, plan->dest_number, &other);

    if (expect_send(oracle, qp, ah, &plan->wr[0]) != 0)
        return false;
    return oracle->numbers[ah->number].root == qp->root && mr < WALK_MRS && client->mrs[mr].used &&
           client->mrs[mr].root == qp->root && to && to->is_ud == qp->is_ud && can_receive(to) &&
           to->recvs.count != 0;
}

bool walk_oracle_likes(struct walk_oracle *oracle, const struct walk_plan *plan)
{
    const int *a = plan->op.a;
    struct oracle_client *client = &oracle->clients[a[0]];

    switch (plan->op.kind) {
    case WALK_CLOSE:
    case WALK_DEALLOC_PD:
    case WALK_DEALLOC_TD:
    case WALK_DEREG_MR:
    case WALK_DESTROY_AH:
    case WALK_DESTROY_CQ:
    case WALK_DESTROY_QP:
    case WALK_QUERY_QP:
        return false;
    case WALK_REG_MR:
        return likes_region(plan) && expect_call(oracle, plan) == 0;
    case WALK_CREATE_AH:
        return a[3] < DEST_NOBODY && expect_call(oracle, plan) == 0;
    case WALK_MODIFY_QP:
        return likes_modify(plan, &client->qps[a[1]]) && expect_call(oracle, plan) == 0;
    case WALK_POST_RECV:
        return likes_recv(client, plan, &client->qps[a[1]]);
    case WALK_POST_SEND:
        return likes_send(oracle, client, plan, &client->qps[a[1]], a[4], a[5]);
    case WALK_WR_ADD:
        return likes_send(oracle, client, plan, &client->qps[a[1]], a[3], a[4]);
    case WALK_WR_START:
        return client->qps[a[1]].state == IBV_QPS_RTS;
    case WALK_WR_END:
        return client->qps[a[1]].session.requests.count > 1 && a[2] != 0;
    case WALK_RUN:
        return others_wait(oracle, NULL);
    case WALK_POLL:
    case WALK_START_POLL:
    case WALK_NEXT_POLL:
        return cq_ready(client, a[1]) != 0;
    default:
        return expect_call(oracle, plan) == 0;
    }
}

void walk_oracle_drop(struct walk_oracle *oracle, const struct walk_plan *plan)
{
    struct oracle_client *client = &oracle->clients[plan->op.a[0]];
    bool is_recv = plan->op.kind == WALK_POST_RECV;

    if (!is_recv && plan->op.kind != WALK_POST_SEND && plan->op.kind != WALK_WR_ADD)
        return;
    for (int i = 0; i < plan->count; i++)
        release_chunk(is_recv ? client->recv_chunks : client->send_chunks, plan->wr[i].wr_id);
}
