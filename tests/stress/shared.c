/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The objects that all workers share, from their creation to the account at the end. */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>

#include "stress.h"

#define CQ_DEPTH 16384u
#define SEND_DEPTH 64u
#define RECV_DEPTH 256u

static void owner_create(struct stress *stress, struct owner *owner, unsigned index)
{
    size_t buffers = TICKETS * sizeof(struct message);

    owner->index = index;
    owner->send_buffers = calloc(2, buffers);
    owner->delivered = calloc(WINDOW, sizeof *owner->delivered);
    REQUIRE(owner->send_buffers && owner->delivered);
    owner->recv_buffers = owner->send_buffers + TICKETS;
    owner->mr =
        ibv_reg_mr(stress->world->pd, owner->send_buffers, 2 * buffers, IBV_ACCESS_LOCAL_WRITE);
    REQUIRE(owner->mr);
}

static void owner_destroy(struct owner *owner)
{
    tickets_settle(&owner->sends, "sends");
    tickets_settle(&owner->recvs, "receives");
    REQUIRE(ibv_dereg_mr(owner->mr) == 0);
    free(owner->send_buffers);
    free(owner->delivered);
}

struct ibv_qp *owner_new_qp(struct stress *stress, const struct owner *owner, unsigned send_depth,
                            unsigned recv_depth)
{
    struct ibv_qp_cap cap = {send_depth, recv_depth, 2, 2, 32};
    struct shared_cq *send_cq = &stress->cqs[owner->index % SHARED_CQS];
    struct shared_cq *recv_cq = &stress->cqs[owner->index / 2 % SHARED_CQS];

    return ready(make_srd_with(stress->world, ibv_cq_ex_to_cq(send_cq->ex),
                               ibv_cq_ex_to_cq(recv_cq->ex), &cap,
                               IBV_QP_EX_WITH_SEND | IBV_QP_EX_WITH_SEND_WITH_IMM));
}

void shared_create(struct stress *stress)
{
    for (unsigned i = 0; i < SHARED_CQS; i++)
        stress->cqs[i].ex = make_cq_ex(stress->world, CQ_DEPTH, IBV_WC_STANDARD_FLAGS);
    for (unsigned i = 0; i < OWNERS; i++)
        owner_create(stress, &stress->owners[i], i);
    for (unsigned i = 0; i < SHARED_QPS; i++) {
        struct owner *owner = &stress->owners[i];

        owner->qp = owner_new_qp(stress, owner, SEND_DEPTH, RECV_DEPTH);
        owner->ex = ibv_qp_to_qp_ex(owner->qp);
    }
}

/* Every queue pair to ERR, polled until it has nothing out, and destroyed. */
static void drain_and_destroy(struct stress *stress, struct worker *worker, struct owner *owner)
{
    struct ibv_qp_attr attr = {.qp_state = IBV_QPS_ERR};
    unsigned waits = 0;

    REQUIRE(ibv_modify_qp(owner->qp, &attr, IBV_QP_STATE) == 0);
    while (tickets_out(&owner->sends) + tickets_out(&owner->recvs) != 0) {
        REQUIRE(++waits < PATIENCE);
        for (unsigned i = 0; i < SHARED_CQS; i++)
            poll_shared(worker, &stress->cqs[i]);
    }
    REQUIRE(ibv_destroy_qp(owner->qp) == 0);
}

/* What was received was sent; what was sent with success was received, or lost with its queue. */
static void compare_sums(const struct stress *stress)
{
    uint64_t sent = 0, not_confirmed = 0, received = 0, lost = 0;

    for (unsigned i = 0; i < OWNERS; i++) {
        const struct owner *owner = &stress->owners[i];

        sent += owner->sends_ok;
        not_confirmed += owner->sends.forfeited + owner->flushed + owner->failed;
        received += owner->recvs_ok;
        lost += owner->recvs.forfeited;
    }
    if (sent > received + lost || received > sent + not_confirmed)
        stress_fail(
            "%llu sends succeeded and %llu receives; %llu sends were not confirmed, %llu "
            "receives lost",
            (unsigned long long)sent, (unsigned long long)received,
            (unsigned long long)not_confirmed, (unsigned long long)lost);
}

void shared_finish(struct stress *stress, struct worker *worker)
{
    end_left_sessions(worker);
    for (unsigned i = 0; i < OWNERS; i++)
        if (stress->owners[i].qp)
            drain_and_destroy(stress, worker, &stress->owners[i]);
    for (unsigned i = 0; i < SHARED_CQS; i++)
        REQUIRE(ibv_destroy_cq(ibv_cq_ex_to_cq(stress->cqs[i].ex)) == 0);
    for (unsigned i = 0; i < OWNERS; i++)
        owner_destroy(&stress->owners[i]);
    compare_sums(stress);
}
