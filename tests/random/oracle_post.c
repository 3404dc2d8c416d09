/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The oracle's posting: planned requests, and the results of the calls. */
#include <errno.h>

#include "oracle_state.h"

enum { SEND_USUAL = -1, RECV_GRH_ROOM = 128 };

/* ---- plans ---- */

static uint32_t key_of(const struct oracle_client *client, int mr)
{
    return mr < WALK_MRS && client->mrs[mr].used ? client->mrs[mr].lkey : 0;
}

bool plan_recv(struct walk_oracle *oracle, struct walk_plan *plan)
{
    const int *a = plan->op.a;
    struct oracle_client *client = &oracle->clients[a[0]];
    struct oracle_qp *qp = &client->qps[a[1]];

    if (!qp->used || !cq_has_room(client, qp->recv_cq, a[2]))
        return false;
    plan->count = a[2];
    for (int i = 0; i < plan->count; i++) {
        struct walk_wr *wr = &plan->wr[i];
        uint32_t chunk = (uint32_t)take_chunk(client->recv_chunks);

        wr->shape = i == a[5] ? a[4] : RECV_USUAL;
        wr->wr_id = walk_wr_id(++oracle->serial, chunk, (uint32_t)a[3], qp->is_ud);
        wr->lkey = key_of(client, a[3]);
        wr->offset = WALK_SEND_AREA + chunk * WALK_RECV_CHUNK;
        wr->sges = wr->shape == RECV_NONE    ? 0
                   : wr->shape == RECV_TWO   ? 2
                   : wr->shape == RECV_THREE ? 3
                                             : 1;
        wr->length[0] = wr->shape == RECV_SHORT ? 16 : wr->shape == RECV_TWO ? 50 : RECV_GRH_ROOM;
        wr->length[1] = 60;
        wr->length[2] = 1;
    }
    return true;
}

static uint32_t dest_of(const struct walk_oracle *oracle, int ref, uint32_t *qkey)
{
    const struct oracle_qp *qp;

    *qkey = WALK_QKEY;
    if (ref >= WALK_CLIENTS * WALK_QPS)
        return 0;
    qp = &oracle->clients[ref / WALK_QPS].qps[ref % WALK_QPS];
    if (!qp->used)
        return 0;
    *qkey = qp->qkey;
    return qp->number;
}

static void fill_send(struct walk_oracle *oracle, struct oracle_client *client, struct walk_wr *wr,
                      int mr, int shape, uint32_t qkey)
{
    uint32_t chunk = (uint32_t)take_chunk(client->send_chunks);

    wr->shape = shape;
    wr->content = ++oracle->serial;
    wr->wr_id = walk_wr_id(wr->content, chunk, (uint32_t)mr, false);
    wr->lkey = key_of(client, mr);
    wr->offset = chunk * WALK_SEND_CHUNK;
    wr->sges = shape == SEND_EMPTY ? 0 : shape == SEND_TWO ? 2 : 1;
    wr->length[0] = shape == SEND_EMPTY         ? 0
                    : shape == SEND_BYTE        ? 1
                    : shape == SEND_TWO         ? 30
                    : shape == SEND_INLINE      ? 32
                    : shape == SEND_INLINE_LONG ? 33
                    : shape == SEND_TOO_LONG    ? WALK_MTU + 1
                                                : WALK_SEND_CHUNK;
    wr->length[1] = shape == SEND_TWO ? 34 : 0;
    wr->qkey = shape == SEND_OTHER_QKEY ? ~qkey : qkey;
    wr->immediate = shape == SEND_IMMEDIATE ? wr->content * 3 : 0;
}

bool plan_send(struct walk_oracle *oracle, struct walk_plan *plan)
{
    const int *a = plan->op.a;
    struct oracle_client *client = &oracle->clients[a[0]];
    struct oracle_qp *qp = &client->qps[a[1]];
    uint32_t qkey;

    if (!qp->used || qp->session.is_open || !cq_has_room(client, qp->send_cq, a[2]))
        return false;
    plan->run_first = others_wait(oracle, qp);
    plan->count = a[2];
    plan->dest_number = dest_of(oracle, a[3], &qkey);
    for (int i = 0; i < plan->count; i++)
        fill_send(oracle, client, &plan->wr[i], a[5], i == a[7] ? a[6] : SEND_USUAL, qkey);
    return true;
}

bool plan_add(struct walk_oracle *oracle, struct walk_plan *plan)
{
    const int *a = plan->op.a;
    struct oracle_client *client = &oracle->clients[a[0]];
    struct oracle_qp *qp = &client->qps[a[1]];
    uint32_t qkey;

    if (!qp->used || !qp->session.is_open || !cq_has_room(client, qp->send_cq, 1))
        return false;
    plan->count = 1;
    plan->dest_number = dest_of(oracle, a[2], &qkey);
    fill_send(oracle, client, &plan->wr[0], a[4], a[5], qkey);
    return true;
}

/* ---- posting ---- */

static int sends_free(const struct walk_oracle *oracle, const struct oracle_qp *qp)
{
    return (int)qp->send_depth + (is_wrong(oracle, WALK_ONE_MORE_SEND) ? 1 : 0) - qp->rung.count -
           qp->fetched.count - qp->sent.count - qp->session.requests.count;
}

