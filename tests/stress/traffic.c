/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Posting to and polling from what all workers share, each message accounted for. */
#include <errno.h>
#include <sched.h>
#include <string.h>

#include "stress.h"

#define MAGIC 0x53747265u
#define SEND_SIDE 0x80u

/* wr_id: owner and side 63:56, life 55:40, serial 39:0. */
static uint64_t make_wr_id(const struct owner *owner, unsigned side, uint64_t serial)
{
    uint32_t life = __atomic_load_n(&owner->life, __ATOMIC_ACQUIRE);

    return (uint64_t)(owner->index | side) << 56 | (uint64_t)(life & 0xffff) << 40 | serial;
}

static uint64_t check_of(const struct message *message)
{
    return (message->serial * 0x9e3779b97f4a7c15u ^ (uint64_t)(message->from * 256u + message->to)
                                                        << 32) +
           message->has_imm;
}

static void compose(struct message *message, const struct owner *from, const struct owner *to,
                    uint64_t serial, bool has_imm)
{
    *message = (struct message){
        .magic = MAGIC,
        .from = (uint16_t)from->index,
        .to = (uint16_t)to->index,
        .serial = serial,
        .has_imm = has_imm,
    };
    message->check = check_of(message);
}

static void check_message(struct stress *stress, const struct owner *to,
                          const struct message *message, uint32_t length, unsigned wc_flags,
                          uint32_t imm_data)
{
    bool has_imm = (wc_flags & IBV_WC_WITH_IMM) != 0;
    struct owner *from;

    if (length != sizeof *message || message->magic != MAGIC ||
        message->check != check_of(message) || message->from >= OWNERS || message->to != to->index)
        stress_fail("owner %u received %u bytes of something else (from %u, to %u, serial %llu)",
                    to->index, length, message->from, message->to,
                    (unsigned long long)message->serial);
    if (message->has_imm != has_imm || (has_imm && imm_data != (uint32_t)message->serial))
        stress_fail("owner %u received message %llu of %u with wrong immediate data", to->index,
                    (unsigned long long)message->serial, message->from);
    from = &stress->owners[message->from];
    if (__atomic_exchange_n(&from->delivered[message->serial % WINDOW], message->serial + 1,
                            __ATOMIC_RELAXED) == message->serial + 1)
        stress_fail("message %llu of owner %u was delivered twice",
                    (unsigned long long)message->serial, message->from);
}

/* One completion: returns its ticket, and checks that its message was sent by one of the
 * workers. */
static void account(struct worker *worker, const struct ibv_wc *wc)
{
    struct stress *stress = worker->stress;
    unsigned whose = (unsigned)(wc->wr_id >> 56);
    bool is_send = (whose & SEND_SIDE) != 0;
    uint64_t serial = wc->wr_id & 0xffffffffffu;
    struct owner *owner = &stress->owners[whose & ~SEND_SIDE];
    uint32_t life;

    REQUIRE((whose & ~SEND_SIDE) < OWNERS);
    life = __atomic_load_n(&owner->life, __ATOMIC_ACQUIRE) & 0xffff;
    if ((wc->wr_id >> 40 & 0xffff) != life)
        stress_fail("owner %u: request %llu of life %u completed in life %u", owner->index,
                    (unsigned long long)serial, (unsigned)(wc->wr_id >> 40 & 0xffff), life);
    worker->completions++;
    if (wc->status == IBV_WC_SUCCESS) {
        if (!is_send)
            check_message(stress, owner, &owner->recv_buffers[serial % TICKETS], wc->byte_len,
                          wc->wc_flags, wc->imm_data);
        __atomic_fetch_add(is_send ? &owner->sends_ok : &owner->recvs_ok, 1, __ATOMIC_RELAXED);
    } else {
        __atomic_fetch_add(wc->status == IBV_WC_WR_FLUSH_ERR ? &owner->flushed : &owner->failed, 1,
                           __ATOMIC_RELAXED);
    }
    ticket_complete(is_send ? &owner->sends : &owner->recvs, serial,
                    is_send ? "a send" : "a receive");
}

