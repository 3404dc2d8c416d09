/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Objects that one worker has to itself, from the context or the thread domain down, while others
 * are at work on the same device: made, used to exchange messages with themselves, and ended, now
 * and then with requests outstanding.
 */
#include <errno.h>
#include <sched.h>
#include <string.h>

#include "stress.h"

#define DEPTH 32u

struct separate {
    struct worker *worker;
    struct world world; /* with its own context, or the shared one */
    struct ibv_td *td;  /* and its parent domain, or NULL */
    struct ibv_pd *pd;
    struct ibv_cq_ex *cq;
    struct ibv_qp *qp;
    struct ibv_mr *mr;
    unsigned char headers[64];                  /* what the device puts before a UD message */
    unsigned char sent[DEPTH], received[DEPTH]; /* how often each completed */
};

static void create_domain(struct separate *own)
{
    struct ibv_td_init_attr td_attr = {0};
    struct ibv_parent_domain_init_attr attr = {.pd = own->world.pd};

    own->pd = own->world.pd;
    own->td = NULL;
    if (next_random(own->worker, 2) == 0)
        return;
    own->td = ibv_alloc_td(own->world.context, &td_attr);
    REQUIRE(own->td != NULL);
    attr.td = own->td;
    own->pd = ibv_alloc_parent_domain(own->world.context, &attr);
    REQUIRE(own->pd != NULL);
    count_calls(own->worker, LIFE_OF_CONTEXT, 2);
}

static void create_queues(struct separate *own)
{
    struct ibv_cq_init_attr_ex cq_attr = {
        .cqe = 2 * DEPTH, .wc_flags = IBV_WC_STANDARD_FLAGS, .comp_mask = IBV_CQ_INIT_ATTR_MASK_PD};
    struct ibv_qp_init_attr attr = {.cap = {DEPTH, DEPTH, 1, 1, 0}, .sq_sig_all = 1};

    cq_attr.parent_domain = own->pd;
    own->cq = ibv_create_cq_ex(own->world.context, &cq_attr);
    REQUIRE(own->cq != NULL);
    attr.send_cq = attr.recv_cq = ibv_cq_ex_to_cq(own->cq);
    if (next_random(own->worker, 2)) {
        attr.qp_type = IBV_QPT_UD;
        own->qp = ibv_create_qp(own->pd, &attr);
    } else {
        attr.qp_type = IBV_QPT_DRIVER;
        own->qp = efadv_create_driver_qp(own->pd, &attr, EFADV_QP_DRIVER_TYPE_SRD);
    }
    REQUIRE(own->qp != NULL);
    ready(own->qp);
    own->mr = ibv_reg_mr(own->pd, own->headers, sizeof own->headers, IBV_ACCESS_LOCAL_WRITE);
    REQUIRE(own->mr != NULL);
    count_calls(own->worker, LIFE_OF_MR, 1);
    count_calls(own->worker, LIFE_OF_CQ, 1);
    count_calls(own->worker, LIFE_OF_QP, 4);
}

static void note(struct separate *own, uint64_t wr_id, enum ibv_wc_status status)
{
    unsigned char *times = wr_id < DEPTH ? &own->sent[wr_id] : &own->received[wr_id - DEPTH];

    REQUIRE(wr_id < 2 * DEPTH);
    REQUIRE(status == IBV_WC_SUCCESS);
    if (++*times != 1)
        stress_fail("request %llu of a queue pair of its own completed %u times",
                    (unsigned long long)wr_id, *times);
}

static unsigned poll_own(struct separate *own)
{
    struct ibv_wc wc[8];
    unsigned count = 0;

    if (next_random(own->worker, 2)) {
        int got = ibv_poll_cq(ibv_cq_ex_to_cq(own->cq), 8, wc);

        REQUIRE(got >= 0);
        for (; count < (unsigned)got; count++)
            note(own, wc[count].wr_id, wc[count].status);
        count_calls(own->worker, POLL_CQ, 1);
    } else if (ibv_start_poll(own->cq, NULL) == 0) {
        do {
            note(own, own->cq->wr_id, own->cq->status);
            count++;
        } while (ibv_next_poll(own->cq) == 0);
        ibv_end_poll(own->cq);
        count_calls(own->worker, POLL_SESSION, 2 + count);
    }
    return count;
}

/* A round of messages to itself; each completes twice, on this side and on that. */
static void exchange(struct separate *own, bool wait)
{
    unsigned messages = 1 + next_random(own->worker, DEPTH), done = 0, waits = 0;
    struct ibv_sge room = {(uintptr_t)own->headers, sizeof own->headers, own->mr->lkey};

    memset(own->sent, 0, sizeof own->sent);
    memset(own->received, 0, sizeof own->received);
    for (unsigned i = 0; i < messages; i++)
        REQUIRE(post_recv_one(own->qp, DEPTH + i, &room, 1) == 0);
    for (unsigned i = 0; i < messages; i++)
        REQUIRE(post_send_to(own->qp, &own->world, own->qp, i, NULL, 0) == 0);
    count_calls(own->worker, POST_RECV, messages);
    count_calls(own->worker, POST_SEND, messages);
    while (wait && done < 2 * messages) {
        unsigned count = poll_own(own);

        REQUIRE(++waits < PATIENCE);
        if (count == 0)
            sched_yield();
        done += count;
    }
    own->worker->private_messages += wait ? messages : 0;
}

static void end_queues(struct separate *own)
{
    REQUIRE(ibv_dereg_mr(own->mr) == 0);
    REQUIRE(ibv_destroy_qp(own->qp) == 0);
    count_calls(own->worker, LIFE_OF_MR, 1);
    REQUIRE(ibv_destroy_cq(ibv_cq_ex_to_cq(own->cq)) == 0);
    count_calls(own->worker, LIFE_OF_QP, 1);
    count_calls(own->worker, LIFE_OF_CQ, 1);
}

void live_separately(struct worker *worker)
{
    const struct world *shared = worker->stress->world;
    struct separate own = {
        .worker = worker,
        .world = {.context = shared->context, .pd = shared->pd, .self = shared->self}};
    bool own_context = next_random(worker, 4) == 0;

    if (own_context) {
        own.world.context = ibv_open_device(shared->context->device);
        REQUIRE(own.world.context != NULL);
        own.world.pd = ibv_alloc_pd(own.world.context);
        REQUIRE(own.world.pd != NULL);
        own.world.self = make_ah(&own.world);
        count_calls(worker, LIFE_OF_CONTEXT, 6);
    }
    create_domain(&own);
    create_queues(&own);
    for (unsigned i = next_random(worker, 4); i > 0; i--)
        exchange(&own, true);
    if (next_random(worker, 2))
        exchange(&own, false);
    end_queues(&own);
    if (own.td) {
        REQUIRE(ibv_dealloc_pd(own.pd) == 0);
        REQUIRE(ibv_dealloc_td(own.td) == 0);
    }
    if (own_context) {
        REQUIRE(ibv_destroy_ah(own.world.self) == 0);
        REQUIRE(ibv_dealloc_pd(own.world.pd) == 0);
        REQUIRE(ibv_close_device(own.world.context) == 0);
    }
}