static bool may_send(const struct oracle_qp *qp)
{
    return qp->send_depth != 0 && (qp->state == IBV_QPS_RTS || qp->state == IBV_QPS_SQD);
}

const struct oracle_ah *ah_at(const struct oracle_client *client, int slot)
{
    return slot < WALK_AHS && client->ahs[slot].used ? &client->ahs[slot] : NULL;
}

int expect_send(const struct walk_oracle *oracle, const struct oracle_qp *qp,
                const struct oracle_ah *ah, const struct walk_wr *wr)
{
    if (!may_send(qp) || !ah || wr->shape == SEND_NO_ADDRESS || wr->shape == SEND_FENCED ||
        (wr->shape == SEND_UNSIGNALED && !qp->signals_all))
        return EINVAL;
    if (sends_free(oracle, qp) <= 0)
        return ENOMEM;
    return wr->shape == SEND_INLINE_LONG ? EINVAL : 0;
}

/* The list ends at the first that cannot be posted. */
static const char *check_posted(struct walk_oracle *oracle, const struct walk_plan *plan,
                                const struct walk_result *result, int error, int posted,
                                bool *chunks)
{
    for (int i = posted; i < plan->count; i++)
        release_chunk(chunks, plan->wr[i].wr_id);
    if (result->error != error)
        return problem(oracle, "the error", (unsigned long long)result->error,
                       (unsigned long long)error);
    if (result->count != posted)
        return problem(oracle, "the number of requests posted", (unsigned long long)result->count,
                       (unsigned long long)posted);
    return NULL;
}

const char *check_send(struct walk_oracle *oracle, const struct walk_plan *plan,
                       const struct walk_result *result)
{
    const int *a = plan->op.a;
    struct oracle_client *client = &oracle->clients[a[0]];
    struct oracle_qp *qp = &client->qps[a[1]];
    const struct oracle_ah *ah = ah_at(client, a[4]);
    int posted = 0, error = 0;

    while (posted < plan->count) {
        const struct walk_wr *wr = &plan->wr[posted];

        error = expect_send(oracle, qp, ah, wr);
        if (error)
            break;
        requests_append(&qp->rung, &(struct oracle_request){*wr, ah->number, plan->dest_number});
        posted++;
    }
    return check_posted(oracle, plan, result, error, posted, client->send_chunks);
}

const char *check_recv(struct walk_oracle *oracle, const struct walk_plan *plan,
                       const struct walk_result *result)
{
    const int *a = plan->op.a;
    struct oracle_client *client = &oracle->clients[a[0]];
    struct oracle_qp *qp = &client->qps[a[1]];
    bool is_open = qp->recv_depth != 0 && qp->state != IBV_QPS_RESET && qp->state != IBV_QPS_ERR;
    int posted = 0, error = 0;

    while (posted < plan->count) {
        const struct walk_wr *wr = &plan->wr[posted];

        if (!is_open || wr->sges == 0 || wr->sges > 2)
            error = EINVAL;
        else if (qp->recvs.count + qp->received.count == (int)qp->recv_depth)
            error = ENOMEM;
        if (error)
            break;
        requests_append(&qp->recvs, &(struct oracle_request){*wr, 0, 0});
        posted++;
    }
    return check_posted(oracle, plan, result, error, posted, client->recv_chunks);
}

/* The calls of a session return nothing: its end reports the first error. */
void add_request(struct walk_oracle *oracle, const struct walk_plan *plan)
{
    const int *a = plan->op.a;
    struct oracle_client *client = &oracle->clients[a[0]];
    struct oracle_qp *qp = &client->qps[a[1]];
    struct oracle_session *session = &qp->session;
    const struct oracle_ah *ah = ah_at(client, a[3]);
    const struct walk_wr *wr = &plan->wr[0];
    int error = 0;

    if (session->error == 0) {
        if (session->lacks_address || !may_send(qp))
            error = EINVAL;
        else if (sends_free(oracle, qp) <= 0)
            error = ENOMEM;
        else if (wr->shape == SEND_INLINE_LONG || (wr->shape != SEND_NO_ADDRESS && !ah))
            error = EINVAL;
    }
    if (session->error || error) {
        if (!session->error)
            session->error = error;
        release_chunk(client->send_chunks, wr->wr_id);
        return;
    }
    session->lacks_address = wr->shape == SEND_NO_ADDRESS;
    requests_append(
        &session->requests,
        &(struct oracle_request){*wr, session->lacks_address ? 0 : ah->number, plan->dest_number});
}

const char *check_end(struct walk_oracle *oracle, const struct walk_plan *plan,
                      const struct walk_result *result)
{
    const int *a = plan->op.a;
    struct oracle_client *client = &oracle->clients[a[0]];
    struct oracle_qp *qp = &client->qps[a[1]];
    struct oracle_session *session = &qp->session;
    bool is_abort = a[2] == 0;
    int wanted = session->error;

    if (!wanted && session->lacks_address)
        wanted = EINVAL;
    if (is_abort || wanted) {
        requests_release(client->send_chunks, &session->requests);
    } else {
        for (int i = 0; i < session->requests.count; i++)
            requests_append(&qp->rung, &session->requests.list[i]);
        session->requests.count = 0;
    }
    session->is_open = false;
    if (is_abort)
        wanted = 0;
    return result->error == wanted
               ? NULL
               : problem(oracle, "the session's error", (unsigned long long)result->error,
                         (unsigned long long)wanted);
}
