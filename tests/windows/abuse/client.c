/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * A client of a kill-and-restart run. It sends to every other living client, verifies what it gets,
 * and keeps book in the ledger. It may be killed between any two instructions.
 */
#include "client.h"

#include <windows.h>

#include <stdio.h>
#include <string.h>

#include <efawin.h>

#include "ledger.h"
#include "verbs_peer.h"

enum {
    DEPTH = 256,
    MTU = 8928,
    IN_FLIGHT = 64, /* to each client */
    STUCK_MS = 60000,
    CHURN_EVERY = 256, /* rounds, on average */
    EMPTY_ROUNDS = 50,
    LEAVE_EXIT_CODE = 4
};

struct header {
    uint32_t from, to, number, size;
};

struct outgoing {
    uint32_t to; /* life; 0 before the first */
    uint32_t next_number;
    uint32_t in_flight;
    bool failed; /* nothing more goes there */
    struct number_row acknowledged;
};

struct incoming {
    uint32_t from;
    struct number_row arrived;
};

struct request {
    bool outstanding;
    uint32_t slot, number;
};

struct client {
    struct ledger *ledger;
    struct ledger_life *own;
    uint32_t life, random;
    struct verbs_peer peer;
    struct outgoing out[LEDGER_SLOTS];
    struct incoming in[LEDGER_SLOTS];
    struct request requests[2 * DEPTH]; /* by wr_id; those below DEPTH are receives */
    ULONGLONG last_completion;
};

static uint32_t next_random(struct client *c)
{
    c->random ^= c->random << 13;
    c->random ^= c->random >> 17;
    c->random ^= c->random << 5;
    return c->random;
}

static bool complain(const struct client *c, const char *what, unsigned value)
{
    fprintf(stderr, "life %u: %s (%u)\n", (unsigned)c->life, what, value);
    return false;
}

/* Messages: each contains its number, which determines the rest */

static uint32_t mixed(const struct header *h)
{
    uint32_t mix = h->from * 0x9e3779b9u ^ h->to * 0x85ebca6bu ^ h->number * 0xc2b2ae35u;

    return mix ^ mix >> 15;
}

/* One in sixteen is long, the others as short as most. */
static uint32_t size_of(const struct header *h)
{
    uint32_t mix = mixed(h), least = sizeof *h;

    return mix % 16 == 0 ? least + mix / 16 % (MTU - least + 1) : least + mix / 16 % 113;
}

static uint8_t byte_at(uint32_t mix, uint32_t at)
{
    return (uint8_t)((mix ^ at * 0x01000193u) >> at % 4 * 8);
}

static void write_message(const struct header *h, uint8_t *data)
{
    uint32_t mix = mixed(h);

    memcpy(data, h, sizeof *h);
    for (uint32_t at = sizeof *h; at < h->size; at++)
        data[at] = byte_at(mix, at);
}

static bool is_whole(const struct client *c, const struct header *h, const uint8_t *data,
                     uint32_t size)
{
    uint32_t mix;

    if (h->from == 0 || h->from >= LEDGER_LIVES || h->to != c->life || h->size != size ||
        size != size_of(h))
        return false;
    mix = mixed(h);
    for (uint32_t at = sizeof *h; at < size; at++)
        if (data[at] != byte_at(mix, at))
            return false;
    return true;
}

/* Receiving */

static void take_message(struct client *c, const uint8_t *data, uint32_t size)
{
    struct ledger_life *own = c->own;
    struct incoming *in;
    struct header h;

    memset(&h, 0, sizeof h);
    if (size >= sizeof h)
        memcpy(&h, data, sizeof h);
    if (!is_whole(c, &h, data, size)) {
        own->corrupted++;
        complain(c, "a message is not what was sent, size", size);
        return;
    }
    in = &c->in[c->ledger->lives[h.from].slot];
    if (in->from != h.from) {
        memset(in, 0, sizeof *in);
        in->from = h.from;
    }
    switch (row_add(&in->arrived, h.number)) {
    case ROW_REPEATED:
        own->repeated++;
        complain(c, "a message came again, number", h.number);
        return;
    case ROW_GAP:
        own->lost++;
        complain(c, "a message before this one never came, number", h.number);
        return;
    default:
        c->ledger->arrived[h.from][c->life] = in->arrived.complete;
        own->messages++;
        own->bytes += size;
    }
}

