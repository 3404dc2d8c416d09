/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The oracle's device: what becomes of requests that were rung, in which order. */
#include "oracle_state.h"

static void complete_send(struct oracle_client *client, struct oracle_qp *qp,
                          const struct oracle_request *request, uint32_t status, uint32_t vendor)
{
    qp->sent.list[qp->sent.count++] = (struct walk_wc){
        .wr_id = request->wr.wr_id,
        .status = status,
        .vendor = vendor,
        .opcode = IBV_WC_SEND,
        .qp_num = qp->number,
    };
    client->cqs[qp->send_cq].written++;
}

static struct walk_wc *complete_recv(struct oracle_client *client, struct oracle_qp *qp,
                                     const struct oracle_request *request, uint32_t status,
                                     uint32_t vendor)
{
    struct walk_wc *wc = &qp->received.list[qp->received.count++];

    *wc = (struct walk_wc){
        .wr_id = request->wr.wr_id,
        .status = status,
        .vendor = vendor,
        .opcode = IBV_WC_RECV,
        .qp_num = qp->number,
    };
    client->cqs[qp->recv_cq].written++;
    return wc;
}

/* Whether a key covers a buffer: the region that has it now, in the queue pair's PD. */
static bool covers(const struct walk_oracle *oracle, const struct oracle_client *client,
                   uint32_t root, const struct walk_wr *wr, uint32_t offset, uint32_t length,
                   bool to_write)
{
    uint32_t place = (uint32_t)(wr->wr_id >> 8) & 0xff;

    for (int i = 0; i < WALK_MRS; i++) {
        const struct oracle_mr *mr = &client->mrs[i];

        if (!mr->used || mr->lkey != wr->lkey || wr->lkey == 0)
            continue;
        return (uint32_t)i == place && mr->root == root &&
               (!to_write || mr->access != ACCESS_NONE) && offset + length <= mr->length;
    }
    (void)oracle;
    return false;
}

static bool covers_all(const struct walk_oracle *oracle, const struct oracle_client *client,
                       uint32_t root, const struct walk_wr *wr, bool to_write)
{
    uint32_t offset = wr->offset;

    for (int i = 0; i < wr->sges; i++) {
        if (wr->length[i] && !covers(oracle, client, root, wr, offset, wr->length[i], to_write))
            return false;
        offset += wr->length[i];
    }
    return true;
}

static uint32_t size_of(const struct walk_wr *wr)
{
    return wr->sges == 0 ? 0 : wr->length[0] + (wr->sges > 1 ? wr->length[1] : 0);
}

/* What the adapter itself rejects: a verbs status and its own, or 0. */
static uint32_t judge(const struct walk_oracle *oracle, const struct oracle_client *client,
                      const struct oracle_qp *qp, const struct oracle_request *request,
                      uint32_t *vendor)
{
    const struct oracle_number *number = &oracle->numbers[request->ah_number];

    *vendor = 0;
    if (!number->references || number->root != qp->root) {
        *vendor = 4;
        return IBV_WC_LOC_QP_OP_ERR;
    }
    if (request->wr.shape == SEND_INLINE)
        return IBV_WC_SUCCESS;
    if (size_of(&request->wr) > WALK_MTU) {
        *vendor = 6;
        return IBV_WC_LOC_LEN_ERR;
    }
    if (!covers_all(oracle, client, qp->root, &request->wr, false)) {
        *vendor = 5;
        return IBV_WC_LOC_PROT_ERR;
    }
    return IBV_WC_SUCCESS;
}

static void fetch(struct walk_oracle *oracle, struct oracle_client *client, struct oracle_qp *qp)
{
    while (qp->rung.count) {
        struct oracle_request request = requests_take(&qp->rung);
        uint32_t vendor, status = judge(oracle, client, qp, &request, &vendor);

        if (status == IBV_WC_SUCCESS)
            requests_append(&qp->fetched, &request);
        else
            complete_send(client, qp, &request, status, vendor);
    }
}

struct oracle_qp *find_receiver(struct walk_oracle *oracle, uint32_t number,
                                struct oracle_client **client)
{
    for (int c = 0; c < WALK_CLIENTS; c++) {
        for (int i = 0; i < WALK_QPS; i++) {
            struct oracle_qp *qp = &oracle->clients[c].qps[i];

            *client = &oracle->clients[c];
            if (qp->used && qp->number == number)
                return qp;
        }
    }
    return NULL;
}

static uint32_t hash_of(const struct walk_wr *wr)
{
    uint32_t hash = WALK_HASH_START;

    for (uint32_t i = 0; i < size_of(wr); i++)
        hash = walk_hash(hash, walk_byte(wr->content, i));
    return hash;
}

static uint32_t own_number(const struct walk_oracle *oracle, uint32_t root)
{
    for (uint32_t i = 0; i < AH_NUMBERS; i++)
        if (oracle->numbers[i].references && oracle->numbers[i].root == root &&
            !oracle->numbers[i].is_nobody)
            return i;
    return NO_AH;
}

static void receive(struct walk_oracle *oracle, struct oracle_client *client, struct oracle_qp *qp,
                    const struct oracle_qp *sender, const struct oracle_request *request,
                    const struct oracle_request *into)
{
    struct walk_wc *wc = complete_recv(client, qp, into, IBV_WC_SUCCESS, 0);

    wc->byte_len = size_of(&request->wr) + (qp->is_ud ? WALK_GRH : 0);
    wc->src_qp = sender->number;
    wc->slid = own_number(oracle, qp->root);
    if (request->wr.shape == SEND_IMMEDIATE) {
        wc->flags = IBV_WC_WITH_IMM;
        wc->immediate = request->wr.immediate;
    }
    wc->hash = hash_of(&request->wr);
}

