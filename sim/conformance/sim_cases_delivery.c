/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Conformance: messages that arrive. What is where, and what the completions say. */
#include "sim_cases.h"

#include <string.h>

#define TARGET 32768u /* where receives put things; sources are below */

static void check_only_this_was_written(const struct raw_endpoint *to, uint32_t offset,
                                        uint32_t size)
{
    for (uint32_t i = 0; i < RAW_BUFFER_SIZE; i++) {
        if (i < offset || i >= offset + size)
            CHECK_EQUAL(to->memory[i], RAW_UNTOUCHED);
    }
}

/* Behind `header` bytes of the buffer, which is not written beyond. */
static void check_message_arrives(struct sim_world *world, const struct raw_options *options,
                                  uint32_t header, uint32_t size)
{
    struct efa_completion_entry entry;
    struct raw_pair p;

    raw_pair_open(world, &p, options, options);
    raw_recv(&p.to, 3, TARGET, 9000);
    raw_send_message(&p.from, &p.to, 9, 100, size);
    raw_expect(&p.to, &p.to.recv_cq, &entry);
    CHECK_EQUAL(entry.status, EFA_STATUS_OK);
    CHECK_EQUAL(entry.request_id, 3);
    CHECK_EQUAL(entry.length, header + size);
    raw_expect_send(&p.from, 9, EFA_STATUS_OK);
    CHECK(memcmp(p.to.memory + TARGET + header, p.from.memory + 100, size) == 0);
    check_only_this_was_written(&p.to, TARGET, header + size);
    raw_pair_close(&p);
}

static void srd_message_arrives_whole(struct sim_world *world, const void *argument)
{
    const uint32_t *size = argument;
    check_message_arrives(world, &raw_srd, 0, *size);
}

static void ud_message_starts_behind_40_bytes(struct sim_world *world, const void *argument)
{
    const uint32_t *size = argument;
    check_message_arrives(world, &raw_ud, EFA_UD_GRH_SIZE, *size);
}

static void inline_message_arrives_whole(struct sim_world *world, const void *argument)
{
    const uint32_t *size = argument;
    struct efa_completion_entry entry;
    struct raw_pair p;

    raw_pair_open(world, &p, &raw_srd, &raw_srd);
    raw_recv(&p.to, 3, TARGET, 64);
    struct efa_send_descriptor d = raw_send_descriptor(&p.from, &p.to, 9, 0, 0);
    d.ctrl1 |= EFA_SEND_INLINE_MSG;
    d.length = (uint16_t)*size;
    memset(&d.payload, 0, sizeof d.payload);
    for (unsigned i = 0; i < *size; i++)
        d.payload.inline_data[i] = (uint8_t)(0x40 + i);
    raw_send(&p.from, &d);
    raw_expect(&p.to, &p.to.recv_cq, &entry);
    CHECK_EQUAL(entry.length, *size);
    for (unsigned i = 0; i < *size; i++)
        CHECK_EQUAL(p.to.memory[TARGET + i], 0x40 + i);
    raw_expect_send(&p.from, 9, EFA_STATUS_OK);
    raw_pair_close(&p);
}

PAIR_CASE(message_of_no_buffers_is_empty, &raw_srd)
{
    struct efa_completion_entry entry;

    raw_recv(&p->to, 3, TARGET, 64);
    struct efa_send_descriptor d = raw_send_descriptor(&p->from, &p->to, 9, 0, 0);
    d.length = 0;
    memset(&d.payload, 0, sizeof d.payload);
    raw_send(&p->from, &d);
    raw_expect(&p->to, &p->to.recv_cq, &entry);
    CHECK_EQUAL(entry.length, 0);
    raw_expect_send(&p->from, 9, EFA_STATUS_OK);
}