static bool may_post(const struct owner *owner)
{
    return __atomic_load_n(&owner->gate, __ATOMIC_SEQ_CST) == 0;
}

static void fill_send_wr(struct ibv_send_wr *wr, struct ibv_sge *sge, struct owner *from,
                         const struct owner *to, struct ibv_ah *ah, uint64_t serial, uint32_t dice)
{
    struct message *message = &from->send_buffers[serial % TICKETS];

    compose(message, from, to, serial, (dice & 1) != 0);
    *sge = (struct ibv_sge){(uintptr_t)message, sizeof *message, from->mr->lkey};
    *wr = (struct ibv_send_wr){
        .wr_id = make_wr_id(from, SEND_SIDE, serial),
        .sg_list = sge,
        .num_sge = 1,
        .opcode = dice & 1 ? IBV_WR_SEND_WITH_IMM : IBV_WR_SEND,
        .send_flags = IBV_SEND_SIGNALED | (dice & 2 ? IBV_SEND_INLINE : 0),
        .imm_data = (uint32_t)serial,
    };
    wr->wr.ud.ah = ah;
    wr->wr.ud.remote_qpn = to->qp->qp_num;
    wr->wr.ud.remote_qkey = QKEY;
}

/* Ends a session whose requests are `serials`; one in four is taken back instead. */
static void end_session(struct worker *worker, struct owner *owner, const uint64_t *serials,
                        unsigned count)
{
    int error = EINVAL;

    if (next_random(worker, 4) == 0)
        ibv_wr_abort(owner->ex);
    else
        error = ibv_wr_complete(owner->ex);
    REQUIRE(error == 0 || error == ENOMEM || error == EINVAL);
    for (unsigned i = 0; error && i < count; i++)
        ticket_reject(&owner->sends, serials[i], "a send of a session that posted nothing");
    count_calls(worker, WR_SESSION, 1);
}

/*
 * A session never waits, but sends wait for a session: a thread that left one open on a queue must
 * end it, or wait until it was ended, before it sends there.
 */
static void end_left_session(struct worker *worker, struct owner *owner)
{
    uint64_t serials[LIST_MAX];
    uint32_t left = 1;
    unsigned count;

    if (__atomic_load_n(&owner->session_left, __ATOMIC_ACQUIRE) != 1 ||
        !__atomic_compare_exchange_n(&owner->session_left, &left, 2, false, __ATOMIC_ACQ_REL,
                                     __ATOMIC_RELAXED))
        return;
    count = owner->session_count;
    memcpy(serials, owner->session_serials, sizeof serials);
    /* Before the session ends: afterwards the next may be left. */
    __atomic_store_n(&owner->session_left, 0, __ATOMIC_RELEASE);
    end_session(worker, owner, serials, count);
}

/* Posts a list; requests that the call did not post are rejected. EINVAL is expected while the
 * state changes. */
static void post_send_list(struct worker *worker, struct owner *from, struct ibv_send_wr *wrs,
                           const uint64_t *serials, unsigned count)
{
    struct ibv_send_wr *bad = NULL;
    unsigned posted;
    int error;

    end_left_session(worker, from);
    error = ibv_post_send(from->qp, wrs, &bad);
    posted = error ? (unsigned)(bad - wrs) : count;
    REQUIRE(error == 0 || error == ENOMEM || error == EINVAL);
    REQUIRE(posted <= count);
    for (unsigned i = posted; i < count; i++)
        ticket_reject(&from->sends, serials[i], "a send that was not posted");
    count_calls(worker, POST_SEND, 1);
    if (error)
        sched_yield();
}

void post_some_sends(struct worker *worker, struct owner *from, struct owner *to)
{
    struct ibv_send_wr wrs[LIST_MAX];
    struct ibv_sge sges[LIST_MAX];
    uint64_t serials[LIST_MAX];
    unsigned wanted = 1 + next_random(worker, LIST_MAX), count = 0;

    if (!may_post(from))
        return;
    while (count < wanted && (serials[count] = ticket_take(&from->sends)) != NO_TICKET) {
        fill_send_wr(&wrs[count], &sges[count], from, to, worker->stress->world->self,
                     serials[count], next_random(worker, 4));
        if (count > 0)
            wrs[count - 1].next = &wrs[count];
        count++;
    }
    if (count > 0)
        post_send_list(worker, from, wrs, serials, count);
}

