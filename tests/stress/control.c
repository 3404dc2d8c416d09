/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Removes requests while other threads post and poll: RESET, ERR, and queue pairs that are created
 * and destroyed on the shared completion queues. The library's calls run concurrently with
 * everything else; only the account is closed when every operation that started before the call has
 * ended.
 */
#include <errno.h>
#include <sched.h>

#include "stress.h"

void begin_passing(struct worker *worker)
{
    __atomic_fetch_add(&worker->passing, 1, __ATOMIC_SEQ_CST);
}

void end_passing(struct worker *worker)
{
    __atomic_fetch_add(&worker->passing, 1, __ATOMIC_SEQ_CST);
}

/* Waits until every running operation has ended; ends sessions that were left open. */
static void let_others_pass(struct worker *worker)
{
    struct stress *stress = worker->stress;

    for (unsigned i = 0; i < stress->worker_count; i++) {
        const uint32_t *passing = &stress->workers[i].passing;
        uint32_t seen = __atomic_load_n(passing, __ATOMIC_SEQ_CST);

        if (i == worker->index)
            continue;
        for (unsigned waits = 0; (seen & 1) && __atomic_load_n(passing, __ATOMIC_SEQ_CST) == seen;
             waits++) {
            REQUIRE(waits < PATIENCE);
            end_left_sessions(worker);
            sched_yield();
        }
    }
}

static bool take_control(struct stress *stress)
{
    uint32_t nobody = 0;

    return __atomic_compare_exchange_n(&stress->control, &nobody, 1, false, __ATOMIC_SEQ_CST,
                                       __ATOMIC_RELAXED);
}

static void leave_control(struct stress *stress)
{
    __atomic_store_n(&stress->control, 0, __ATOMIC_SEQ_CST);
}

static int modify_to(struct worker *worker, struct ibv_qp *qp, enum ibv_qp_state state)
{
    struct ibv_qp_attr attr = {.qp_state = state};

    count_calls(worker, MODIFY_QP, 1);
    return ibv_modify_qp(qp, &attr, IBV_QP_STATE);
}

static void close_gate(struct worker *worker, struct owner *owner)
{
    __atomic_store_n(&owner->gate, 1, __ATOMIC_SEQ_CST);
    let_others_pass(worker);
    end_left_sessions(worker);
}

/* From RESET, while posts are rejected until the state allows them. */
static void begin_life(struct worker *worker, struct owner *owner)
{
    __atomic_fetch_add(&owner->life, 1, __ATOMIC_SEQ_CST);
    __atomic_store_n(&owner->gate, 0, __ATOMIC_SEQ_CST);
    ready(owner->qp);
    count_calls(worker, MODIFY_QP, 3);
}

/* Straight to RESET: what is out then is lost, and must not complete afterwards. */
void reset_shared(struct worker *worker, struct owner *owner)
{
    int error;

    if (!take_control(worker->stress))
        return;
    error = modify_to(worker, owner->qp, IBV_QPS_RESET);
    REQUIRE(error == 0 || error == EBUSY);
    if (error == EBUSY) {
        worker->busy++;
    } else {
        close_gate(worker, owner);
        tickets_forfeit(&owner->sends);
        tickets_forfeit(&owner->recvs);
        owner->times[1]++;
        begin_life(worker, owner);
    }
    leave_control(worker->stress);
}

/* Through ERR: everything that was posted completes, and nothing is lost. */
void drain_shared(struct worker *worker, struct owner *owner)
{
    struct stress *stress = worker->stress;
    unsigned waits = 0;

    if (!take_control(stress))
        return;
    REQUIRE(modify_to(worker, owner->qp, IBV_QPS_ERR) == 0);
    close_gate(worker, owner);
    while (tickets_out(&owner->sends) + tickets_out(&owner->recvs) != 0) {
        REQUIRE(++waits < PATIENCE);
        end_left_sessions(worker);
        for (unsigned i = 0; i < SHARED_CQS; i++)
            poll_shared(worker, &stress->cqs[i]);
    }
    REQUIRE(modify_to(worker, owner->qp, IBV_QPS_RESET) == 0);
    owner->times[0]++;
    begin_life(worker, owner);
    leave_control(stress);
}

/* Destroys the worker's own queue pair on the shared CQs with its outstanding requests, and creates
 * another. */
void replace_passing(struct worker *worker, struct owner *owner)
{
    struct stress *stress = worker->stress;

    if (!take_control(stress))
        return;
    if (owner->qp) {
        REQUIRE(ibv_destroy_qp(owner->qp) == 0);
        let_others_pass(worker);
        tickets_forfeit(&owner->sends);
        tickets_forfeit(&owner->recvs);
        __atomic_fetch_add(&owner->life, 1, __ATOMIC_SEQ_CST);
    }
    leave_control(stress);
    owner->qp =
        owner_new_qp(stress, owner, 1u << next_random(worker, 6), 1u << next_random(worker, 6));
    owner->ex = ibv_qp_to_qp_ex(owner->qp);
    count_calls(worker, LIFE_OF_QP, 5);
}