PAIR_CASE(two_buffers_are_gathered, &raw_srd)
{
    struct efa_completion_entry entry;

    raw_recv(&p->to, 3, TARGET, 9000);
    struct efa_send_descriptor d = raw_send_descriptor(&p->from, &p->to, 9, 100, 10);
    struct efa_send_descriptor second = raw_send_descriptor(&p->from, &p->to, 9, 5000, 20);
    d.length = 2;
    d.payload.buffers[1] = second.payload.buffers[0];
    raw_send(&p->from, &d);
    raw_expect(&p->to, &p->to.recv_cq, &entry);
    CHECK_EQUAL(entry.length, 30);
    CHECK(memcmp(p->to.memory + TARGET, p->from.memory + 100, 10) == 0);
    CHECK(memcmp(p->to.memory + TARGET + 10, p->from.memory + 5000, 20) == 0);
}

static void post_scattered(struct raw_endpoint *to, uint16_t id, const uint16_t sizes[3])
{
    for (unsigned i = 0; i < 3; i++) {
        struct efa_recv_descriptor d =
            raw_recv_descriptor(to, (uint16_t)(i == 0 ? id : 0), TARGET + i * 4096, sizes[i]);
        d.lkey_ctrl = to->mr.lkey;
        if (i == 0)
            d.lkey_ctrl |= EFA_RECV_FIRST;
        if (i == 2)
            d.lkey_ctrl |= EFA_RECV_LAST;
        raw_write_recv(&to->qp, &d);
    }
    raw_ring_recv(&to->qp);
}

PAIR_CASE(message_is_scattered_over_three_buffers, &raw_srd)
{
    static const uint16_t sizes[3] = {10, 20, 100};
    struct efa_completion_entry entry;

    post_scattered(&p->to, 3, sizes);
    raw_send_message(&p->from, &p->to, 9, 0, 50);
    raw_expect(&p->to, &p->to.recv_cq, &entry);
    CHECK_EQUAL(entry.request_id, 3);
    CHECK_EQUAL(entry.length, 50);
    CHECK(memcmp(p->to.memory + TARGET, p->from.memory, 10) == 0);
    CHECK_EQUAL(p->to.memory[TARGET + 10], RAW_UNTOUCHED);
    CHECK(memcmp(p->to.memory + TARGET + 4096, p->from.memory + 10, 20) == 0);
    CHECK_EQUAL(p->to.memory[TARGET + 4096 + 20], RAW_UNTOUCHED);
    CHECK(memcmp(p->to.memory + TARGET + 8192, p->from.memory + 30, 20) == 0);
    CHECK_EQUAL(p->to.memory[TARGET + 8192 + 20], RAW_UNTOUCHED);
}

PAIR_CASE(short_message_leaves_later_buffers, &raw_srd)
{
    static const uint16_t sizes[3] = {100, 20, 100};
    struct efa_completion_entry entry;

    post_scattered(&p->to, 3, sizes);
    raw_send_message(&p->from, &p->to, 9, 0, 50);
    raw_expect(&p->to, &p->to.recv_cq, &entry);
    check_only_this_was_written(&p->to, TARGET, 50);
}

PAIR_CASE(scattered_requests_follow_one_another, &raw_srd)
{
    static const uint16_t sizes[3] = {10, 10, 10};

    for (uint16_t i = 0; i < 40; i++) { /* 3 descriptors each in a ring of 16: wraps often */
        post_scattered(&p->to, i, sizes);
        raw_send_message(&p->from, &p->to, i, i, 25);
        raw_expect_recv(&p->to, i, EFA_STATUS_OK);
        raw_expect_send(&p->from, i, EFA_STATUS_OK);
        CHECK(memcmp(p->to.memory + TARGET + 8192, p->from.memory + i + 20, 5) == 0);
    }
}

