/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Conformance: what no correct client does. A malformed descriptor completes as QP internal error
 * and ends in the error state; a doorbell beyond the ring ends there without a completion of its
 * own.
 */
#include "sim_cases.h"

#include <string.h>

#include "os/compiler.h"

static void check_is_in_error(struct raw_endpoint *e)
{
    raw_send_message(e, e, 77, 0, 8);
    raw_expect_send(e, 77, EFA_STATUS_FLUSHED);
    raw_expect_nothing(e);
}

struct malformed {
    void (*malform)(struct efa_send_descriptor *d);
};

static void malformed_send_ends_in_error(struct sim_world *world, const void *argument)
{
    const struct malformed *malformed = argument;
    struct raw_endpoint e;

    raw_endpoint_open(world, &e, &raw_srd);
    raw_recv(&e, 3, 1024, 64);
    raw_send_message(&e, &e, 1, 0, 100); /* too long for the receive: completes */
    raw_expect_send(&e, 1, EFA_STATUS_REMOTE_BAD_LENGTH);
    struct efa_send_descriptor d = raw_send_descriptor(&e, &e, 2, 0, 8);
    malformed->malform(&d);
    raw_write_send(&e.qp, &d);
    struct efa_send_descriptor behind = raw_send_descriptor(&e, &e, 4, 0, 8);
    raw_write_send(&e.qp, &behind);
    raw_ring_send(&e.qp);
    raw_expect_send(&e, 2, EFA_STATUS_QP_INTERNAL_ERROR);
    raw_expect_send(&e, 4, EFA_STATUS_FLUSHED);
    raw_expect_recv(&e, 3, EFA_STATUS_FLUSHED);
    check_is_in_error(&e);
    raw_endpoint_close(&e);
}

static void wrong_phase(struct efa_send_descriptor *d)
{
    d->ctrl2 ^= EFA_SEND_PHASE;
}

static void reserved_ctrl1(struct efa_send_descriptor *d)
{
    d->ctrl1 |= 0x40;
}

static void reserved_ctrl2_bit_1(struct efa_send_descriptor *d)
{
    d->ctrl2 |= 0x02;
}

static void reserved_ctrl2_high(struct efa_send_descriptor *d)
{
    d->ctrl2 |= 0x80;
}

static void reserved_word(struct efa_send_descriptor *d)
{
    d->reserved14 = 1;
}

static void first_reserved_byte(struct efa_send_descriptor *d)
{
    d->reserved20[0] = 1;
}

static void last_reserved_byte(struct efa_send_descriptor *d)
{
    d->reserved20[11] = 0x80;
}

static void lkey_of_25_bits(struct efa_send_descriptor *d)
{
    d->payload.buffers[0].lkey |= 0x01000000;
}

static void no_meta_desc(struct efa_send_descriptor *d)
{
    d->ctrl1 &= (uint8_t)~EFA_SEND_META_DESC;
}

static void no_first(struct efa_send_descriptor *d)
{
    d->ctrl2 &= (uint8_t)~EFA_SEND_FIRST;
}

static void no_last(struct efa_send_descriptor *d)
{
    d->ctrl2 &= (uint8_t)~EFA_SEND_LAST;
}

static void inline_rdma_read(struct efa_send_descriptor *d)
{
    d->ctrl1 |= EFA_SEND_INLINE_MSG | EFA_SEND_OP_RDMA_READ;
}

static void three_buffers(struct efa_send_descriptor *d)
{
    d->length = 3;
}

static void very_many_buffers(struct efa_send_descriptor *d)
{
    d->length = 0xffff;
}

#define MALFORMED(name) static const struct malformed malformed_##name = {name}
MALFORMED(wrong_phase);
MALFORMED(reserved_ctrl1);
MALFORMED(reserved_ctrl2_bit_1);
MALFORMED(reserved_ctrl2_high);
MALFORMED(reserved_word);
MALFORMED(first_reserved_byte);
MALFORMED(last_reserved_byte);
MALFORMED(lkey_of_25_bits);
MALFORMED(no_meta_desc);
MALFORMED(no_first);
MALFORMED(no_last);
MALFORMED(inline_rdma_read);
MALFORMED(three_buffers);
MALFORMED(very_many_buffers);

static void ring_doorbell(uint64_t doorbell, uint32_t value)
{
    efa_store_release_u32((uint32_t *)(uintptr_t)doorbell, value);
}