/* What the sender hears; of UD it hears nothing but that it was sent. */
static void answer(struct oracle_client *client, struct oracle_qp *sender,
                   const struct oracle_request *request, uint32_t status, uint32_t vendor)
{
    bool is_told = !sender->is_ud;

    complete_send(client, sender, request, is_told ? status : IBV_WC_SUCCESS, is_told ? vendor : 0);
}

bool can_receive(const struct oracle_qp *qp)
{
    return qp->state == IBV_QPS_RTR || qp->state == IBV_QPS_RTS || qp->state == IBV_QPS_SQD;
}

static void deliver(struct walk_oracle *oracle, struct oracle_client *client,
                    struct oracle_qp *sender, const struct oracle_request *request)
{
    struct oracle_client *other;
    struct oracle_qp *qp = find_receiver(oracle, request->dest_number, &other);
    uint32_t size = size_of(&request->wr) + (sender->is_ud ? WALK_GRH : 0);
    struct oracle_request into;

    if (!qp || qp->is_ud != sender->is_ud || !can_receive(qp) || qp->qkey != request->wr.qkey) {
        answer(client, sender, request, IBV_WC_REM_INV_RD_REQ_ERR, 9);
        return;
    }
    if (qp->recvs.count == 0) {
        answer(client, sender, request, IBV_WC_RNR_RETRY_EXC_ERR, 10);
        return;
    }
    if (request->wr.shape != SEND_INLINE &&
        !covers_all(oracle, client, sender->root, &request->wr, false)) {
        complete_send(client, sender, request, IBV_WC_LOC_PROT_ERR, 5);
        return;
    }
    if (size_of(&qp->recvs.list[0].wr) < size) {
        if (is_wrong(oracle, WALK_SHORT_RECEIVE_IS_TAKEN))
            (void)requests_take(&qp->recvs);
        answer(client, sender, request, IBV_WC_REM_INV_REQ_ERR, 11);
        return;
    }
    into = requests_take(&qp->recvs);
    if (!covers_all(oracle, other, qp->root, &into.wr, true)) {
        complete_recv(other, qp, &into, IBV_WC_LOC_PROT_ERR, 5);
        answer(client, sender, request, IBV_WC_BAD_RESP_ERR, 12);
        return;
    }
    receive(oracle, other, qp, sender, request, &into);
    complete_send(client, sender, request, IBV_WC_SUCCESS, 0);
}

static void flush_sends(struct oracle_client *client, struct oracle_qp *qp,
                        struct oracle_requests *list)
{
    while (list->count) {
        struct oracle_request request = requests_take(list);

        complete_send(client, qp, &request, IBV_WC_WR_FLUSH_ERR, 1);
    }
}

void enter_error(struct walk_oracle *oracle, struct oracle_client *client, struct oracle_qp *qp)
{
    (void)oracle;
    flush_sends(client, qp, &qp->fetched);
    flush_sends(client, qp, &qp->rung);
    while (qp->recvs.count) {
        struct oracle_request request = requests_take(&qp->recvs);

        complete_recv(client, qp, &request, IBV_WC_WR_FLUSH_ERR, 1);
    }
}

static void run_qp(struct walk_oracle *oracle, struct oracle_client *client, struct oracle_qp *qp)
{
    struct oracle_requests lost = {.count = 0};

    if (qp->state == IBV_QPS_RTS)
        fetch(oracle, client, qp);
    if (qp->state == IBV_QPS_ERR)
        flush_sends(client, qp, &qp->rung); /* of a session that was open before */
    while (qp->fetched.count) {
        struct oracle_request request = requests_take(&qp->fetched);

        if (!oracle->numbers[request.ah_number].is_nobody)
            deliver(oracle, client, qp, &request);
        else if (qp->is_ud)
            complete_send(client, qp, &request, IBV_WC_SUCCESS, 0);
        else
            requests_append(&lost, &request); /* until the peer is given up */
    }
    while (lost.count) {
        struct oracle_request request = requests_take(&lost);

        complete_send(client, qp, &request, IBV_WC_RESP_TIMEOUT_ERR, 15);
    }
}

void walk_oracle_run(struct walk_oracle *oracle)
{
    for (int c = 0; c < WALK_CLIENTS; c++)
        for (int i = 0; i < WALK_QPS; i++)
            if (oracle->clients[c].qps[i].used)
                run_qp(oracle, &oracle->clients[c], &oracle->clients[c].qps[i]);
}

/* With the last of its kind go the requests that were rung before, in all queue pairs of the PD. */
void release_number(struct walk_oracle *oracle, uint32_t number)
{
    if (--oracle->numbers[number].references != 0)
        return;
    oracle->numbers[number].references = 1; /* while what is rung is fetched */
    for (int c = 0; c < WALK_CLIENTS; c++) {
        struct oracle_client *client = &oracle->clients[c];

        for (int i = 0; i < WALK_QPS; i++) {
            struct oracle_qp *qp = &client->qps[i];
            struct oracle_requests stay = {.count = 0};

            if (!qp->used || qp->root != oracle->numbers[number].root)
                continue;
            if (qp->state == IBV_QPS_RTS)
                fetch(oracle, client, qp);
            while (qp->fetched.count) {
                struct oracle_request request = requests_take(&qp->fetched);

                if (request.ah_number == number)
                    complete_send(client, qp, &request, IBV_WC_WR_FLUSH_ERR, 1);
                else
                    requests_append(&stay, &request);
            }
            qp->fetched = stay;
        }
    }
    oracle->numbers[number].references = 0;
}