PAIR_CASE(receives_are_used_as_posted, &raw_srd)
{
    for (uint16_t i = 0; i < 8; i++)
        raw_recv(&p->to, (uint16_t)(100 - i), TARGET + i * 64u, 64);
    for (uint16_t i = 0; i < 8; i++) {
        raw_send_message(&p->from, &p->to, i, i * 64u, 64);
        raw_expect_recv(&p->to, (uint16_t)(100 - i), EFA_STATUS_OK);
        raw_expect_send(&p->from, i, EFA_STATUS_OK);
        CHECK(memcmp(p->to.memory + TARGET + (size_t)i * 64, p->from.memory + (size_t)i * 64, 64) ==
              0);
    }
}

PAIR_CASE(immediate_data_arrives, argument)
{
    struct efa_completion_entry entry;

    raw_recv(&p->to, 3, TARGET, 9000);
    struct efa_send_descriptor d = raw_send_descriptor(&p->from, &p->to, 9, 0, 8);
    d.ctrl1 |= EFA_SEND_HAS_IMM;
    d.immediate_data = 0x12345678;
    raw_send(&p->from, &d);
    raw_expect(&p->to, &p->to.recv_cq, &entry);
    CHECK_EQUAL(entry.flags & EFA_COMPLETION_HAS_IMM, EFA_COMPLETION_HAS_IMM);
    CHECK_EQUAL(entry.immediate_data, 0x12345678);
}

PAIR_CASE(no_immediate_without_has_imm, &raw_srd)
{
    struct efa_completion_entry entry;

    raw_recv(&p->to, 3, TARGET, 9000);
    struct efa_send_descriptor d = raw_send_descriptor(&p->from, &p->to, 9, 0, 8);
    d.immediate_data = 0x12345678;
    raw_send(&p->from, &d);
    raw_expect(&p->to, &p->to.recv_cq, &entry);
    CHECK_EQUAL(entry.flags & EFA_COMPLETION_HAS_IMM, 0);
}

PAIR_CASE(recv_completion_names_the_sender, argument)
{
    struct efa_completion_entry entry;

    raw_recv(&p->to, 3, TARGET, 9000);
    raw_send_message(&p->from, &p->to, 9, 0, 8);
    raw_expect(&p->to, &p->to.recv_cq, &entry);
    CHECK_EQUAL(entry.source_qp, p->from.qp.info.qp_num);
    CHECK_EQUAL(entry.source_ah, p->to.ah);
    CHECK_EQUAL(entry.flags & EFA_COMPLETION_OP_MASK, 0);
    CHECK_EQUAL(entry.flags & EFA_COMPLETION_UNSOLICITED, 0);
}

PAIR_CASE(sender_without_an_ah_is_0xffff, argument)
{
    struct efa_completion_entry entry;

    CHECK_EQUAL(raw_dealloc_ah(&p->to.client, p->to.pdn, p->to.ah), 0);
    raw_recv(&p->to, 3, TARGET, 9000);
    raw_send_message(&p->from, &p->to, 9, 0, 8);
    raw_expect(&p->to, &p->to.recv_cq, &entry);
    CHECK_EQUAL(entry.source_ah, EFA_AH_NONE);
    CHECK_EQUAL(entry.source_qp, p->from.qp.info.qp_num);
}

PAIR_CASE(send_completion_has_its_op, &raw_srd)
{
    struct efa_completion_entry entry;

    raw_recv(&p->to, 3, TARGET, 9000);
    raw_send_message(&p->from, &p->to, 9, 0, 8);
    raw_expect(&p->from, &p->from.send_cq, &entry);
    CHECK_EQUAL(entry.flags & EFA_COMPLETION_OP_MASK, EFA_SEND_OP_SEND);
    CHECK_EQUAL(entry.flags & EFA_COMPLETION_UNSOLICITED, 0);
}

