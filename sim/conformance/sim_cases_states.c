/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Conformance: states of a queue pair. Which changes are allowed and what each state means. */
#include "sim_cases.h"

#include <string.h>

enum {
    RESET = EFA_DRIVER_QP_RESET,
    INIT = EFA_DRIVER_QP_INIT,
    RTR = EFA_DRIVER_QP_RTR,
    RTS = EFA_DRIVER_QP_RTS,
    SQD = EFA_DRIVER_QP_SQD,
    SQE = EFA_DRIVER_QP_SQE,
    ERR = EFA_DRIVER_QP_ERR
};

enum {
    STATE = EFA_MODIFY_QP_STATE,
    CUR = EFA_MODIFY_QP_CUR_STATE,
    QKEY = EFA_MODIFY_QP_QKEY,
    PSN = EFA_MODIFY_QP_SQ_PSN,
    NOTIFY = EFA_MODIFY_QP_SQ_DRAINED_ASYNC_NOTIFY,
    RNR = EFA_MODIFY_QP_RNR_RETRY
};

struct change {
    uint32_t from;
    uint32_t to;
    uint32_t attributes; /* besides the state */
    bool allowed;
};

static void change_is_judged(struct sim_world *world, const void *argument)
{
    const struct change *change = argument;
    struct raw_options options = {.state = change->from};
    struct raw_endpoint e;

    raw_endpoint_open(world, &e, &options);
    CHECK_EQUAL(raw_modify_qp(&e.client, &e.qp, STATE | change->attributes, change->to),
                change->allowed ? 0 : EFA_WIN32_INVALID_PARAMETER);
    raw_endpoint_close(&e);
}

#define CHANGE(from, to, attributes, allowed) \
    static const struct change change_##from##_##to##_##attributes = {from, to, attributes, allowed}
#define NO_ATTRIBUTE 0

CHANGE(RESET, RESET, NO_ATTRIBUTE, true);
CHANGE(RESET, INIT, QKEY, true);
CHANGE(RESET, INIT, NO_ATTRIBUTE, false);
CHANGE(RESET, RTR, NO_ATTRIBUTE, false);
CHANGE(RESET, RTS, PSN, false);
CHANGE(RESET, SQD, NO_ATTRIBUTE, false);
CHANGE(RESET, SQE, NO_ATTRIBUTE, false);
CHANGE(RESET, ERR, NO_ATTRIBUTE, true);
CHANGE(INIT, RESET, NO_ATTRIBUTE, true);
CHANGE(INIT, INIT, NO_ATTRIBUTE, true);
CHANGE(INIT, INIT, QKEY, true);
CHANGE(INIT, RTR, NO_ATTRIBUTE, true);
CHANGE(INIT, RTR, PSN, false);
CHANGE(INIT, RTS, PSN, false);
CHANGE(INIT, SQD, NO_ATTRIBUTE, false);
CHANGE(INIT, ERR, NO_ATTRIBUTE, true);
CHANGE(RTR, RESET, NO_ATTRIBUTE, true);
CHANGE(RTR, INIT, QKEY, false);
CHANGE(RTR, RTR, NO_ATTRIBUTE, false);
CHANGE(RTR, RTS, PSN, true);
CHANGE(RTR, RTS, NO_ATTRIBUTE, false);
CHANGE(RTR, RTS, NOTIFY, false);
CHANGE(RTR, SQD, NO_ATTRIBUTE, false);
CHANGE(RTR, ERR, NO_ATTRIBUTE, true);
CHANGE(RTS, RESET, NO_ATTRIBUTE, true);
CHANGE(RTS, INIT, QKEY, false);
CHANGE(RTS, RTR, NO_ATTRIBUTE, false);
CHANGE(RTS, RTS, QKEY, true);
CHANGE(RTS, RTS, PSN, false);
CHANGE(RTS, SQD, NO_ATTRIBUTE, true);
CHANGE(RTS, SQD, NOTIFY, true);
CHANGE(RTS, SQE, NO_ATTRIBUTE, false);
CHANGE(RTS, ERR, NO_ATTRIBUTE, true);
CHANGE(RTS, ERR, QKEY, false);
CHANGE(SQD, RESET, NO_ATTRIBUTE, true);
CHANGE(SQD, INIT, QKEY, false);
CHANGE(SQD, RTR, NO_ATTRIBUTE, false);
CHANGE(SQD, RTS, NO_ATTRIBUTE, true);
CHANGE(SQD, RTS, PSN, false);
CHANGE(SQD, SQD, QKEY, true);
CHANGE(SQD, ERR, NO_ATTRIBUTE, true);
CHANGE(ERR, RESET, NO_ATTRIBUTE, true);
CHANGE(ERR, INIT, QKEY, false);
CHANGE(ERR, RTS, PSN, false);
CHANGE(ERR, ERR, NO_ATTRIBUTE, true);