static void send_doorbell_beyond_the_ring_ends_in_error(struct sim_world *world,
                                                        const void *argument)
{
    const uint32_t *value = argument;
    struct raw_endpoint e;

    raw_endpoint_open(world, &e, &raw_srd);
    raw_recv(&e, 3, 1024, 64);
    ring_doorbell(e.qp.info.sq_doorbell, *value);
    raw_expect_recv(&e, 3, EFA_STATUS_FLUSHED);
    raw_expect_nothing(&e);
    e.qp.sq_posted = (uint16_t)*value;
    check_is_in_error(&e);
    raw_endpoint_close(&e);
}

/* Not yet completed descriptors must not be written over. */
ENDPOINT_CASE(send_doorbell_over_outstanding_ends_in_error, &raw_srd)
{
    for (uint16_t i = 0; i < 16; i++) /* nobody receives: all stay outstanding */
        raw_send_message(e, e, i, 0, 8);
    raw_send_message(e, e, 16, 0, 8);
    for (uint16_t i = 0; i < 16; i++)
        raw_expect_send(e, i, EFA_STATUS_FLUSHED);
    check_is_in_error(e);
}

ENDPOINT_CASE(doorbell_high_bits_do_not_count, &raw_srd)
{
    raw_recv(e, 3, 1024, 64);
    struct efa_send_descriptor d = raw_send_descriptor(e, e, 1, 0, 8);
    raw_write_send(&e->qp, &d);
    ring_doorbell(e->qp.info.sq_doorbell, 0xabcd0001);
    raw_expect_send(e, 1, EFA_STATUS_OK);
    raw_expect_recv(e, 3, EFA_STATUS_OK);
}

ENDPOINT_CASE(doorbell_of_an_empty_queue_ends_in_error, &raw_srd)
{
    struct efa_create_qp_params params;

    raw_qp_params(e, EFA_DRIVER_QP_SRD, 16, &params);
    params.sq_depth = 0;
    params.sq_ring_size = 0;
    CHECK_EQUAL(raw_create_qp(&e->client, &params, &e->qp), 0);
    raw_bring_to(&e->client, &e->qp, EFA_DRIVER_QP_RTS);
    raw_recv(e, 3, 1024, 64);
    ring_doorbell(e->qp.info.sq_doorbell, 1);
    raw_expect_recv(e, 3, EFA_STATUS_FLUSHED);
}

static void send_before_rts_ends_in_error(struct sim_world *world, const void *argument)
{
    const uint32_t *state = argument;
    struct raw_options options = {.state = *state};
    struct raw_endpoint e;

    raw_endpoint_open(world, &e, &options);
    raw_recv(&e, 3, 1024, 64);
    raw_send_message(&e, &e, 1, 0, 8);
    raw_expect_send(&e, 1, EFA_STATUS_FLUSHED);
    raw_expect_recv(&e, 3, EFA_STATUS_FLUSHED);
    check_is_in_error(&e);
    raw_endpoint_close(&e);
}

/* A receive of `count` descriptors with the given marks; a message then makes the device look. */
static void check_bad_receive(struct sim_world *world, const uint32_t *marks, unsigned count)
{
    struct raw_pair p;

    raw_pair_open(world, &p, &raw_srd, &raw_srd);
    for (unsigned i = 0; i < count; i++) {
        struct efa_recv_descriptor r = raw_recv_descriptor(&p.to, (uint16_t)(3 + i), 0, 64);
        r.lkey_ctrl = p.to.mr.lkey | marks[i];
        raw_write_recv(&p.to.qp, &r);
    }
    raw_ring_recv(&p.to.qp);
    raw_send_message(&p.from, &p.to, 1, 0, 8);
    raw_expect_send(&p.from, 1, EFA_STATUS_BAD_DESTINATION_QP);
    raw_progress(world);
    struct efa_completion_entry entry;
    while (raw_poll(&p.to.recv_cq, &entry))
        CHECK_EQUAL(entry.status, EFA_STATUS_FLUSHED);
    check_is_in_error(&p.to);
    raw_pair_close(&p);
}

static void receive_without_first_ends_in_error(struct sim_world *world, const void *argument)
{
    static const uint32_t marks[] = {EFA_RECV_LAST};
    (void)argument;
    check_bad_receive(world, marks, 1);
}

static void receive_without_last_ends_in_error(struct sim_world *world, const void *argument)
{
    static const uint32_t marks[] = {EFA_RECV_FIRST, 0};
    (void)argument;
    check_bad_receive(world, marks, 2);
}