static void rings_and_queues_wrap_many_times(struct sim_world *world, const void *argument)
{
    const struct raw_options *options = argument;
    uint32_t header = options->type == EFA_DRIVER_QP_UD ? EFA_UD_GRH_SIZE : 0;
    struct raw_pair p;

    raw_pair_open(world, &p, options, options);
    for (unsigned i = 0; i < 1000; i++) { /* rings of 16, sub-CQs of 64 */
        uint16_t id = (uint16_t)(i % 16);
        raw_recv(&p.to, id, TARGET, 200);
        raw_send_message(&p.from, &p.to, id, i, 100);
        raw_expect_recv(&p.to, id, EFA_STATUS_OK);
        raw_expect_send(&p.from, id, EFA_STATUS_OK);
        CHECK(memcmp(p.to.memory + TARGET + header, p.from.memory + i, 100) == 0);
    }
    raw_pair_close(&p);
}

/* Never by one doorbell: see sim_cases_batch.c. */
PAIR_CASE(full_ring_by_two_doorbells, &raw_srd)
{
    for (unsigned round = 0; round < 5; round++) {
        for (uint16_t i = 0; i < 16; i++) {
            struct efa_recv_descriptor r = raw_recv_descriptor(&p->to, i, TARGET + i * 128u, 128);
            struct efa_send_descriptor d = raw_send_descriptor(&p->from, &p->to, i, i * 128u, 128);
            raw_write_recv(&p->to.qp, &r);
            raw_write_send(&p->from.qp, &d);
            if (i == 7) {
                /* Receives first: a message without one waits, and a later one may overtake it. */
                raw_ring_recv(&p->to.qp);
                raw_ring_send(&p->from.qp);
            }
        }
        raw_ring_recv(&p->to.qp);
        raw_ring_send(&p->from.qp);
        for (uint16_t i = 0; i < 16; i++) {
            struct efa_completion_entry entry;
            raw_expect(&p->from, &p->from.send_cq, &entry);
            CHECK_EQUAL(entry.status, EFA_STATUS_OK);
            raw_expect(&p->to, &p->to.recv_cq, &entry);
            CHECK_EQUAL(entry.status, EFA_STATUS_OK);
        }
        CHECK(memcmp(p->to.memory + TARGET, p->from.memory, (size_t)16 * 128) == 0);
    }
}

PAIR_CASE(buffer_of_65535_takes_any_message, &raw_srd)
{
    static uint8_t large[65536];
    struct efa_completion_entry entry;
    struct efa_mr_info mr;
    uint64_t address = (uint64_t)(uintptr_t)large;

    CHECK_EQUAL(raw_reg_mr(&p->to.client, p->to.pdn, large, sizeof large, EFA_MR_LOCAL_WRITE, &mr),
                0);
    struct efa_recv_descriptor r = raw_recv_descriptor(&p->to, 3, 0, 65535);
    r.address_low = (uint32_t)address;
    r.address_high = (uint32_t)(address >> 32);
    r.lkey_ctrl = mr.lkey | EFA_RECV_FIRST | EFA_RECV_LAST;
    raw_write_recv(&p->to.qp, &r);
    raw_ring_recv(&p->to.qp);
    raw_send_message(&p->from, &p->to, 9, 0, 8928);
    raw_expect(&p->to, &p->to.recv_cq, &entry);
    CHECK_EQUAL(entry.length, 8928);
    CHECK(memcmp(large, p->from.memory, 8928) == 0);
}

static void queue_pair_sends_to_itself(struct sim_world *world, const void *argument)
{
    const struct raw_options *options = argument;
    struct raw_endpoint e;

    raw_endpoint_open(world, &e, options);
    memset(e.memory, 0x5a, 100);
    raw_recv(&e, 3, TARGET, 200);
    raw_send_message(&e, &e, 9, 0, 100);
    raw_expect_recv(&e, 3, EFA_STATUS_OK);
    raw_expect_send(&e, 9, EFA_STATUS_OK);
    CHECK_EQUAL(e.memory[TARGET + (options->type == EFA_DRIVER_QP_UD ? 139 : 99)], 0x5a);
    raw_endpoint_close(&e);
}

