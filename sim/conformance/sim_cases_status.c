/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Conformance: requests that fail, each with its status, and what they leave alone. */
#include "sim_cases.h"

#include <string.h>

/* Makes a good descriptor bad. */
struct spoil {
    void (*spoil)(struct raw_endpoint *from, struct efa_send_descriptor *d);
    uint8_t status;
};

static void check_still_works(struct raw_pair *p)
{
    raw_recv(&p->to, 7, 4096, 200);
    raw_send_message(&p->from, &p->to, 8, 0, 100);
    raw_expect_send(&p->from, 8, EFA_STATUS_OK);
    raw_expect_recv(&p->to, 7, EFA_STATUS_OK);
}

/* The request fails alone: its queue pair and the receive posted at the peer are as they were. */
static void bad_request_fails_alone(struct sim_world *world, const void *argument)
{
    const struct spoil *spoil = argument;
    struct raw_pair p;

    raw_pair_open(world, &p, &raw_srd, &raw_srd);
    raw_recv(&p.to, 3, 8192, 200);
    struct efa_send_descriptor d = raw_send_descriptor(&p.from, &p.to, 1, 0, 100);
    spoil->spoil(&p.from, &d);
    raw_send(&p.from, &d);
    raw_expect_send(&p.from, 1, spoil->status);
    raw_expect_nothing(&p.to);
    raw_send_message(&p.from, &p.to, 2, 0, 100);
    raw_expect_send(&p.from, 2, EFA_STATUS_OK);
    raw_expect_recv(&p.to, 3, EFA_STATUS_OK);
    raw_pair_close(&p);
}

static void use_key_0(struct raw_endpoint *from, struct efa_send_descriptor *d)
{
    (void)from;
    d->payload.buffers[0].lkey = 0;
}

static void use_next_key(struct raw_endpoint *from, struct efa_send_descriptor *d)
{
    (void)from;
    d->payload.buffers[0].lkey = (d->payload.buffers[0].lkey + 1) & EFA_LKEY_MASK;
}

static void use_other_turn_of_the_key(struct raw_endpoint *from, struct efa_send_descriptor *d)
{
    (void)from;
    d->payload.buffers[0].lkey ^= 0x010000;
}

static void use_freed_key(struct raw_endpoint *from, struct efa_send_descriptor *d)
{
    struct efa_mr_info mr;
    CHECK_EQUAL(raw_reg_mr(&from->client, from->pdn, from->memory, 100, 0, &mr), 0);
    CHECK_EQUAL(raw_dereg_mr(&from->client, mr.lkey), 0);
    d->payload.buffers[0].lkey = mr.lkey;
}

static void use_key_of_another_pd(struct raw_endpoint *from, struct efa_send_descriptor *d)
{
    struct efa_mr_info mr;
    uint16_t pdn;
    CHECK_EQUAL(raw_alloc_pd(&from->client, &pdn), 0);
    CHECK_EQUAL(raw_reg_mr(&from->client, pdn, from->memory, RAW_BUFFER_SIZE, 0, &mr), 0);
    d->payload.buffers[0].lkey = mr.lkey;
}

static void start_one_byte_early(struct raw_endpoint *from, struct efa_send_descriptor *d)
{
    uint64_t address = (uint64_t)(uintptr_t)from->memory - 1;
    d->payload.buffers[0].address_low = (uint32_t)address;
    d->payload.buffers[0].address_high = (uint32_t)(address >> 32);
}

static void end_one_byte_late(struct raw_endpoint *from, struct efa_send_descriptor *d)
{
    uint64_t address = (uint64_t)(uintptr_t)from->memory + RAW_BUFFER_SIZE - 99;
    d->payload.buffers[0].address_low = (uint32_t)address;
    d->payload.buffers[0].address_high = (uint32_t)(address >> 32);
}

static void wrap_the_address(struct raw_endpoint *from, struct efa_send_descriptor *d)
{
    (void)from;
    d->payload.buffers[0].address_low = UINT32_MAX - 10;
    d->payload.buffers[0].address_high = UINT32_MAX;
}