static const struct raw_options at_init = {.state = INIT};
static const struct raw_options at_rtr = {.state = RTR};
static const struct raw_options ud_at_rtr = {.state = RTR, .type = EFA_DRIVER_QP_UD};
static const struct raw_options at_sqd = {.state = SQD};
static const struct raw_options at_err = {.state = ERR};
static const struct raw_options of_version_1 = {.version = EFA_INTERFACE_VERSION_1};

ENDPOINT_CASE(state_beyond_the_last_is_rejected, &raw_srd)
{
    CHECK_EQUAL(raw_modify_qp(&e->client, &e->qp, STATE, 7), EFA_WIN32_INVALID_PARAMETER);
    CHECK_EQUAL(raw_modify_qp(&e->client, &e->qp, STATE, UINT32_MAX), EFA_WIN32_INVALID_PARAMETER);
}

ENDPOINT_CASE(mask_must_name_known_attributes, &raw_srd)
{
    CHECK_EQUAL(raw_modify_qp(&e->client, &e->qp, 0, RTS), EFA_WIN32_INVALID_PARAMETER);
    CHECK_EQUAL(raw_modify_qp(&e->client, &e->qp, STATE | 0x40, ERR), EFA_WIN32_INVALID_PARAMETER);
    CHECK_EQUAL(raw_modify_qp(&e->client, &e->qp, STATE | 0x80000000u, ERR),
                EFA_WIN32_INVALID_PARAMETER);
}

ENDPOINT_CASE(current_state_must_be_right, &raw_srd)
{
    struct efa_modify_qp_params params = {0};
    params.modify_mask = STATE | CUR;
    params.qp_handle = e->qp.info.qp_handle;
    params.state = SQD;
    params.cur_state = RTR;
    CHECK_EQUAL(raw_try(&e->client, EFA_MODIFY_QP, &params, sizeof params, NULL, 0),
                EFA_WIN32_INVALID_PARAMETER);
    params.cur_state = RTS;
    CHECK_EQUAL(raw_try(&e->client, EFA_MODIFY_QP, &params, sizeof params, NULL, 0), 0);
}

ENDPOINT_CASE(qkey_alone_may_be_changed_in_rts, &raw_srd)
{
    struct efa_modify_qp_params params = {0};
    params.modify_mask = QKEY;
    params.qp_handle = e->qp.info.qp_handle;
    params.qkey = 0x22;
    CHECK_EQUAL(raw_try(&e->client, EFA_MODIFY_QP, &params, sizeof params, NULL, 0), 0);
    struct efa_send_descriptor d = raw_send_descriptor(e, e, 1, 0, 8);
    d.qkey = 0x22;
    raw_recv(e, 0, 1024, 64);
    raw_send(e, &d);
    raw_expect_send(e, 1, EFA_STATUS_OK);
}

static uint32_t try_rnr_retry(struct raw_endpoint *e, uint8_t retry)
{
    struct efa_modify_qp_params params = {0};
    params.modify_mask = STATE | PSN | RNR;
    params.qp_handle = e->qp.info.qp_handle;
    params.state = RTS;
    params.rnr_retry = retry;
    return raw_try(&e->client, EFA_MODIFY_QP, &params, sizeof params, NULL, 0);
}

ENDPOINT_CASE(rnr_retry_is_at_most_7, &at_rtr)
{
    CHECK_EQUAL(try_rnr_retry(e, 8), EFA_WIN32_INVALID_PARAMETER);
    CHECK_EQUAL(try_rnr_retry(e, 7), 0);
}

ENDPOINT_CASE(rnr_retry_is_for_srd, &ud_at_rtr)
{
    CHECK_EQUAL(try_rnr_retry(e, 1), EFA_WIN32_NOT_SUPPORTED);
}