ENDPOINT_CASE(source_and_target_may_overlap, &raw_srd)
{
    for (unsigned i = 0; i < 100; i++)
        e->memory[i] = (uint8_t)i;
    raw_recv(e, 3, 10, 200);
    raw_send_message(e, e, 9, 0, 100);
    raw_expect_recv(e, 3, EFA_STATUS_OK);
}

PAIR_CASE(srd_waits_for_a_receive, &raw_srd)
{
    raw_send_message(&p->from, &p->to, 9, 0, 100);
    raw_expect_nothing(&p->from);
    raw_recv(&p->to, 3, TARGET, 200);
    raw_expect_recv(&p->to, 3, EFA_STATUS_OK);
    raw_expect_send(&p->from, 9, EFA_STATUS_OK);
}

PAIR_CASE(ud_without_a_receive_is_dropped, &raw_ud)
{
    raw_send_message(&p->from, &p->to, 9, 0, 100);
    raw_expect_send(&p->from, 9, EFA_STATUS_OK);
    raw_recv(&p->to, 3, TARGET, 200);
    raw_expect_nothing(&p->to);
}

PAIR_CASE(ud_with_a_wrong_qkey_is_dropped, &raw_ud)
{
    raw_recv(&p->to, 3, TARGET, 200);
    struct efa_send_descriptor d = raw_send_descriptor(&p->from, &p->to, 9, 0, 100);
    d.qkey ^= 1;
    raw_send(&p->from, &d);
    raw_expect_send(&p->from, 9, EFA_STATUS_OK);
    raw_expect_nothing(&p->to);
    check_only_this_was_written(&p->to, 0, 0);
}

PAIR_CASE(ud_to_an_unknown_queue_pair_is_dropped, &raw_ud)
{
    struct efa_send_descriptor d = raw_send_descriptor(&p->from, &p->to, 9, 0, 100);
    d.destination_qp = 0xfffe;
    raw_send(&p->from, &d);
    raw_expect_send(&p->from, 9, EFA_STATUS_OK);
}

PAIR_CASE(ud_beyond_the_buffers_is_dropped, &raw_ud)
{
    raw_recv(&p->to, 3, TARGET, 100 + EFA_UD_GRH_SIZE - 1);
    raw_send_message(&p->from, &p->to, 9, 0, 100);
    raw_expect_send(&p->from, 9, EFA_STATUS_OK);
    raw_expect_nothing(&p->to);
    check_only_this_was_written(&p->to, 0, 0);
}

PAIR_CASE(ud_to_an_unknown_peer_is_dropped, &raw_ud)
{
    static const uint8_t gid[16] = {0xfe, 0x80, 0, 0, 0, 0, 0, 9, 9};
    uint16_t ah;

    CHECK_EQUAL(raw_alloc_ah(&p->from.client, p->from.pdn, gid, &ah), 0);
    struct efa_send_descriptor d = raw_send_descriptor(&p->from, &p->to, 9, 0, 100);
    d.address_handle = ah;
    raw_send(&p->from, &d);
    raw_expect_send(&p->from, 9, EFA_STATUS_OK);
}

ENDPOINT_CASE(send_and_recv_cq_may_be_one, &raw_srd)
{
    struct efa_create_qp_params params;
    struct efa_completion_entry entry;
    unsigned sends = 0;
    unsigned recvs = 0;

    raw_qp_params(e, EFA_DRIVER_QP_SRD, 16, &params);
    params.recv_cq_index = params.send_cq_index;
    CHECK_EQUAL(raw_create_qp(&e->client, &params, &e->qp), 0);
    raw_bring_to(&e->client, &e->qp, EFA_DRIVER_QP_RTS);
    raw_recv(e, 3, TARGET, 200);
    raw_send_message(e, e, 9, 0, 100);
    for (unsigned i = 0; i < 2; i++) {
        raw_expect(e, &e->send_cq, &entry);
        sends += (entry.flags & EFA_COMPLETION_QUEUE_MASK) == EFA_COMPLETION_QUEUE_SEND;
        recvs += (entry.flags & EFA_COMPLETION_QUEUE_MASK) == EFA_COMPLETION_QUEUE_RECV;
    }
    CHECK_EQUAL(sends, 1);
    CHECK_EQUAL(recvs, 1);
}