void post_some_recvs(struct worker *worker, struct owner *owner)
{
    struct ibv_recv_wr wrs[LIST_MAX], *bad = NULL;
    struct ibv_sge sges[LIST_MAX];
    uint64_t serials[LIST_MAX];
    unsigned wanted = 1 + next_random(worker, LIST_MAX), count = 0, posted;
    int error;

    if (!may_post(owner))
        return;
    while (count < wanted && (serials[count] = ticket_take(&owner->recvs)) != NO_TICKET) {
        struct message *message = &owner->recv_buffers[serials[count] % TICKETS];

        sges[count] = (struct ibv_sge){(uintptr_t)message, sizeof *message, owner->mr->lkey};
        wrs[count] = (struct ibv_recv_wr){
            .wr_id = make_wr_id(owner, 0, serials[count]), .sg_list = &sges[count], .num_sge = 1};
        if (count > 0)
            wrs[count - 1].next = &wrs[count];
        count++;
    }
    if (count == 0)
        return;
    error = ibv_post_recv(owner->qp, wrs, &bad);
    REQUIRE(error == 0 || error == ENOMEM || error == EINVAL);
    posted = error ? (unsigned)(bad - wrs) : count;
    REQUIRE(posted <= count);
    for (unsigned i = posted; i < count; i++)
        ticket_reject(&owner->recvs, serials[i], "a receive that was not posted");
    count_calls(worker, POST_RECV, 1);
}

void send_with_new_ah(struct worker *worker, struct owner *from, struct owner *to)
{
    struct ibv_ah *ah = make_ah(worker->stress->world);
    struct ibv_send_wr wr;
    struct ibv_sge sge;
    uint64_t serial;

    count_calls(worker, LIFE_OF_AH, 2);
    if (may_post(from) && (serial = ticket_take(&from->sends)) != NO_TICKET) {
        fill_send_wr(&wr, &sge, from, to, ah, serial, next_random(worker, 4));
        post_send_list(worker, from, &wr, &serial, 1);
    }
    REQUIRE(ibv_destroy_ah(ah) == 0);
}

/* The region is deregistered before or after the message; the completion shows which. */
void send_from_new_mr(struct worker *worker, struct owner *from, struct owner *to)
{
    struct ibv_mr *mr = ibv_reg_mr(worker->stress->world->pd, worker->scratch,
                                   sizeof *worker->scratch, IBV_ACCESS_LOCAL_WRITE);
    struct ibv_send_wr wr;
    struct ibv_sge sge;
    uint64_t serial;

    REQUIRE(mr != NULL);
    count_calls(worker, LIFE_OF_MR, 2);
    if (may_post(from) && (serial = ticket_take(&from->sends)) != NO_TICKET) {
        fill_send_wr(&wr, &sge, from, to, worker->stress->world->self, serial, 1);
        *worker->scratch = from->send_buffers[serial % TICKETS];
        sge.addr = (uintptr_t)worker->scratch;
        sge.lkey = mr->lkey;
        post_send_list(worker, from, &wr, &serial, 1);
    }
    REQUIRE(ibv_dereg_mr(mr) == 0);
}