ENDPOINT_CASE(receives_posted_in_init_are_used_later, &at_init)
{
    raw_recv(e, 5, 1024, 64);
    CHECK_EQUAL(raw_modify_qp(&e->client, &e->qp, STATE, RTR), 0);
    CHECK_EQUAL(raw_modify_qp(&e->client, &e->qp, STATE | PSN, RTS), 0);
    raw_send_message(e, e, 1, 0, 8);
    raw_expect_recv(e, 5, EFA_STATUS_OK);
}

static void queue_pair_receives_in_state(struct sim_world *world, const void *argument)
{
    const uint32_t *state = argument;
    struct raw_options options = {.state = *state};
    struct raw_pair p;

    raw_pair_open(world, &p, &raw_srd, &options);
    raw_recv(&p.to, 5, 1024, 64);
    raw_send_message(&p.from, &p.to, 1, 0, 8);
    raw_expect_recv(&p.to, 5, EFA_STATUS_OK);
    raw_expect_send(&p.from, 1, EFA_STATUS_OK);
    raw_pair_close(&p);
}

static void queue_pair_is_no_destination_in_state(struct sim_world *world, const void *argument)
{
    const uint32_t *state = argument;
    struct raw_options options = {.state = *state};
    struct raw_pair p;

    raw_pair_open(world, &p, &raw_srd, &options);
    raw_send_message(&p.from, &p.to, 1, 0, 8);
    raw_expect_send(&p.from, 1, EFA_STATUS_BAD_DESTINATION_QP);
    raw_pair_close(&p);
}

ENDPOINT_CASE(sends_wait_in_sqd, &at_sqd)
{
    raw_recv(e, 5, 1024, 64);
    raw_send_message(e, e, 1, 0, 8);
    raw_expect_nothing(e);
    CHECK_EQUAL(raw_modify_qp(&e->client, &e->qp, STATE, RTS), 0);
    raw_expect_recv(e, 5, EFA_STATUS_OK);
    raw_expect_send(e, 1, EFA_STATUS_OK);
}

ENDPOINT_CASE(work_in_flight_goes_on_in_sqd, &raw_srd)
{
    raw_send_message(e, e, 1, 0, 8);
    CHECK_EQUAL(raw_modify_qp(&e->client, &e->qp, STATE, SQD), 0);
    raw_recv(e, 5, 1024, 64);
    raw_expect_recv(e, 5, EFA_STATUS_OK);
    raw_expect_send(e, 1, EFA_STATUS_OK);
}

ENDPOINT_CASE(err_flushes_receives_in_order, &raw_srd)
{
    for (uint16_t i = 0; i < 5; i++)
        raw_recv(e, i, 0, 64);
    CHECK_EQUAL(raw_modify_qp(&e->client, &e->qp, STATE, ERR), 0);
    for (uint16_t i = 0; i < 5; i++)
        raw_expect_recv(e, i, EFA_STATUS_FLUSHED);
    raw_expect_nothing(e);
}

ENDPOINT_CASE(err_flushes_sends_in_order, &raw_srd)
{
    for (uint16_t i = 0; i < 5; i++) /* nobody receives: they wait */
        raw_send_message(e, e, i, 0, 8);
    CHECK_EQUAL(raw_modify_qp(&e->client, &e->qp, STATE, ERR), 0);
    for (uint16_t i = 0; i < 5; i++)
        raw_expect_send(e, i, EFA_STATUS_FLUSHED);
    raw_expect_nothing(e);
}

ENDPOINT_CASE(err_flushes_what_waited_in_sqd, &at_sqd)
{
    for (uint16_t i = 0; i < 3; i++)
        raw_send_message(e, e, i, 0, 8);
    CHECK_EQUAL(raw_modify_qp(&e->client, &e->qp, STATE, ERR), 0);
    for (uint16_t i = 0; i < 3; i++)
        raw_expect_send(e, i, EFA_STATUS_FLUSHED);
}

ENDPOINT_CASE(work_posted_in_err_is_flushed, &at_err)
{
    raw_send_message(e, e, 7, 0, 8);
    raw_recv(e, 9, 0, 64);
    raw_expect_send(e, 7, EFA_STATUS_FLUSHED);
    raw_expect_recv(e, 9, EFA_STATUS_FLUSHED);
}