PAIR_CASE(completions_go_to_the_sub_cqs_named, &raw_srd)
{
    raw_recv(&p->to, 3, TARGET, 200);
    raw_send_message(&p->from, &p->to, 9, 0, 100);
    raw_expect_send(&p->from, 9, EFA_STATUS_OK);
    raw_expect_recv(&p->to, 3, EFA_STATUS_OK);
    CHECK_EQUAL(p->from.send_cq.consumed[p->from.qp.info.send_sub_cq], 1);
    CHECK_EQUAL(p->to.recv_cq.consumed[p->to.qp.info.recv_sub_cq], 1);
}

PAIR_CASE(request_id_has_16_bits, &raw_srd)
{
    raw_recv(&p->to, 0xfedc, TARGET, 200);
    raw_send_message(&p->from, &p->to, 0xabcd, 0, 100);
    raw_expect_send(&p->from, 0xabcd, EFA_STATUS_OK);
    raw_expect_recv(&p->to, 0xfedc, EFA_STATUS_OK);
}

ENDPOINT_CASE(destroying_flushes_to_the_cq, &raw_srd)
{
    struct efa_send_descriptor d = raw_send_descriptor(e, e, 9, 0, 100);
    d.destination_qp = (uint16_t)e->qp.info.qp_num;
    raw_send(e, &d);
    CHECK_EQUAL(raw_destroy_qp(&e->client, e->qp.info.qp_handle), 0);
    raw_expect_send(e, 9, EFA_STATUS_FLUSHED);
}

PAIR_CASE(sender_may_close_with_messages_in_flight, &raw_srd)
{
    struct efa_send_descriptor to_closed;
    struct efa_completion_entry entry;

    for (uint16_t i = 0; i < 16; i++) {
        raw_send_message(&p->from, &p->to, i, 0, 100);
    }
    to_closed = raw_send_descriptor(&p->to, &p->from, 7, 0, 100);
    raw_close(&p->from.client);
    /* A system may tell its driver of the close a moment later: this ends once it has. */
    raw_send(&p->to, &to_closed);
    raw_expect(&p->to, &p->to.send_cq, &entry);
    CHECK(entry.status == EFA_STATUS_REMOTE_ABORT || entry.status == EFA_STATUS_BAD_DESTINATION_QP);
    raw_recv(&p->to, 3, TARGET, 200);
    raw_expect_nothing(&p->to);
}

static const uint32_t size_0 = 0, size_1 = 1, size_31 = 31, size_32 = 32, size_33 = 33,
                      size_64 = 64, size_4096 = 4096, size_8887 = 8887, size_8888 = 8888,
                      size_8927 = 8927, size_8928 = 8928;