static bool complete_receive(struct client *c, const struct ibv_wc *wc)
{
    if (wc->status == IBV_WC_SUCCESS)
        take_message(c, peer_slot(&c->peer, wc->wr_id), wc->byte_len);
    else if (wc->status == IBV_WC_REM_ABORT_ERR)
        c->own->aborted_receives++;
    else
        return complain(c, "a receive failed, status", wc->status);
    return peer_post_receive(&c->peer, wc->wr_id);
}

/* Sending */

static bool send_one(struct client *c, uint32_t slot)
{
    struct verbs_peer *peer = &c->peer;
    struct outgoing *out = &c->out[slot];
    struct ibv_send_wr wr, *bad = NULL;
    struct ibv_sge sge;
    struct header h;
    uint32_t id = peer->free_send_slots[peer->outstanding_sends];
    int error;

    h.from = c->life;
    h.to = out->to;
    h.number = out->next_number;
    h.size = size_of(&h);
    write_message(&h, peer_slot(peer, id));
    memset(&wr, 0, sizeof wr);
    sge.addr = (uintptr_t)peer_slot(peer, id);
    sge.length = h.size;
    sge.lkey = peer->mr->lkey;
    wr.wr_id = id;
    wr.sg_list = &sge;
    wr.num_sge = 1;
    wr.opcode = IBV_WR_SEND;
    wr.send_flags = IBV_SEND_SIGNALED;
    wr.wr.ud.ah = peer->ah;
    wr.wr.ud.remote_qpn = c->ledger->lives[out->to].qp_num;
    wr.wr.ud.remote_qkey = c->ledger->lives[out->to].qkey;
    /* In the book before it can arrive. */
    c->ledger->posted[c->life][out->to] = ++out->next_number;
    error = ibv_post_send(peer->qp, &wr, &bad);
    if (error != 0)
        return complain(c, "ibv_post_send, errno", (unsigned)error);
    peer->outstanding_sends++;
    out->in_flight++;
    c->requests[id].outstanding = true;
    c->requests[id].slot = slot;
    c->requests[id].number = h.number;
    return true;
}

/* Messages go to the slot's current client once the fate of the previous one is known. */
static void turn_to_current(struct client *c, uint32_t slot)
{
    uint32_t life = c->ledger->current[slot];
    struct outgoing *out = &c->out[slot];

    if (life == out->to || life == c->life || out->in_flight != 0 || life == 0 ||
        c->ledger->lives[life].state != LIFE_READY)
        return;
    memset(out, 0, sizeof *out);
    out->to = life;
}

static bool send_some(struct client *c, bool *sent)
{
    for (uint32_t slot = 0; slot < LEDGER_SLOTS; slot++) {
        struct outgoing *out = &c->out[slot];
        uint32_t burst = 1 + next_random(c) % 8;

        turn_to_current(c, slot);
        if (out->to == 0 || out->failed || out->to != c->ledger->current[slot])
            continue;
        for (; burst > 0 && out->in_flight < IN_FLIGHT &&
               out->next_number - out->acknowledged.complete < LEDGER_SPAN;
             burst--) {
            if (!send_one(c, slot))
                return false;
            *sent = true;
        }
    }
    return true;
}

/* The peer is gone, or was when the message came, or its memory was gone already. */
static bool is_status_of_death(enum ibv_wc_status status)
{
    return status == IBV_WC_REM_ABORT_ERR || status == IBV_WC_REM_INV_RD_REQ_ERR ||
           status == IBV_WC_BAD_RESP_ERR;
}