static void spoil_second_buffer(struct raw_endpoint *from, struct efa_send_descriptor *d)
{
    (void)from;
    d->length = 2;
    d->payload.buffers[1] = d->payload.buffers[0];
    d->payload.buffers[1].lkey = 0;
}

static void exceed_the_mtu(struct raw_endpoint *from, struct efa_send_descriptor *d)
{
    (void)from;
    d->payload.buffers[0].length = 8929;
}

static void exceed_the_mtu_in_sum(struct raw_endpoint *from, struct efa_send_descriptor *d)
{
    (void)from;
    d->length = 2;
    d->payload.buffers[0].length = 8928;
    d->payload.buffers[1] = d->payload.buffers[0];
    d->payload.buffers[1].length = 1;
}

static void overflow_the_sum(struct raw_endpoint *from, struct efa_send_descriptor *d)
{
    (void)from;
    d->length = 2;
    d->payload.buffers[0].length = UINT32_MAX;
    d->payload.buffers[1] = d->payload.buffers[0];
    d->payload.buffers[1].length = 2;
}

static void exceed_inline(struct raw_endpoint *from, struct efa_send_descriptor *d)
{
    (void)from;
    d->ctrl1 |= EFA_SEND_INLINE_MSG;
    d->length = 33;
}

static void use_unknown_ah(struct raw_endpoint *from, struct efa_send_descriptor *d)
{
    (void)from;
    d->address_handle = 0xfffe;
}

static void use_ah_0xffff(struct raw_endpoint *from, struct efa_send_descriptor *d)
{
    (void)from;
    d->address_handle = EFA_AH_NONE;
}

static void use_freed_ah(struct raw_endpoint *from, struct efa_send_descriptor *d)
{
    static const uint8_t gid[16] = {0xfe, 0x80, 3};
    uint16_t ah;
    CHECK_EQUAL(raw_alloc_ah(&from->client, from->pdn, gid, &ah), 0);
    CHECK_EQUAL(raw_dealloc_ah(&from->client, from->pdn, ah), 0);
    d->address_handle = ah;
}

static void use_ah_of_another_pd(struct raw_endpoint *from, struct efa_send_descriptor *d)
{
    uint16_t pdn;
    uint16_t ah;
    CHECK_EQUAL(raw_alloc_pd(&from->client, &pdn), 0);
    CHECK_EQUAL(raw_alloc_ah(&from->client, pdn, from->client.info.addr, &ah), 0);
    d->address_handle = ah;
}

static void use_rdma_write(struct raw_endpoint *from, struct efa_send_descriptor *d)
{
    (void)from;
    d->ctrl1 = (uint8_t)((d->ctrl1 & ~EFA_SEND_OP_MASK) | EFA_SEND_OP_RDMA_WRITE);
    memset(&d->payload, 0, sizeof d->payload);
}

static void use_unknown_op(struct raw_endpoint *from, struct efa_send_descriptor *d)
{
    (void)from;
    d->ctrl1 = (uint8_t)((d->ctrl1 & ~EFA_SEND_OP_MASK) | 0x0f);
    memset(&d->payload, 0, sizeof d->payload);
}

static void use_unknown_queue_pair(struct raw_endpoint *from, struct efa_send_descriptor *d)
{
    (void)from;
    d->destination_qp = 0xfffe;
}

static void use_wrong_qkey(struct raw_endpoint *from, struct efa_send_descriptor *d)
{
    (void)from;
    d->qkey++;
}

static void exceed_the_receive(struct raw_endpoint *from, struct efa_send_descriptor *d)
{
    (void)from;
    d->payload.buffers[0].length = 201;
}