static const struct sim_case cases[] = {
    SIM_CASE_WITH("srd_message_of_0_bytes", srd_message_arrives_whole, &size_0),
    SIM_CASE_WITH("srd_message_of_1_byte", srd_message_arrives_whole, &size_1),
    SIM_CASE_WITH("srd_message_of_31_bytes", srd_message_arrives_whole, &size_31),
    SIM_CASE_WITH("srd_message_of_32_bytes", srd_message_arrives_whole, &size_32),
    SIM_CASE_WITH("srd_message_of_33_bytes", srd_message_arrives_whole, &size_33),
    SIM_CASE_WITH("srd_message_of_4096_bytes", srd_message_arrives_whole, &size_4096),
    SIM_CASE_WITH("srd_message_of_8927_bytes", srd_message_arrives_whole, &size_8927),
    SIM_CASE_WITH("srd_message_of_the_mtu", srd_message_arrives_whole, &size_8928),
    SIM_CASE_WITH("ud_message_of_0_bytes", ud_message_starts_behind_40_bytes, &size_0),
    SIM_CASE_WITH("ud_message_of_1_byte", ud_message_starts_behind_40_bytes, &size_1),
    SIM_CASE_WITH("ud_message_of_64_bytes", ud_message_starts_behind_40_bytes, &size_64),
    SIM_CASE_WITH("ud_message_of_8887_bytes", ud_message_starts_behind_40_bytes, &size_8887),
    SIM_CASE_WITH("ud_message_of_8888_bytes", ud_message_starts_behind_40_bytes, &size_8888),
    SIM_CASE_WITH("ud_message_of_the_mtu", ud_message_starts_behind_40_bytes, &size_8928),
    SIM_CASE_WITH("inline_message_of_0_bytes", inline_message_arrives_whole, &size_0),
    SIM_CASE_WITH("inline_message_of_1_byte", inline_message_arrives_whole, &size_1),
    SIM_CASE_WITH("inline_message_of_31_bytes", inline_message_arrives_whole, &size_31),
    SIM_CASE_WITH("inline_message_of_32_bytes", inline_message_arrives_whole, &size_32),
    SIM_CASE(message_of_no_buffers_is_empty),
    SIM_CASE(two_buffers_are_gathered),
    SIM_CASE(message_is_scattered_over_three_buffers),
    SIM_CASE(short_message_leaves_later_buffers),
    SIM_CASE(scattered_requests_follow_one_another),
    SIM_CASE(receives_are_used_as_posted),
    SIM_CASE_WITH("srd_immediate_data_arrives", immediate_data_arrives, &raw_srd),
    SIM_CASE_WITH("ud_immediate_data_arrives", immediate_data_arrives, &raw_ud),
    SIM_CASE(no_immediate_without_has_imm),
    SIM_CASE_WITH("srd_recv_completion_names_the_sender", recv_completion_names_the_sender,
                  &raw_srd),
    SIM_CASE_WITH("ud_recv_completion_names_the_sender", recv_completion_names_the_sender, &raw_ud),
    SIM_CASE_WITH("srd_sender_without_an_ah_is_0xffff", sender_without_an_ah_is_0xffff, &raw_srd),
    SIM_CASE_WITH("ud_sender_without_an_ah_is_0xffff", sender_without_an_ah_is_0xffff, &raw_ud),
    SIM_CASE(send_completion_has_its_op),
    SIM_CASE_WITH("srd_rings_wrap_many_times", rings_and_queues_wrap_many_times, &raw_srd),
    SIM_CASE_WITH("ud_rings_wrap_many_times", rings_and_queues_wrap_many_times, &raw_ud),
    SIM_CASE(full_ring_by_two_doorbells),
    SIM_CASE(buffer_of_65535_takes_any_message),
    SIM_CASE_WITH("srd_queue_pair_sends_to_itself", queue_pair_sends_to_itself, &raw_srd),
    SIM_CASE_WITH("ud_queue_pair_sends_to_itself", queue_pair_sends_to_itself, &raw_ud),
    SIM_CASE(source_and_target_may_overlap),
    SIM_CASE(srd_waits_for_a_receive),
    SIM_CASE(ud_without_a_receive_is_dropped),
    SIM_CASE(ud_with_a_wrong_qkey_is_dropped),
    SIM_CASE(ud_to_an_unknown_queue_pair_is_dropped),
    SIM_CASE(ud_beyond_the_buffers_is_dropped),
    SIM_CASE(ud_to_an_unknown_peer_is_dropped),
    SIM_CASE(send_and_recv_cq_may_be_one),
    SIM_CASE(completions_go_to_the_sub_cqs_named),
    SIM_CASE(request_id_has_16_bits),
    SIM_CASE(destroying_flushes_to_the_cq),
    SIM_CASE(sender_may_close_with_messages_in_flight),
};

const struct sim_suite sim_delivery_suite = {"delivery", cases, sizeof cases / sizeof cases[0],
                                             SIM_USES};
