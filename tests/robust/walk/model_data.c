/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The model's data path: requests from their post over the device to their completion. */
#include <errno.h>
#include <string.h>

#include "model_state.h"

enum { SEND_USUAL = -1, RECV_GRH_ROOM = 128 };

/* ---- lists and chunks ---- */

static void append(struct model_requests *list, const struct model_request *request)
{
    list->list[list->count++] = *request;
}

static struct model_request take_first(struct model_requests *list)
{
    struct model_request first = list->list[0];

    memmove(&list->list[0], &list->list[1], (size_t)--list->count * sizeof list->list[0]);
    return first;
}

static int take_chunk(bool *chunks)
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

static void release_all(bool *chunks, struct model_requests *list)
{
    for (int i = 0; i < list->count; i++)
        release_chunk(chunks, list->list[i].wr.wr_id);
    list->count = 0;
}

static void release_completions(bool *chunks, struct model_completions *list)
{
    for (int i = 0; i < list->count; i++)
        release_chunk(chunks, list->list[i].wr_id);
    list->count = 0;
}

void forget_requests(struct model_client *client, struct model_qp *qp, bool completions_too)
{
    release_all(client->send_chunks, &qp->rung);
    release_all(client->send_chunks, &qp->fetched);
    release_all(client->send_chunks, &qp->session.requests);
    release_all(client->recv_chunks, &qp->recvs);
    if (!completions_too)
        return;
    release_completions(client->send_chunks, &qp->sent);
    release_completions(client->recv_chunks, &qp->received);
}

int cq_ready(const struct model_client *client, int cq)
{
    int ready = 0;

    for (int i = 0; i < WALK_QPS; i++) {
        const struct model_qp *qp = &client->qps[i];

        if (qp->used && qp->send_cq == cq)
            ready += qp->sent.count;
        if (qp->used && qp->recv_cq == cq)
            ready += qp->received.count;
    }
    return ready;
}

/* A CQ has no overrun detection: whether its ring takes so many more, whatever happens. */
static bool has_room(const struct model_client *client, int cq, int more)
{
    int outstanding = client->cqs[cq].written + more;

    for (int i = 0; i < WALK_QPS; i++) {
        const struct model_qp *qp = &client->qps[i];

        if (qp->used && qp->send_cq == cq)
            outstanding += qp->rung.count + qp->fetched.count + qp->session.requests.count;
        if (qp->used && qp->recv_cq == cq)
            outstanding += qp->recvs.count;
    }
    return outstanding <= (int)client->cqs[cq].depth;
}

bool others_wait(const struct walk_model *model, const struct model_qp *qp)
{
    for (int c = 0; c < WALK_CLIENTS; c++) {
        for (int i = 0; i < WALK_QPS; i++) {
            const struct model_qp *other = &model->clients[c].qps[i];

            if (other != qp && other->used && other->rung.count + other->fetched.count != 0)
                return true;
        }
    }
    return false;
}

/* ---- plans ---- */

static uint32_t key_of(const struct model_client *client, int mr)
{
    return mr < WALK_MRS && client->mrs[mr].used ? client->mrs[mr].lkey : 0;
}