ENDPOINT_CASE(reset_empties_the_queues_without_completions, &raw_srd)
{
    raw_send_message(e, e, 1, 0, 8);
    CHECK_EQUAL(raw_modify_qp(&e->client, &e->qp, STATE, RESET), 0);
    raw_expect_nothing(e);
}

ENDPOINT_CASE(queues_start_anew_after_reset, &raw_srd)
{
    for (uint16_t i = 0; i < 19; i++) { /* into the second pass over a ring of 16 */
        struct efa_send_descriptor d = raw_send_descriptor(e, e, i, 0, 8);
        raw_recv(e, i, 1024, 64);
        raw_send(e, &d);
        raw_expect_send(e, i, EFA_STATUS_OK);
        raw_expect_recv(e, i, EFA_STATUS_OK);
    }
    CHECK_EQUAL(raw_modify_qp(&e->client, &e->qp, STATE, RESET), 0);
    e->qp.sq_posted = 0;
    e->qp.rq_posted = 0;
    raw_bring_to(&e->client, &e->qp, RTS);
    raw_recv(e, 3, 1024, 64);
    raw_send_message(e, e, 4, 0, 8);
    raw_expect_send(e, 4, EFA_STATUS_OK);
    raw_expect_recv(e, 3, EFA_STATUS_OK);
}

ENDPOINT_CASE(err_queue_pair_works_again_after_reset, &at_err)
{
    CHECK_EQUAL(raw_modify_qp(&e->client, &e->qp, STATE, RESET), 0);
    raw_bring_to(&e->client, &e->qp, RTS);
    raw_recv(e, 3, 1024, 64);
    raw_send_message(e, e, 4, 0, 8);
    raw_expect_send(e, 4, EFA_STATUS_OK);
}

ENDPOINT_CASE(version_1_queue_pair_sends_at_once, &of_version_1)
{
    raw_recv(e, 3, 1024, 64);
    raw_send_message(e, e, 4, 0, 8);
    raw_expect_send(e, 4, EFA_STATUS_OK);
    raw_expect_recv(e, 3, EFA_STATUS_OK);
}

ENDPOINT_CASE(version_1_queue_pair_has_no_qkey_to_compare, &of_version_1)
{
    raw_recv(e, 3, 1024, 64);
    struct efa_send_descriptor d = raw_send_descriptor(e, e, 4, 0, 8);
    d.qkey = 0xdeadbeef;
    raw_send(e, &d);
    raw_expect_send(e, 4, EFA_STATUS_OK);
}

static const uint32_t rtr = EFA_DRIVER_QP_RTR;
static const uint32_t rts = EFA_DRIVER_QP_RTS;
static const uint32_t sqd = EFA_DRIVER_QP_SQD;
static const uint32_t reset = EFA_DRIVER_QP_RESET;
static const uint32_t init = EFA_DRIVER_QP_INIT;
static const uint32_t err = EFA_DRIVER_QP_ERR;

