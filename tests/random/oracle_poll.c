/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The oracle's polling: every completion is the next of its queue, and there are as many as due. */
#include <errno.h>
#include <string.h>

#include "oracle_state.h"

/* The queue whose next completion this is, or NULL. */
static struct oracle_completions *find_ready(struct oracle_client *client, int cq,
                                             const struct walk_wc *wc, bool *is_send)
{
    for (int i = 0; i < WALK_QPS; i++) {
        struct oracle_qp *qp = &client->qps[i];

        if (!qp->used || qp->number != wc->qp_num)
            continue;
        *is_send = wc->opcode != IBV_WC_RECV;
        if (*is_send)
            return qp->send_cq == cq && qp->sent.count ? &qp->sent : NULL;
        return qp->recv_cq == cq && qp->received.count ? &qp->received : NULL;
    }
    return NULL;
}

static const char *check_completion(struct walk_oracle *oracle, struct oracle_client *client,
                                    int cq, const struct walk_wc *wc)
{
    bool is_send = false;
    struct oracle_completions *ready = find_ready(client, cq, wc, &is_send);
    const struct walk_wc *next;
    int place = 0;

    if (!ready)
        return problem(oracle, "a completion that cannot be: its queue pair", wc->qp_num, 0);
    /* A message that fails completes immediately, while an earlier one is still in transfer. */
    for (int i = 0; oracle->any_order && i < ready->count; i++)
        if (ready->list[i].wr_id == wc->wr_id)
            place = i;
    next = &ready->list[place];
#define SAME(field, what)         \
    if (wc->field != next->field) \
        return problem(oracle, what, wc->field, next->field);
    SAME(wr_id, "the completion's wr_id")
    SAME(status, "the completion's status")
    SAME(vendor, "the completion's vendor_err")
    SAME(opcode, "the completion's opcode")
    SAME(byte_len, "the completion's byte_len")
    SAME(src_qp, "the completion's src_qp")
    SAME(slid, "the completion's slid")
    SAME(flags, "the completion's wc_flags")
    SAME(immediate, "the completion's immediate data")
    SAME(hash, "the sum over what was received")
#undef SAME
    release_chunk(is_send ? client->send_chunks : client->recv_chunks, wc->wr_id);
    ready->count--;
    memmove(&ready->list[place], &ready->list[place + 1],
            (size_t)(ready->count - place) * sizeof ready->list[0]);
    client->cqs[cq].written--;
    return NULL;
}

const char *check_poll(struct walk_oracle *oracle, const struct walk_plan *plan,
                       const struct walk_result *result)
{
    const int *a = plan->op.a;
    struct oracle_client *client = &oracle->clients[a[0]];
    struct oracle_cq *cq = &client->cqs[a[1]];
    bool is_call = plan->op.kind == WALK_POLL;
    bool is_kept_out = cq->has_session && plan->op.kind != WALK_NEXT_POLL;
    int ready = is_kept_out ? 0 : cq_ready(client, a[1]);
    int wanted = ready < plan->count ? ready : plan->count;
    int error = !is_call && wanted == 0 ? ENOENT : 0;

    if (result->error != error)
        return problem(oracle, "the error", (unsigned long long)result->error,
                       (unsigned long long)error);
    if (result->count != wanted)
        return problem(oracle, "the number of completions", (unsigned long long)result->count,
                       (unsigned long long)wanted);
    for (int i = 0; i < wanted; i++) {
        const char *what = check_completion(oracle, client, a[1], &result->wc[i]);

        if (what)
            return what;
    }
    if (wanted < plan->count && !is_kept_out)
        cq->written = 0; /* the rings were seen to their ends */
    if (plan->op.kind == WALK_START_POLL && error == 0)
        cq->has_session = true;
    return NULL;
}
