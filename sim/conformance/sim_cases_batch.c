/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Conformance: the batch limit. A client writes no more send descriptors between two doorbells than
 * the adapter can hold: 16 on every part but 0xefa0, and never a whole queue. What it writes beyond
 * is lost, and the send queue stands still. Messages are UD: they need no receiver.
 */
#include "sim_cases.h"

enum { DEPTH = 32 };

static const struct raw_options deep = {
    .type = EFA_DRIVER_QP_UD, .state = EFA_DRIVER_QP_RTS, .depth = DEPTH};

static uint16_t limit_of(const struct raw_endpoint *e)
{
    return e->client.info.device_version == 0xefa0 ? DEPTH - 1 : 16;
}

/* Seven times round the ring, so that each slot holds older descriptors of both phases. */
ENDPOINT_CASE(batches_of_the_limit_are_executed, &deep)
{
    uint16_t limit = limit_of(e);

    for (unsigned i = 0; i < 7 * DEPTH; i += limit) {
        raw_write_sends(e, (uint16_t)(i % DEPTH), limit);
        raw_progress(e->client.world); /* looks at what is written and not rung */
        raw_ring_send(&e->qp);
        raw_expect_sends(e, (uint16_t)(i % DEPTH), limit);
    }
    raw_expect_nothing(e);
}

/* The adapter counts from doorbell to doorbell, not from look to look. */
ENDPOINT_CASE(several_batches_may_follow_one_another, &deep)
{
    for (unsigned i = 0; i < 8 * DEPTH; i += DEPTH) {
        for (unsigned k = 0; k < DEPTH; k += DEPTH / 4) {
            raw_write_sends(e, (uint16_t)k, DEPTH / 4);
            raw_ring_send(&e->qp);
        }
        raw_expect_sends(e, 0, DEPTH);
    }
}

static void write_one_too_many(struct raw_endpoint *e)
{
    uint16_t limit = limit_of(e);

    raw_write_sends(e, 0, limit + 1u);
    raw_progress(e->client.world);
    raw_ring_send(&e->qp);
    raw_expect_sends(e, 0, limit);
    raw_expect_nothing(e);
}

ENDPOINT_CASE(descriptor_beyond_the_limit_is_lost, &deep)
{
    write_one_too_many(e);
}

ENDPOINT_CASE(queue_that_lost_a_descriptor_stands_still, &deep)
{
    uint16_t limit = limit_of(e);

    write_one_too_many(e);
    for (unsigned i = 0; i < 3 && limit + 1 + i < DEPTH; i++) {
        raw_write_sends(e, (uint16_t)(limit + 1 + i), 1);
        raw_ring_send(&e->qp);
        raw_expect_nothing(e);
    }
}

ENDPOINT_CASE(lost_descriptors_are_not_flushed, &deep)
{
    write_one_too_many(e);
    raw_recv(e, 3, 1024, 64);
    CHECK_EQUAL(raw_modify_qp(&e->client, &e->qp, EFA_MODIFY_QP_STATE, EFA_DRIVER_QP_ERR), 0);
    raw_expect_recv(e, 3, EFA_STATUS_FLUSHED);
    raw_expect_nothing(e);
}

ENDPOINT_CASE(reset_revives_a_queue_that_stands_still, &deep)
{
    uint16_t limit = limit_of(e);

    write_one_too_many(e);
    CHECK_EQUAL(raw_modify_qp(&e->client, &e->qp, EFA_MODIFY_QP_STATE, EFA_DRIVER_QP_RESET), 0);
    e->qp.sq_posted = 0;
    e->qp.rq_posted = 0;
    raw_bring_to(&e->client, &e->qp, EFA_DRIVER_QP_RTS);
    raw_progress(e->client.world); /* what was lost is not found written a second time */
    raw_write_sends(e, 0, limit);
    raw_ring_send(&e->qp);
    raw_expect_sends(e, 0, limit);
    raw_expect_nothing(e);
}

ENDPOINT_CASE(other_queue_pairs_go_on, &deep)
{
    struct efa_create_qp_params params;
    struct raw_qp still;

    write_one_too_many(e);
    still = e->qp;
    raw_qp_params(e, EFA_DRIVER_QP_UD, DEPTH, &params);
    CHECK_EQUAL(raw_create_qp(&e->client, &params, &e->qp), 0);
    raw_bring_to(&e->client, &e->qp, EFA_DRIVER_QP_RTS);
    raw_write_sends(e, 0, limit_of(e));
    raw_ring_send(&e->qp);
    raw_expect_sends(e, 0, limit_of(e));
    CHECK_EQUAL(raw_destroy_qp(&e->client, still.info.qp_handle), 0);
    raw_expect_nothing(e);
}

static const struct sim_case cases[] = {
    SIM_CASE(batches_of_the_limit_are_executed),
    SIM_CASE(several_batches_may_follow_one_another),
    SIM_CASE(descriptor_beyond_the_limit_is_lost),
    SIM_CASE(queue_that_lost_a_descriptor_stands_still),
    SIM_CASE(lost_descriptors_are_not_flushed),
    SIM_CASE(reset_revives_a_queue_that_stands_still),
    SIM_CASE(other_queue_pairs_go_on),
};

const struct sim_suite sim_batch_suite = {"batches", cases, sizeof cases / sizeof cases[0],
                                          SIM_OVERRUNS};