#define SPOIL(name, status) static const struct spoil spoil_##name = {name, status}
SPOIL(use_key_0, EFA_STATUS_BAD_LKEY);
SPOIL(use_next_key, EFA_STATUS_BAD_LKEY);
SPOIL(use_other_turn_of_the_key, EFA_STATUS_BAD_LKEY);
SPOIL(use_freed_key, EFA_STATUS_BAD_LKEY);
SPOIL(use_key_of_another_pd, EFA_STATUS_BAD_LKEY);
SPOIL(start_one_byte_early, EFA_STATUS_BAD_LKEY);
SPOIL(end_one_byte_late, EFA_STATUS_BAD_LKEY);
SPOIL(wrap_the_address, EFA_STATUS_BAD_LKEY);
SPOIL(spoil_second_buffer, EFA_STATUS_BAD_LKEY);
SPOIL(exceed_the_mtu, EFA_STATUS_BAD_LENGTH);
SPOIL(exceed_the_mtu_in_sum, EFA_STATUS_BAD_LENGTH);
SPOIL(overflow_the_sum, EFA_STATUS_BAD_LENGTH);
SPOIL(exceed_inline, EFA_STATUS_BAD_LENGTH);
SPOIL(use_unknown_ah, EFA_STATUS_BAD_AH);
SPOIL(use_ah_0xffff, EFA_STATUS_BAD_AH);
SPOIL(use_freed_ah, EFA_STATUS_BAD_AH);
SPOIL(use_ah_of_another_pd, EFA_STATUS_BAD_AH);
SPOIL(use_rdma_write, EFA_STATUS_UNSUPPORTED_OP);
SPOIL(use_unknown_op, EFA_STATUS_UNSUPPORTED_OP);
SPOIL(use_unknown_queue_pair, EFA_STATUS_BAD_DESTINATION_QP);
SPOIL(use_wrong_qkey, EFA_STATUS_BAD_DESTINATION_QP);
SPOIL(exceed_the_receive, EFA_STATUS_REMOTE_BAD_LENGTH);

static void srd_to_a_ud_queue_pair_fails(struct sim_world *world, const void *argument)
{
    struct raw_pair p;
    (void)argument;

    raw_pair_open(world, &p, &raw_srd, &raw_ud);
    raw_recv(&p.to, 3, 8192, 200);
    raw_send_message(&p.from, &p.to, 1, 0, 100);
    raw_expect_send(&p.from, 1, EFA_STATUS_BAD_DESTINATION_QP);
    raw_expect_nothing(&p.to);
    raw_pair_close(&p);
}

PAIR_CASE(destroyed_destination_fails, &raw_srd)
{
    CHECK_EQUAL(raw_destroy_qp(&p->to.client, p->to.qp.info.qp_handle), 0);
    raw_send_message(&p->from, &p->to, 1, 0, 100);
    raw_expect_send(&p->from, 1, EFA_STATUS_BAD_DESTINATION_QP);
}

static void no_receive_fails_after_the_retries(struct sim_world *world, const void *argument)
{
    const uint32_t *retries = argument;
    struct raw_options options = {.state = EFA_DRIVER_QP_RTS, .rnr_retry = 1 + *retries};
    struct raw_pair p;

    raw_pair_open(world, &p, &options, &raw_srd);
    raw_send_message(&p.from, &p.to, 1, 0, 100);
    raw_expect_send(&p.from, 1, EFA_STATUS_RECEIVER_NOT_READY);
    check_still_works(&p);
    raw_pair_close(&p);
}

PAIR_CASE(bad_receive_key_fails_on_both_sides, &raw_srd)
{
    struct efa_recv_descriptor r = raw_recv_descriptor(&p->to, 3, 0, 200);
    r.lkey_ctrl ^= 1;
    raw_write_recv(&p->to.qp, &r);
    raw_ring_recv(&p->to.qp);
    raw_send_message(&p->from, &p->to, 1, 0, 100);
    raw_expect_recv(&p->to, 3, EFA_STATUS_BAD_LKEY);
    raw_expect_send(&p->from, 1, EFA_STATUS_BAD_RESPONSE);
    check_still_works(p);
}

PAIR_CASE(receive_beyond_its_region_fails, &raw_srd)
{
    raw_recv(&p->to, 3, RAW_BUFFER_SIZE - 199, 200);
    raw_send_message(&p->from, &p->to, 1, 0, 100);
    raw_expect_recv(&p->to, 3, EFA_STATUS_BAD_LKEY);
}