bool plan_recv(struct walk_model *model, struct walk_plan *plan)
{
    const int *a = plan->op.a;
    struct model_client *client = &model->clients[a[0]];
    struct model_qp *qp = &client->qps[a[1]];

    if (!qp->used || !has_room(client, qp->recv_cq, a[2]))
        return false;
    plan->count = a[2];
    for (int i = 0; i < plan->count; i++) {
        struct walk_wr *wr = &plan->wr[i];
        uint32_t chunk = (uint32_t)take_chunk(client->recv_chunks);

        wr->shape = i == a[5] ? a[4] : RECV_USUAL;
        wr->wr_id = walk_wr_id(++model->serial, chunk, (uint32_t)a[3], qp->is_ud);
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

static uint32_t dest_of(const struct walk_model *model, int ref, uint32_t *qkey)
{
    const struct model_qp *qp;

    *qkey = WALK_QKEY;
    if (ref >= WALK_CLIENTS * WALK_QPS)
        return 0;
    qp = &model->clients[ref / WALK_QPS].qps[ref % WALK_QPS];
    if (!qp->used)
        return 0;
    *qkey = qp->qkey;
    return qp->number;
}

static void fill_send(struct walk_model *model, struct model_client *client, struct walk_wr *wr,
                      int mr, int shape, uint32_t qkey)
{
    uint32_t chunk = (uint32_t)take_chunk(client->send_chunks);

    wr->shape = shape;
    wr->content = ++model->serial;
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

bool plan_send(struct walk_model *model, struct walk_plan *plan)
{
    const int *a = plan->op.a;
    struct model_client *client = &model->clients[a[0]];
    struct model_qp *qp = &client->qps[a[1]];
    uint32_t qkey;

    if (!qp->used || qp->session.is_open || !has_room(client, qp->send_cq, a[2]))
        return false;
    plan->run_first = others_wait(model, qp);
    plan->count = a[2];
    plan->dest_number = dest_of(model, a[3], &qkey);
    for (int i = 0; i < plan->count; i++)
        fill_send(model, client, &plan->wr[i], a[5], i == a[7] ? a[6] : SEND_USUAL, qkey);
    return true;
}

bool plan_add(struct walk_model *model, struct walk_plan *plan)
{
    const int *a = plan->op.a;
    struct model_client *client = &model->clients[a[0]];
    struct model_qp *qp = &client->qps[a[1]];
    uint32_t qkey;

    if (!qp->used || !qp->session.is_open || !has_room(client, qp->send_cq, 1))
        return false;
    plan->count = 1;
    plan->dest_number = dest_of(model, a[2], &qkey);
    fill_send(model, client, &plan->wr[0], a[4], a[5], qkey);
    return true;
}

/* ---- posting ---- */

static int sends_free(const struct walk_model *model, const struct model_qp *qp)
{
    return (int)qp->send_depth + (is_wrong(model, WALK_ONE_MORE_SEND) ? 1 : 0) - qp->rung.count -
           qp->fetched.count - qp->sent.count - qp->session.requests.count;
}

static bool may_send(const struct model_qp *qp)
{
    return qp->send_depth != 0 && (qp->state == IBV_QPS_RTS || qp->state == IBV_QPS_SQD);
}

const struct model_ah *ah_at(const struct model_client *client, int slot)
{
    return slot < WALK_AHS && client->ahs[slot].used ? &client->ahs[slot] : NULL;
}

int expect_send(const struct walk_model *model, const struct model_qp *qp,
                const struct model_ah *ah, const struct walk_wr *wr)
{
    if (!may_send(qp) || !ah || wr->shape == SEND_NO_ADDRESS || wr->shape == SEND_FENCED ||
        (wr->shape == SEND_UNSIGNALED && !qp->signals_all))
        return EINVAL;
    if (sends_free(model, qp) <= 0)
        return ENOMEM;
    return wr->shape == SEND_INLINE_LONG ? EINVAL : 0;
}

/* The list ends at the first that cannot be posted. */
static const char *check_posted(struct walk_model *model, const struct walk_plan *plan,
                                const struct walk_result *result, int error, int posted,
                                bool *chunks)
{
    for (int i = posted; i < plan->count; i++)
        release_chunk(chunks, plan->wr[i].wr_id);
    if (result->error != error)
        return problem(model, "the error", (unsigned long long)result->error,
                       (unsigned long long)error);
    if (result->count != posted)
        return problem(model, "the number of requests posted", (unsigned long long)result->count,
                       (unsigned long long)posted);
    return NULL;
}

const char *check_send(struct walk_model *model, const struct walk_plan *plan,
                       const struct walk_result *result)
{
    const int *a = plan->op.a;
    struct model_client *client = &model->clients[a[0]];
    struct model_qp *qp = &client->qps[a[1]];
    const struct model_ah *ah = ah_at(client, a[4]);
    int posted = 0, error = 0;

    while (posted < plan->count) {
        const struct walk_wr *wr = &plan->wr[posted];

        error = expect_send(model, qp, ah, wr);
        if (error)
            break;
        append(&qp->rung, &(struct model_request){*wr, ah->number, plan->dest_number});
        posted++;
    }
    return check_posted(model, plan, result, error, posted, client->send_chunks);
}

const char *check_recv(struct walk_model *model, const struct walk_plan *plan,
                       const struct walk_result *result)
{
    const int *a = plan->op.a;
    struct model_client *client = &model->clients[a[0]];
    struct model_qp *qp = &client->qps[a[1]];
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
        append(&qp->recvs, &(struct model_request){*wr, 0, 0});
        posted++;
    }
    return check_posted(model, plan, result, error, posted, client->recv_chunks);
}

/* The calls of a session answer nothing: its end tells of the first error. */
void add_request(struct walk_model *model, const struct walk_plan *plan)
{
    const int *a = plan->op.a;
    struct model_client *client = &model->clients[a[0]];
    struct model_qp *qp = &client->qps[a[1]];
    struct model_session *session = &qp->session;
    const struct model_ah *ah = ah_at(client, a[3]);
    const struct walk_wr *wr = &plan->wr[0];
    int error = 0;

    if (session->error == 0) {
        if (session->lacks_address || !may_send(qp))
            error = EINVAL;
        else if (sends_free(model, qp) <= 0)
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
    append(&session->requests, &(struct model_request){*wr, session->lacks_address ? 0 : ah->number,
                                                       plan->dest_number});
}

const char *check_end(struct walk_model *model, const struct walk_plan *plan,
                      const struct walk_result *result)
{
    const int *a = plan->op.a;
    struct model_client *client = &model->clients[a[0]];
    struct model_qp *qp = &client->qps[a[1]];
    struct model_session *session = &qp->session;
    bool is_abort = a[2] == 0;
    int wanted = session->error;

    if (!wanted && session->lacks_address)
        wanted = EINVAL;
    if (is_abort || wanted) {
        release_all(client->send_chunks, &session->requests);
    } else {
        for (int i = 0; i < session->requests.count; i++)
            append(&qp->rung, &session->requests.list[i]);
        session->requests.count = 0;
    }
    session->is_open = false;
    if (is_abort)
        wanted = 0;
    return result->error == wanted
               ? NULL
               : problem(model, "the session's error", (unsigned long long)result->error,
                         (unsigned long long)wanted);
}

/* ---- the device ---- */

static void complete_send(struct model_client *client, struct model_qp *qp,
                          const struct model_request *request, uint32_t status, uint32_t vendor)
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

static struct walk_wc *complete_recv(struct model_client *client, struct model_qp *qp,
                                     const struct model_request *request, uint32_t status,
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
static bool covers(const struct walk_model *model, const struct model_client *client, uint32_t root,
                   const struct walk_wr *wr, uint32_t offset, uint32_t length, bool to_write)
{
    uint32_t place = (uint32_t)(wr->wr_id >> 8) & 0xff;

    for (int i = 0; i < WALK_MRS; i++) {
        const struct model_mr *mr = &client->mrs[i];

        if (!mr->used || mr->lkey != wr->lkey || wr->lkey == 0)
            continue;
        return (uint32_t)i == place && mr->root == root &&
               (!to_write || mr->access != ACCESS_NONE) && offset + length <= mr->length;
    }
    (void)model;
    return false;
}

static bool covers_all(const struct walk_model *model, const struct model_client *client,
                       uint32_t root, const struct walk_wr *wr, bool to_write)
{
    uint32_t offset = wr->offset;

    for (int i = 0; i < wr->sges; i++) {
        if (wr->length[i] && !covers(model, client, root, wr, offset, wr->length[i], to_write))
            return false;
        offset += wr->length[i];
    }
    return true;
}

static uint32_t size_of(const struct walk_wr *wr)
{
    return wr->sges == 0 ? 0 : wr->length[0] + (wr->sges > 1 ? wr->length[1] : 0);
}

/* What the adapter refuses by itself: a verbs status and its own, or 0. */
static uint32_t judge(const struct walk_model *model, const struct model_client *client,
                      const struct model_qp *qp, const struct model_request *request,
                      uint32_t *vendor)
{
    const struct model_number *number = &model->numbers[request->ah_number];

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
    if (!covers_all(model, client, qp->root, &request->wr, false)) {
        *vendor = 5;
        return IBV_WC_LOC_PROT_ERR;
    }
    return IBV_WC_SUCCESS;
}

static void fetch(struct walk_model *model, struct model_client *client, struct model_qp *qp)
{
    while (qp->rung.count) {
        struct model_request request = take_first(&qp->rung);
        uint32_t vendor, status = judge(model, client, qp, &request, &vendor);

        if (status == IBV_WC_SUCCESS)
            append(&qp->fetched, &request);
        else
            complete_send(client, qp, &request, status, vendor);
    }
}

struct model_qp *find_receiver(struct walk_model *model, uint32_t number,
                               struct model_client **client)
{
    for (int c = 0; c < WALK_CLIENTS; c++) {
        for (int i = 0; i < WALK_QPS; i++) {
            struct model_qp *qp = &model->clients[c].qps[i];

            *client = &model->clients[c];
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

static uint32_t own_number(const struct walk_model *model, uint32_t root)
{
    for (uint32_t i = 0; i < AH_NUMBERS; i++)
        if (model->numbers[i].references && model->numbers[i].root == root &&
            !model->numbers[i].is_nobody)
            return i;
    return NO_AH;
}

static void receive(struct walk_model *model, struct model_client *client, struct model_qp *qp,
                    const struct model_qp *sender, const struct model_request *request,
                    const struct model_request *into)
{
    struct walk_wc *wc = complete_recv(client, qp, into, IBV_WC_SUCCESS, 0);

    wc->byte_len = size_of(&request->wr) + (qp->is_ud ? WALK_GRH : 0);
    wc->src_qp = sender->number;
    wc->slid = own_number(model, qp->root);
    if (request->wr.shape == SEND_IMMEDIATE) {
        wc->flags = IBV_WC_WITH_IMM;
        wc->immediate = request->wr.immediate;
    }
    wc->hash = hash_of(&request->wr);
}

/* What the sender hears; of UD it hears nothing but that it was sent. */
static void answer(struct model_client *client, struct model_qp *sender,
                   const struct model_request *request, uint32_t status, uint32_t vendor)
{
    bool is_told = !sender->is_ud;

    complete_send(client, sender, request, is_told ? status : IBV_WC_SUCCESS, is_told ? vendor : 0);
}

bool can_receive(const struct model_qp *qp)
{
    return qp->state == IBV_QPS_RTR || qp->state == IBV_QPS_RTS || qp->state == IBV_QPS_SQD;
}

static void deliver(struct walk_model *model, struct model_client *client, struct model_qp *sender,
                    const struct model_request *request)
{
    struct model_client *other;
    struct model_qp *qp = find_receiver(model, request->dest_number, &other);
    uint32_t size = size_of(&request->wr) + (sender->is_ud ? WALK_GRH : 0);
    struct model_request into;

    if (!qp || qp->is_ud != sender->is_ud || !can_receive(qp) || qp->qkey != request->wr.qkey) {
        answer(client, sender, request, IBV_WC_REM_INV_RD_REQ_ERR, 9);
        return;
    }
    if (qp->recvs.count == 0) {
        answer(client, sender, request, IBV_WC_RNR_RETRY_EXC_ERR, 10);
        return;
    }
    if (request->wr.shape != SEND_INLINE &&
        !covers_all(model, client, sender->root, &request->wr, false)) {
        complete_send(client, sender, request, IBV_WC_LOC_PROT_ERR, 5);
        return;
    }
    if (size_of(&qp->recvs.list[0].wr) < size) {
        if (is_wrong(model, WALK_SHORT_RECEIVE_IS_TAKEN))
            (void)take_first(&qp->recvs);
        answer(client, sender, request, IBV_WC_REM_INV_REQ_ERR, 11);
        return;
    }
    into = take_first(&qp->recvs);
    if (!covers_all(model, other, qp->root, &into.wr, true)) {
        complete_recv(other, qp, &into, IBV_WC_LOC_PROT_ERR, 5);
        answer(client, sender, request, IBV_WC_BAD_RESP_ERR, 12);
        return;
    }
    receive(model, other, qp, sender, request, &into);
    complete_send(client, sender, request, IBV_WC_SUCCESS, 0);
}

static void flush_sends(struct model_client *client, struct model_qp *qp,
                        struct model_requests *list)
{
    while (list->count) {
        struct model_request request = take_first(list);

        complete_send(client, qp, &request, IBV_WC_WR_FLUSH_ERR, 1);
    }
}

void enter_error(struct walk_model *model, struct model_client *client, struct model_qp *qp)
{
    (void)model;
    flush_sends(client, qp, &qp->fetched);
    flush_sends(client, qp, &qp->rung);
    while (qp->recvs.count) {
        struct model_request request = take_first(&qp->recvs);

        complete_recv(client, qp, &request, IBV_WC_WR_FLUSH_ERR, 1);
    }
}

static void run_qp(struct walk_model *model, struct model_client *client, struct model_qp *qp)
{
    struct model_requests lost = {.count = 0};

    if (qp->state == IBV_QPS_RTS)
        fetch(model, client, qp);
    if (qp->state == IBV_QPS_ERR)
        flush_sends(client, qp, &qp->rung); /* of a session that was open before */
    while (qp->fetched.count) {
        struct model_request request = take_first(&qp->fetched);

        if (!model->numbers[request.ah_number].is_nobody)
            deliver(model, client, qp, &request);
        else if (qp->is_ud)
            complete_send(client, qp, &request, IBV_WC_SUCCESS, 0);
        else
            append(&lost, &request); /* until the peer is given up */
    }
    while (lost.count) {
        struct model_request request = take_first(&lost);

        complete_send(client, qp, &request, IBV_WC_RESP_TIMEOUT_ERR, 15);
    }
}

void walk_model_run(struct walk_model *model)
{
    for (int c = 0; c < WALK_CLIENTS; c++)
        for (int i = 0; i < WALK_QPS; i++)
            if (model->clients[c].qps[i].used)
                run_qp(model, &model->clients[c], &model->clients[c].qps[i]);
}

/* With the last of its kind go the requests that were rung before, in all queue pairs of the PD. */
void release_number(struct walk_model *model, uint32_t number)
{
    if (--model->numbers[number].references != 0)
        return;
    model->numbers[number].references = 1; /* while what is rung is fetched */
    for (int c = 0; c < WALK_CLIENTS; c++) {
        struct model_client *client = &model->clients[c];

        for (int i = 0; i < WALK_QPS; i++) {
            struct model_qp *qp = &client->qps[i];
            struct model_requests stay = {.count = 0};

            if (!qp->used || qp->root != model->numbers[number].root)
                continue;
            if (qp->state == IBV_QPS_RTS)
                fetch(model, client, qp);
            while (qp->fetched.count) {
                struct model_request request = take_first(&qp->fetched);

                if (request.ah_number == number)
                    complete_send(client, qp, &request, IBV_WC_WR_FLUSH_ERR, 1);
                else
                    append(&stay, &request);
            }
            qp->fetched = stay;
        }
    }
    model->numbers[number].references = 0;
}

/* ---- polling ---- */

/* The queue whose next completion this is, or NULL. */
static struct model_completions *find_ready(struct model_client *client, int cq,
                                            const struct walk_wc *wc, bool *is_send)
{
    for (int i = 0; i < WALK_QPS; i++) {
        struct model_qp *qp = &client->qps[i];

        if (!qp->used || qp->number != wc->qp_num)
            continue;
        *is_send = wc->opcode != IBV_WC_RECV;
        if (*is_send)
            return qp->send_cq == cq && qp->sent.count ? &qp->sent : NULL;
        return qp->recv_cq == cq && qp->received.count ? &qp->received : NULL;
    }
    return NULL;
}

static const char *check_completion(struct walk_model *model, struct model_client *client, int cq,
                                    const struct walk_wc *wc)
{
    bool is_send = false;
    struct model_completions *ready = find_ready(client, cq, wc, &is_send);
    const struct walk_wc *next;
    int place = 0;

    if (!ready)
        return problem(model, "a completion that cannot be: its queue pair", wc->qp_num, 0);
    /* A message that fails is answered at once, while one before it is still being moved. */
    for (int i = 0; model->any_order && i < ready->count; i++)
        if (ready->list[i].wr_id == wc->wr_id)
            place = i;
    next = &ready->list[place];
#define SAME(field, what)         \
    if (wc->field != next->field) \
        return problem(model, what, wc->field, next->field);
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

const char *check_poll(struct walk_model *model, const struct walk_plan *plan,
                       const struct walk_result *result)
{
    const int *a = plan->op.a;
    struct model_client *client = &model->clients[a[0]];
    struct model_cq *cq = &client->cqs[a[1]];
    bool is_call = plan->op.kind == WALK_POLL;
    bool is_kept_out = cq->has_session && plan->op.kind != WALK_NEXT_POLL;
    int ready = is_kept_out ? 0 : cq_ready(client, a[1]);
    int wanted = ready < plan->count ? ready : plan->count;
    int error = !is_call && wanted == 0 ? ENOENT : 0;

    if (result->error != error)
        return problem(model, "the error", (unsigned long long)result->error,
                       (unsigned long long)error);
    if (result->count != wanted)
        return problem(model, "the number of completions", (unsigned long long)result->count,
                       (unsigned long long)wanted);
    for (int i = 0; i < wanted; i++) {
        const char *what = check_completion(model, client, a[1], &result->wc[i]);

        if (what)
            return what;
    }
    if (wanted < plan->count && !is_kept_out)
        cq->written = 0; /* the rings were seen to their ends */
    if (plan->op.kind == WALK_START_POLL && error == 0)
        cq->has_session = true;
    return NULL;
}
