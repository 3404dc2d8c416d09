/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The oracle's lists of requests and completions, and the places in memory that they have. */
#include <string.h>

#include "oracle_state.h"

void requests_append(struct oracle_requests *list, const struct oracle_request *request)
{
    list->list[list->count++] = *request;
}

struct oracle_request requests_take(struct oracle_requests *list)
{
    struct oracle_request first = list->list[0];

    memmove(&list->list[0], &list->list[1], (size_t)--list->count * sizeof list->list[0]);
    return first;
}

int take_chunk(bool *chunks)
{
    for (int i = 0; i < WALK_CHUNKS; i++) {
        if (chunks[i])
            continue;
        chunks[i] = true;
        return i;
    }
    return 0; /* cannot be: there are more than requests */
}

void release_chunk(bool *chunks, uint64_t wr_id)
{
    chunks[(wr_id >> 16 & 0xffff) % WALK_CHUNKS] = false;
}

void requests_release(bool *chunks, struct oracle_requests *list)
{
    for (int i = 0; i < list->count; i++)
        release_chunk(chunks, list->list[i].wr.wr_id);
    list->count = 0;
}

static void release_completions(bool *chunks, struct oracle_completions *list)
{
    for (int i = 0; i < list->count; i++)
        release_chunk(chunks, list->list[i].wr_id);
    list->count = 0;
}

void forget_requests(struct oracle_client *client, struct oracle_qp *qp, bool completions_too)
{
    requests_release(client->send_chunks, &qp->rung);
    requests_release(client->send_chunks, &qp->fetched);
    requests_release(client->send_chunks, &qp->session.requests);
    requests_release(client->recv_chunks, &qp->recvs);
    if (!completions_too)
        return;
    release_completions(client->send_chunks, &qp->sent);
    release_completions(client->recv_chunks, &qp->received);
}

int cq_ready(const struct oracle_client *client, int cq)
{
    int ready = 0;

    for (int i = 0; i < WALK_QPS; i++) {
        const struct oracle_qp *qp = &client->qps[i];

        if (qp->used && qp->send_cq == cq)
            ready += qp->sent.count;
        if (qp->used && qp->recv_cq == cq)
            ready += qp->received.count;
    }
    return ready;
}

/* A CQ has no overrun detection: whether its ring has room for that many more in every case. */
bool cq_has_room(const struct oracle_client *client, int cq, int more)
{
    int outstanding = client->cqs[cq].written + more;

    for (int i = 0; i < WALK_QPS; i++) {
        const struct oracle_qp *qp = &client->qps[i];

        if (qp->used && qp->send_cq == cq)
            outstanding += qp->rung.count + qp->fetched.count + qp->session.requests.count;
        if (qp->used && qp->recv_cq == cq)
            outstanding += qp->recvs.count;
    }
    return outstanding <= (int)client->cqs[cq].depth;
}

bool others_wait(const struct walk_oracle *oracle, const struct oracle_qp *qp)
{
    for (int c = 0; c < WALK_CLIENTS; c++) {
        for (int i = 0; i < WALK_QPS; i++) {
            const struct oracle_qp *other = &oracle->clients[c].qps[i];

            if (other != qp && other->used && other->rung.count + other->fetched.count != 0)
                return true;
        }
    }
    return false;
}