#define CHANGE_CASE(from, to, attributes)                                            \
    SIM_CASE_WITH("change_" #from "_to_" #to "_with_" #attributes, change_is_judged, \
                  &change_##from##_##to##_##attributes)

static const struct sim_case cases[] = {
    CHANGE_CASE(RESET, RESET, NO_ATTRIBUTE),
    CHANGE_CASE(RESET, INIT, QKEY),
    CHANGE_CASE(RESET, INIT, NO_ATTRIBUTE),
    CHANGE_CASE(RESET, RTR, NO_ATTRIBUTE),
    CHANGE_CASE(RESET, RTS, PSN),
    CHANGE_CASE(RESET, SQD, NO_ATTRIBUTE),
    CHANGE_CASE(RESET, SQE, NO_ATTRIBUTE),
    CHANGE_CASE(RESET, ERR, NO_ATTRIBUTE),
    CHANGE_CASE(INIT, RESET, NO_ATTRIBUTE),
    CHANGE_CASE(INIT, INIT, NO_ATTRIBUTE),
    CHANGE_CASE(INIT, INIT, QKEY),
    CHANGE_CASE(INIT, RTR, NO_ATTRIBUTE),
    CHANGE_CASE(INIT, RTR, PSN),
    CHANGE_CASE(INIT, RTS, PSN),
    CHANGE_CASE(INIT, SQD, NO_ATTRIBUTE),
    CHANGE_CASE(INIT, ERR, NO_ATTRIBUTE),
    CHANGE_CASE(RTR, RESET, NO_ATTRIBUTE),
    CHANGE_CASE(RTR, INIT, QKEY),
    CHANGE_CASE(RTR, RTR, NO_ATTRIBUTE),
    CHANGE_CASE(RTR, RTS, PSN),
    CHANGE_CASE(RTR, RTS, NO_ATTRIBUTE),
    CHANGE_CASE(RTR, RTS, NOTIFY),
    CHANGE_CASE(RTR, SQD, NO_ATTRIBUTE),
    CHANGE_CASE(RTR, ERR, NO_ATTRIBUTE),
    CHANGE_CASE(RTS, RESET, NO_ATTRIBUTE),
    CHANGE_CASE(RTS, INIT, QKEY),
    CHANGE_CASE(RTS, RTR, NO_ATTRIBUTE),
    CHANGE_CASE(RTS, RTS, QKEY),
    CHANGE_CASE(RTS, RTS, PSN),
    CHANGE_CASE(RTS, SQD, NO_ATTRIBUTE),
    CHANGE_CASE(RTS, SQD, NOTIFY),
    CHANGE_CASE(RTS, SQE, NO_ATTRIBUTE),
    CHANGE_CASE(RTS, ERR, NO_ATTRIBUTE),
    CHANGE_CASE(RTS, ERR, QKEY),
    CHANGE_CASE(SQD, RESET, NO_ATTRIBUTE),
    CHANGE_CASE(SQD, INIT, QKEY),
    CHANGE_CASE(SQD, RTR, NO_ATTRIBUTE),
    CHANGE_CASE(SQD, RTS, NO_ATTRIBUTE),
    CHANGE_CASE(SQD, RTS, PSN),
    CHANGE_CASE(SQD, SQD, QKEY),
    CHANGE_CASE(SQD, ERR, NO_ATTRIBUTE),
    CHANGE_CASE(ERR, RESET, NO_ATTRIBUTE),
    CHANGE_CASE(ERR, INIT, QKEY),
    CHANGE_CASE(ERR, RTS, PSN),
    CHANGE_CASE(ERR, ERR, NO_ATTRIBUTE),
    SIM_CASE(state_beyond_the_last_is_rejected),
    SIM_CASE(mask_must_name_known_attributes),
    SIM_CASE(current_state_must_be_right),
    SIM_CASE(qkey_alone_may_be_changed_in_rts),
    SIM_CASE(rnr_retry_is_at_most_7),
    SIM_CASE(rnr_retry_is_for_srd),
    SIM_CASE(receives_posted_in_init_are_used_later),
    SIM_CASE_WITH("queue_pair_receives_in_rtr", queue_pair_receives_in_state, &rtr),
    SIM_CASE_WITH("queue_pair_receives_in_rts", queue_pair_receives_in_state, &rts),
    SIM_CASE_WITH("queue_pair_receives_in_sqd", queue_pair_receives_in_state, &sqd),
    SIM_CASE_WITH("queue_pair_in_reset_is_no_destination", queue_pair_is_no_destination_in_state,
                  &reset),
    SIM_CASE_WITH("queue_pair_in_init_is_no_destination", queue_pair_is_no_destination_in_state,
                  &init),
    SIM_CASE_WITH("queue_pair_in_err_is_no_destination", queue_pair_is_no_destination_in_state,
                  &err),
    SIM_CASE(sends_wait_in_sqd),
    SIM_CASE(work_in_flight_goes_on_in_sqd),
    SIM_CASE(err_flushes_receives_in_order),
    SIM_CASE(err_flushes_sends_in_order),
    SIM_CASE(err_flushes_what_waited_in_sqd),
    SIM_CASE(work_posted_in_err_is_flushed),
    SIM_CASE(reset_empties_the_queues_without_completions),
    SIM_CASE(queues_start_anew_after_reset),
    SIM_CASE(err_queue_pair_works_again_after_reset),
    SIM_CASE(version_1_queue_pair_sends_at_once),
    SIM_CASE(version_1_queue_pair_has_no_qkey_to_compare),
};

const struct sim_suite sim_state_suite = {"states", cases, sizeof cases / sizeof cases[0],
                                          SIM_WRONG_REQUESTS};