PAIR_CASE(receive_needs_local_write, &raw_srd)
{
    struct efa_mr_info mr;

    CHECK_EQUAL(raw_reg_mr(&p->to.client, p->to.pdn, p->to.memory, RAW_BUFFER_SIZE, 0, &mr), 0);
    struct efa_recv_descriptor r = raw_recv_descriptor(&p->to, 3, 0, 200);
    r.lkey_ctrl = mr.lkey | EFA_RECV_FIRST | EFA_RECV_LAST;
    raw_write_recv(&p->to.qp, &r);
    raw_ring_recv(&p->to.qp);
    raw_send_message(&p->from, &p->to, 1, 0, 100);
    raw_expect_recv(&p->to, 3, EFA_STATUS_BAD_LKEY);
}

ENDPOINT_CASE(send_needs_no_permission, &raw_srd)
{
    struct efa_mr_info mr;

    CHECK_EQUAL(raw_reg_mr(&e->client, e->pdn, e->memory, 100, 0, &mr), 0);
    raw_recv(e, 3, 8192, 200);
    struct efa_send_descriptor d = raw_send_descriptor(e, e, 1, 0, 100);
    d.payload.buffers[0].lkey = mr.lkey;
    raw_send(e, &d);
    raw_expect_send(e, 1, EFA_STATUS_OK);
}

PAIR_CASE(peer_that_dies_resets_what_is_in_flight, &raw_srd)
{
    raw_send_message(&p->from, &p->to, 1, 0, 100);
    raw_close(&p->to.client);
    raw_expect_send(&p->from, 1, EFA_STATUS_REMOTE_ABORT);
    raw_send_message(&p->from, &p->to, 2, 0, 100);
    raw_expect_send(&p->from, 2, EFA_STATUS_BAD_DESTINATION_QP);
}

ENDPOINT_CASE(peer_that_never_answers_times_out, &raw_srd)
{
    static const uint8_t gid[16] = {0xfe, 0x80, 0, 0, 0, 0, 0, 9, 9};
    uint16_t ah;

    CHECK_EQUAL(raw_alloc_ah(&e->client, e->pdn, gid, &ah), 0);
    struct efa_send_descriptor d = raw_send_descriptor(e, e, 1, 0, 100);
    d.address_handle = ah;
    raw_send(e, &d);
    raw_expect_send(e, 1, EFA_STATUS_PEER_UNREACHABLE);
}

PAIR_CASE(destroying_an_ah_flushes_its_requests, &raw_srd)
{
    for (uint16_t i = 0; i < 3; i++) {
        struct efa_send_descriptor d = raw_send_descriptor(&p->from, &p->to, i, 0, 100);
        raw_write_send(&p->from.qp, &d);
    }
    raw_ring_send(&p->from.qp);
    CHECK_EQUAL(raw_dealloc_ah(&p->from.client, p->from.pdn, p->from.ah), 0);
    for (uint16_t i = 0; i < 3; i++)
        raw_expect_send(&p->from, i, EFA_STATUS_FLUSHED);
    raw_recv(&p->to, 3, 0, 200);
    raw_expect_nothing(&p->to);
}

PAIR_CASE(region_freed_under_way_fails_the_send, &raw_srd)
{
    raw_send_message(&p->from, &p->to, 1, 0, 100);
    CHECK_EQUAL(raw_dereg_mr(&p->from.client, p->from.mr.lkey), 0);
    raw_recv(&p->to, 3, 0, 200);
    raw_expect_send(&p->from, 1, EFA_STATUS_BAD_LKEY);
    raw_expect_nothing(&p->to);
}

static struct efa_send_descriptor unsignaled(struct raw_pair *p, uint16_t id)
{
    struct efa_send_descriptor d = raw_send_descriptor(&p->from, &p->to, id, 0, 100);

    d.ctrl2 &= (uint8_t)~EFA_SEND_COMP_REQ;
    return d;
}

PAIR_CASE(unsignaled_success_does_not_complete, &raw_srd)
{
    struct efa_send_descriptor d = unsignaled(p, 1);

    raw_recv(&p->to, 3, 8192, 200);
    raw_send(&p->from, &d);
    raw_expect_recv(&p->to, 3, EFA_STATUS_OK);
    raw_expect_nothing(&p->from);
    check_still_works(p);
}