static bool complete_send(struct client *c, const struct ibv_wc *wc)
{
    struct request *request = &c->requests[wc->wr_id];
    struct outgoing *out = &c->out[request->slot];

    if (!request->outstanding)
        return complain(c, "a send completed that is not outstanding, wr_id", (unsigned)wc->wr_id);
    request->outstanding = false;
    c->peer.free_send_slots[--c->peer.outstanding_sends] = (uint32_t)wc->wr_id;
    out->in_flight--;
    if (wc->status == IBV_WC_SUCCESS) {
        if (row_add(&out->acknowledged, request->number) != ROW_ADDED)
            return complain(c, "a send completed twice, number", request->number);
        c->ledger->acknowledged[c->life][out->to] = out->acknowledged.complete;
        return true;
    }
    out->failed = true;
    if (c->ledger->lives[out->to].condemned && is_status_of_death(wc->status)) {
        c->own->failed_to_dead++;
        return true;
    }
    c->own->failed_to_living++;
    return complain(c, "a send failed that should not, status", wc->status);
}

/* The whole */

static bool poll(struct client *c, bool *found)
{
    struct ibv_wc list[16];
    int count = ibv_poll_cq(c->peer.cq, 16, list);

    if (count < 0)
        return complain(c, "ibv_poll_cq", (unsigned)-count);
    for (int i = 0; i < count; i++) {
        bool good;

        if (list[i].wr_id >= 2 * DEPTH)
            return complain(c, "a completion of an unknown request", (unsigned)list[i].wr_id);
        good = list[i].wr_id < DEPTH ? complete_receive(c, &list[i]) : complete_send(c, &list[i]);
        if (!good)
            return false;
    }
    if (count > 0 || c->peer.outstanding_sends == 0)
        c->last_completion = GetTickCount64();
    else if (GetTickCount64() - c->last_completion > STUCK_MS)
        return complain(c, "nothing completes, sends outstanding", c->peer.outstanding_sends);
    *found = count > 0;
    return true;
}

/* Requests to the driver beside the traffic, so that a kill meets them too. */
static bool churn(struct client *c)
{
    struct verbs_peer *peer = &c->peer;
    struct ibv_mr *mr = ibv_reg_mr(peer->pd, peer->memory, 4096, 0);
    struct ibv_cq *cq = ibv_create_cq(peer->context, 16, NULL, NULL, 0);
    struct ibv_pd *pd = ibv_alloc_pd(peer->context);
    bool good = mr && cq && pd && ibv_dereg_mr(mr) == 0 && ibv_destroy_cq(cq) == 0 &&
                ibv_dealloc_pd(pd) == 0;

    return good || complain(c, "making and ending objects, errno", (unsigned)errno);
}

static bool run(struct client *c)
{
    unsigned idle = 0;

    for (;;) {
        uint32_t phase = c->ledger->phase;
        bool found = false, sent = false;

        if (c->own->told_to_leave)
            ExitProcess(LEAVE_EXIT_CODE);
        if (!poll(c, &found) || (phase == PHASE_RUN && !send_some(c, &sent)))
            return false;
        if (phase == PHASE_RUN && next_random(c) % CHURN_EVERY == 0 && !churn(c))
            return false;
        if (phase != PHASE_RUN && c->peer.outstanding_sends == 0 && c->own->state == LIFE_READY)
            c->own->state = LIFE_DRAINED;
        idle = found || sent ? 0 : idle + 1;
        /* All sends of all clients had completed before the phase: what is here is all. */
        if (phase == PHASE_END && idle >= EMPTY_ROUNDS)
            return true;
        if (idle > 0)
            Sleep(idle > EMPTY_ROUNDS);
    }
}

int client_run(uint32_t life, uint32_t seed)
{
    static struct client client;
    struct client *c = &client;
    bool good;

    c->life = life;
    c->random = (seed * 0x9e3779b9u ^ life * 0x85ebca6bu) | 1;
    c->ledger = ledger_open();
    if (!c->ledger || life == 0 || life >= LEDGER_LIVES) {
        fprintf(stderr, "there is no ledger, or no life %u in it\n", (unsigned)life);
        return 1;
    }
    c->own = &c->ledger->lives[life];
    c->own->qkey = next_random(c) & 0x7fffffff;
    if (efa_load_efawin_lib() != 0 || !peer_open_keyed(&c->peer, false, DEPTH, MTU, c->own->qkey))
        return 1;
    c->own->qp_num = c->peer.qp->qp_num;
    c->last_completion = GetTickCount64();
    c->own->state = LIFE_READY;
    good = run(c);
    peer_close(&c->peer);
    if (good)
        c->own->state = LIFE_ENDED;
    return good ? 0 : 1;
}