static void first_within_a_receive_ends_in_error(struct sim_world *world, const void *argument)
{
    static const uint32_t marks[] = {EFA_RECV_FIRST, EFA_RECV_FIRST | EFA_RECV_LAST};
    (void)argument;
    check_bad_receive(world, marks, 2);
}

static void receive_of_four_buffers_ends_in_error(struct sim_world *world, const void *argument)
{
    static const uint32_t marks[] = {EFA_RECV_FIRST, 0, 0, EFA_RECV_LAST};
    (void)argument;
    check_bad_receive(world, marks, 4);
}

static void reserved_bits_in_a_receive_end_in_error(struct sim_world *world, const void *argument)
{
    static const uint32_t marks[] = {EFA_RECV_FIRST | EFA_RECV_LAST | 0x01000000};
    (void)argument;
    check_bad_receive(world, marks, 1);
}

PAIR_CASE(recv_doorbell_beyond_the_ring_ends_in_error, &raw_srd)
{
    ring_doorbell(p->to.qp.info.rq_doorbell, 17);
    raw_send_message(&p->from, &p->to, 1, 0, 8);
    raw_expect_send(&p->from, 1, EFA_STATUS_BAD_DESTINATION_QP);
    check_is_in_error(&p->to);
}

PAIR_CASE(violation_harms_nobody_else, &raw_srd)
{
    struct raw_endpoint *bad = &p->from;
    struct raw_endpoint *good = &p->to;

    ring_doorbell(bad->qp.info.sq_doorbell, 0x8000);
    ring_doorbell(bad->qp.info.rq_doorbell, 0x8000);
    raw_recv(good, 3, 1024, 64);
    raw_send_message(good, good, 1, 0, 8);
    raw_expect_send(good, 1, EFA_STATUS_OK);
    raw_expect_recv(good, 3, EFA_STATUS_OK);
}

static const uint32_t doorbell_17 = 17;
static const uint32_t doorbell_32768 = 32768;
static const uint32_t doorbell_backwards = 65535;
static const uint32_t init = EFA_DRIVER_QP_INIT;
static const uint32_t rtr = EFA_DRIVER_QP_RTR;

#define MALFORMED_CASE(name) \
    SIM_CASE_WITH("send_with_" #name, malformed_send_ends_in_error, &malformed_##name)

static const struct sim_case cases[] = {
    MALFORMED_CASE(wrong_phase),
    MALFORMED_CASE(reserved_ctrl1),
    MALFORMED_CASE(reserved_ctrl2_bit_1),
    MALFORMED_CASE(reserved_ctrl2_high),
    MALFORMED_CASE(reserved_word),
    MALFORMED_CASE(first_reserved_byte),
    MALFORMED_CASE(last_reserved_byte),
    MALFORMED_CASE(lkey_of_25_bits),
    MALFORMED_CASE(no_meta_desc),
    MALFORMED_CASE(no_first),
    MALFORMED_CASE(no_last),
    MALFORMED_CASE(inline_rdma_read),
    MALFORMED_CASE(three_buffers),
    MALFORMED_CASE(very_many_buffers),
    SIM_CASE_WITH("send_doorbell_one_beyond_the_ring", send_doorbell_beyond_the_ring_ends_in_error,
                  &doorbell_17),
    SIM_CASE_WITH("send_doorbell_half_way_round", send_doorbell_beyond_the_ring_ends_in_error,
                  &doorbell_32768),
    SIM_CASE_WITH("send_doorbell_backwards", send_doorbell_beyond_the_ring_ends_in_error,
                  &doorbell_backwards),
    SIM_CASE(send_doorbell_over_outstanding_ends_in_error),
    SIM_CASE(doorbell_high_bits_do_not_count),
    SIM_CASE(doorbell_of_an_empty_queue_ends_in_error),
    SIM_CASE_WITH("send_in_init_ends_in_error", send_before_rts_ends_in_error, &init),
    SIM_CASE_WITH("send_in_rtr_ends_in_error", send_before_rts_ends_in_error, &rtr),
    SIM_CASE(receive_without_first_ends_in_error),
    SIM_CASE(receive_without_last_ends_in_error),
    SIM_CASE(first_within_a_receive_ends_in_error),
    SIM_CASE(receive_of_four_buffers_ends_in_error),
    SIM_CASE(reserved_bits_in_a_receive_end_in_error),
    SIM_CASE(recv_doorbell_beyond_the_ring_ends_in_error),
    SIM_CASE(violation_harms_nobody_else),
};

const struct sim_suite sim_violation_suite = {"violations", cases, sizeof cases / sizeof cases[0],
                                              SIM_BREAKS_RULES};