void send_in_session(struct worker *worker, struct owner *from, struct owner *to)
{
    struct stress *stress = worker->stress;
    uint64_t serials[LIST_MAX];
    unsigned wanted = next_random(worker, LIST_MAX + 1), count = 0;

    if (!may_post(from))
        return;
    end_left_session(worker, from);
    ibv_wr_start(from->ex);
    while (count < wanted && (serials[count] = ticket_take(&from->sends)) != NO_TICKET) {
        struct message *message = &from->send_buffers[serials[count] % TICKETS];
        uint32_t dice = next_random(worker, 4);

        compose(message, from, to, serials[count], (dice & 1) != 0);
        from->ex->wr_id = make_wr_id(from, SEND_SIDE, serials[count]);
        if (dice & 1)
            ibv_wr_send_imm(from->ex, (uint32_t)serials[count]);
        else
            ibv_wr_send(from->ex);
        ibv_wr_set_ud_addr(from->ex, stress->world->self, to->qp->qp_num, QKEY);
        if (dice & 2)
            ibv_wr_set_inline_data(from->ex, message, sizeof *message);
        else
            ibv_wr_set_sge(from->ex, from->mr->lkey, (uintptr_t)message, sizeof *message);
        count++;
    }
    count_calls(worker, WR_SESSION, 1 + 3 * count);
    if (from->index < SHARED_QPS && next_random(worker, 4) == 0) {
        memcpy(from->session_serials, serials, sizeof serials);
        from->session_count = count;
        worker->handed_over++;
        __atomic_store_n(&from->session_left, 1, __ATOMIC_RELEASE);
    } else {
        end_session(worker, from, serials, count);
    }
}

void poll_shared(struct worker *worker, struct shared_cq *cq)
{
    struct ibv_wc wc[16];
    int count = ibv_poll_cq(ibv_cq_ex_to_cq(cq->ex), 1 + (int)next_random(worker, 16), wc);

    REQUIRE(count >= 0);
    count_calls(worker, POLL_CQ, 1);
    for (int i = 0; i < count; i++)
        account(worker, &wc[i]);
    if (count == 0)
        sched_yield();
}

static void account_current(struct worker *worker, struct ibv_cq_ex *ex)
{
    struct ibv_wc wc = {.wr_id = ex->wr_id,
                        .status = ex->status,
                        .byte_len = ibv_wc_read_byte_len(ex),
                        .wc_flags = ibv_wc_read_wc_flags(ex),
                        .imm_data = ibv_wc_read_imm_data(ex)};

    account(worker, &wc);
}

static void go_on_polling(struct worker *worker, struct ibv_cq_ex *ex)
{
    for (unsigned i = next_random(worker, 16); i > 0; i--) {
        count_calls(worker, POLL_SESSION, 1);
        if (ibv_next_poll(ex) != 0)
            return;
        account_current(worker, ex);
    }
}

static void end_left_poll(struct worker *worker, struct shared_cq *cq)
{
    uint32_t left = 1;

    if (__atomic_load_n(&cq->session_left, __ATOMIC_ACQUIRE) != 1 ||
        !__atomic_compare_exchange_n(&cq->session_left, &left, 2, false, __ATOMIC_ACQ_REL,
                                     __ATOMIC_RELAXED))
        return;
    go_on_polling(worker, cq->ex);
    __atomic_store_n(&cq->session_left, 0, __ATOMIC_RELEASE);
    ibv_end_poll(cq->ex);
    count_calls(worker, POLL_SESSION, 1);
}

void poll_shared_in_session(struct worker *worker, struct shared_cq *cq)
{
    int error = ibv_start_poll(cq->ex, NULL);

    count_calls(worker, POLL_SESSION, 1);
    REQUIRE(error == 0 || error == ENOENT);
    if (error) {
        sched_yield();
        return;
    }
    account_current(worker, cq->ex);
    go_on_polling(worker, cq->ex);
    if (next_random(worker, 4) == 0) {
        worker->handed_over++;
        __atomic_store_n(&cq->session_left, 1, __ATOMIC_RELEASE);
        return;
    }
    ibv_end_poll(cq->ex);
    count_calls(worker, POLL_SESSION, 1);
}

static void end_left_polls(struct worker *worker)
{
    for (unsigned i = 0; i < SHARED_CQS; i++)
        end_left_poll(worker, &worker->stress->cqs[i]);
}

void end_left_sessions(struct worker *worker)
{
    for (unsigned i = 0; i < SHARED_QPS; i++)
        end_left_session(worker, &worker->stress->owners[i]);
    end_left_polls(worker);
}

void end_left_sessions_in_passing(struct worker *worker)
{
    for (unsigned i = 0; i < SHARED_QPS; i++)
        if (may_post(&worker->stress->owners[i]))
            end_left_session(worker, &worker->stress->owners[i]);
    end_left_polls(worker);
}