PAIR_CASE(unsignaled_failure_completes, &raw_srd)
{
    struct efa_send_descriptor late = unsignaled(p, 1);
    struct efa_send_descriptor at_once = unsignaled(p, 2);

    late.destination_qp = 0xfff0;
    at_once.payload.buffers[0].lkey ^= 1;
    raw_send(&p->from, &late);
    raw_expect_send(&p->from, 1, EFA_STATUS_BAD_DESTINATION_QP);
    raw_send(&p->from, &at_once);
    raw_expect_send(&p->from, 2, EFA_STATUS_BAD_LKEY);
    check_still_works(p);
}

ENDPOINT_CASE(unsignaled_request_is_flushed, &raw_srd)
{
    struct efa_send_descriptor d = raw_send_descriptor(e, e, 1, 0, 100);

    d.ctrl2 &= (uint8_t)~EFA_SEND_COMP_REQ;
    raw_send(e, &d); /* nobody receives */
    CHECK_EQUAL(raw_modify_qp(&e->client, &e->qp, EFA_MODIFY_QP_STATE, EFA_DRIVER_QP_ERR), 0);
    raw_expect_send(e, 1, EFA_STATUS_FLUSHED);
}

static const uint32_t no_retry = 0;
static const uint32_t one_retry = 1;
static const uint32_t six_retries = 6;

#define SPOIL_CASE(name) SIM_CASE_WITH("failing_" #name, bad_request_fails_alone, &spoil_##name)

static const struct sim_case cases[] = {
    SPOIL_CASE(use_key_0),
    SPOIL_CASE(use_next_key),
    SPOIL_CASE(use_other_turn_of_the_key),
    SPOIL_CASE(use_freed_key),
    SPOIL_CASE(use_key_of_another_pd),
    SPOIL_CASE(start_one_byte_early),
    SPOIL_CASE(end_one_byte_late),
    SPOIL_CASE(wrap_the_address),
    SPOIL_CASE(spoil_second_buffer),
    SPOIL_CASE(exceed_the_mtu),
    SPOIL_CASE(exceed_the_mtu_in_sum),
    SPOIL_CASE(overflow_the_sum),
    SPOIL_CASE(exceed_inline),
    SPOIL_CASE(use_unknown_ah),
    SPOIL_CASE(use_ah_0xffff),
    SPOIL_CASE(use_freed_ah),
    SPOIL_CASE(use_ah_of_another_pd),
    SPOIL_CASE(use_rdma_write),
    SPOIL_CASE(use_unknown_op),
    SPOIL_CASE(use_unknown_queue_pair),
    SPOIL_CASE(use_wrong_qkey),
    SPOIL_CASE(exceed_the_receive),
    SIM_CASE(srd_to_a_ud_queue_pair_fails),
    SIM_CASE(destroyed_destination_fails),
    SIM_CASE_WITH("no_receive_fails_at_once_without_retries", no_receive_fails_after_the_retries,
                  &no_retry),
    SIM_CASE_WITH("no_receive_fails_after_one_retry", no_receive_fails_after_the_retries,
                  &one_retry),
    SIM_CASE_WITH("no_receive_fails_after_six_retries", no_receive_fails_after_the_retries,
                  &six_retries),
    SIM_CASE(bad_receive_key_fails_on_both_sides),
    SIM_CASE(receive_beyond_its_region_fails),
    SIM_CASE(receive_needs_local_write),
    SIM_CASE(send_needs_no_permission),
    SIM_CASE(unsignaled_success_does_not_complete),
    SIM_CASE(unsignaled_failure_completes),
    SIM_CASE(unsignaled_request_is_flushed),
    SIM_CASE(peer_that_dies_resets_what_is_in_flight),
    SIM_CASE(peer_that_never_answers_times_out),
    SIM_CASE(destroying_an_ah_flushes_its_requests),
    SIM_CASE(region_freed_under_way_fails_the_send),
};

const struct sim_suite sim_status_suite = {"statuses", cases, sizeof cases / sizeof cases[0],
                                           SIM_WRONG_WORK};
