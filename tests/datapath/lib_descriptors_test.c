/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * What the library writes for the device, byte by byte: send and receive descriptors over several
 * passes of their rings, and the requests that carry sizes and types.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib_fake_driver.h"
#include "os/compiler.h"

#define DEPTH 4u

struct fixture {
    struct fake_driver driver;
    struct world *world;
    struct ibv_cq *cq;
    struct ibv_qp *qp;
    struct ibv_qp_ex *ex;
    const struct fake_qp *fake;
    uint32_t sent, received; /* requests so far */
};

static int set_up(void **state)
{
    static struct fixture f;
    struct ibv_qp_cap cap = {DEPTH, DEPTH, 2, 3, 32};

    memset(&f, 0, sizeof f);
    f.world = fake_world_create(&f.driver, 3, 2);
    f.cq = make_cq(f.world, 16);
    f.qp = ready(make_srd_with(f.world, f.cq, f.cq, &cap,
                               IBV_QP_EX_WITH_SEND | IBV_QP_EX_WITH_SEND_WITH_IMM |
                                   IBV_QP_EX_WITH_RDMA_READ));
    f.ex = ibv_qp_to_qp_ex(f.qp);
    f.fake = fake_qp_of(&f.driver, f.qp);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(ibv_destroy_qp(f->qp), 0);
    assert_int_equal(ibv_destroy_cq(f->cq), 0);
    fake_world_destroy(&f->driver, f->world);
    return 0;
}

/* The newest descriptor; checks what all have in common, and completes it. */
static const uint8_t *newest(struct fixture *f)
{
    static uint8_t bytes[64];
    uint32_t slot = f->sent % DEPTH, phase = f->sent / DEPTH & 1;
    const struct efa_send_descriptor *descriptor = fake_send(f->fake, slot);
    struct ibv_wc wc;

    f->sent++;
    assert_int_equal(fake_sends_rung(f->fake), f->sent & 0xffff);
    memcpy(bytes, descriptor, sizeof bytes);
    assert_int_equal(bytes[2] & 0x40, 0);
    assert_int_equal(bytes[2] & 0x80, 0x80);                /* meta_desc */
    assert_int_equal(bytes[3], phase | 0x04 | 0x08 | 0x10); /* first, last, comp_req */
    assert_int_equal(bytes[14] | bytes[15], 0);
    for (unsigned i = 20; i < 32; i++)
        assert_int_equal(bytes[i], 0);
    fake_complete(&f->driver, f->cq, 0, fake_sent(f->qp, descriptor->request_id));
    assert_int_equal(ibv_poll_cq(f->cq, 1, &wc), 1);
    return bytes;
}

static uint32_t u16(const uint8_t *bytes, unsigned offset)
{
    return bytes[offset] | (uint32_t)bytes[offset + 1] << 8;
}

static uint32_t u32(const uint8_t *bytes, unsigned offset)
{
    return u16(bytes, offset) | u16(bytes, offset + 2) << 16;
}

struct send_case {
    enum ibv_wr_opcode opcode;
    unsigned count; /* buffers, or inline pieces */
    bool inlined;
};

static const struct send_case send_cases[] = {
    {IBV_WR_SEND, 0, false},          {IBV_WR_SEND, 1, false},
    {IBV_WR_SEND, 2, false},          {IBV_WR_SEND, 0, true},
    {IBV_WR_SEND, 1, true},           {IBV_WR_SEND, 2, true},
    {IBV_WR_SEND_WITH_IMM, 1, false}, {IBV_WR_SEND_WITH_IMM, 2, true},
    {IBV_WR_SEND_WITH_IMM, 0, true},
};

static const unsigned char inline_bytes[32] = "0123456789abcdefghijklmnopqrstu";

static void check_send(const uint8_t *bytes, const struct send_case *row)
{
    bool imm = row->opcode == IBV_WR_SEND_WITH_IMM;

    assert_int_equal(bytes[2] & 0x3f, (imm ? 0x10 : 0) | (row->inlined ? 0x20 : 0));
    assert_int_equal(u16(bytes, 4), 0x1234);
    assert_int_equal(u16(bytes, 6), row->inlined ? row->count * 16 : row->count);
    /* Given in network order, carried in host order. */
    assert_int_equal(u32(bytes, 8), imm ? 0x04030201 : 0);
    assert_int_equal(u16(bytes, 12), 9);
    assert_int_equal(u32(bytes, 16), 0xdeadbeef);
    if (row->inlined) {
        assert_memory_equal(bytes + 32, inline_bytes, row->count * 16);
        return;
    }
    for (unsigned i = 0; i < row->count; i++) {
        const uint8_t *buffer = bytes + 32 + 16 * i;

        assert_int_equal(u32(buffer, 0), 100 + i);
        assert_int_equal(u32(buffer, 4), 0xabcdef); /* 24 bits, the rest 0 */
        assert_int_equal(u32(buffer, 8), 0x55667788);
        assert_int_equal(u32(buffer, 12), 0x11223344);
    }
}

static void fill_list(struct ibv_sge *list, bool inlined)
{
    for (unsigned i = 0; i < 2; i++) {
        list[i].addr = inlined ? (uintptr_t)inline_bytes + 16 * i : 0x1122334455667788;
        list[i].length = inlined ? 16 : 100 + i;
        list[i].lkey = 0xffabcdef;
    }
}

static void sends_of_post_send(void **state)
{
    struct fixture *f = *state;

    for (unsigned i = 0; i < 3 * EFA_ARRAY_SIZE(send_cases); i++) {
        const struct send_case *row = &send_cases[i % EFA_ARRAY_SIZE(send_cases)];
        struct ibv_sge list[2];
        struct ibv_send_wr wr = {
            .wr_id = i,
            .sg_list = list,
            .num_sge = (int)row->count,
            .opcode = row->opcode,
            .send_flags = IBV_SEND_SIGNALED | (row->inlined ? IBV_SEND_INLINE : 0),
            .imm_data = 0x01020304,
            .wr.ud = {f->world->self, 0x1234, 0xdeadbeef},
        };

        fill_list(list, row->inlined);
        assert_int_equal(ibv_post_send(f->qp, &wr, NULL), 0);
        check_send(newest(f), row);
    }
}

static void sends_of_sessions(void **state)
{
    struct fixture *f = *state;

    for (unsigned i = 0; i < 6 * EFA_ARRAY_SIZE(send_cases); i++) {
        const struct send_case *row = &send_cases[i % EFA_ARRAY_SIZE(send_cases)];
        bool address_first = i / EFA_ARRAY_SIZE(send_cases) & 1;
        struct ibv_sge list[2];
        struct ibv_data_buf data[2] = {{(void *)(uintptr_t)inline_bytes, 16},
                                       {(void *)(uintptr_t)(inline_bytes + 16), 16}};

        fill_list(list, false);
        ibv_wr_start(f->ex);
        f->ex->wr_id = i;
        if (row->opcode == IBV_WR_SEND)
            ibv_wr_send(f->ex);
        else
            ibv_wr_send_imm(f->ex, 0x01020304);
        if (address_first)
            ibv_wr_set_ud_addr(f->ex, f->world->self, 0x1234, 0xdeadbeef);
        if (row->inlined && row->count == 1)
            ibv_wr_set_inline_data(f->ex, data[0].addr, data[0].length);
        else if (row->inlined)
            ibv_wr_set_inline_data_list(f->ex, row->count, data);
        else if (row->count == 1)
            ibv_wr_set_sge(f->ex, list[0].lkey, list[0].addr, list[0].length);
        else
            ibv_wr_set_sge_list(f->ex, row->count, list);
        if (!address_first)
            ibv_wr_set_ud_addr(f->ex, f->world->self, 0x1234, 0xdeadbeef);
        assert_int_equal(ibv_wr_complete(f->ex), 0);
        check_send(newest(f), row);
    }
}

/* Every length of two pieces, which lie in memory of exactly their size. */
static void inline_data_of_every_length(void **state)
{
    struct fixture *f = *state;

    for (unsigned first = 0; first <= 32; first++) {
        for (unsigned second = 0; first + second <= 32; second++) {
            unsigned char *pieces[2] = {malloc(first), malloc(second)}, expected[32];
            struct ibv_sge list[2] = {{(uintptr_t)pieces[0], first, 0},
                                      {(uintptr_t)pieces[1], second, 0}};
            struct ibv_data_buf data[2] = {{pieces[0], first}, {pieces[1], second}};
            struct ibv_send_wr wr = {.sg_list = list,
                                     .num_sge = second ? 2 : 1,
                                     .opcode = IBV_WR_SEND,
                                     .send_flags = IBV_SEND_INLINE,
                                     .wr.ud = {f->world->self, 0x1234, 0xdeadbeef}};
            const uint8_t *bytes;

            for (unsigned i = 0; i < first + second; i++) {
                expected[i] = (unsigned char)(first * 7 + second * 3 + i + 1);
                pieces[i >= first][i >= first ? i - first : i] = expected[i];
            }
            assert_int_equal(ibv_post_send(f->qp, &wr, NULL), 0);
            bytes = newest(f);
            assert_int_equal(u16(bytes, 6), first + second);
            assert_memory_equal(bytes + 32, expected, first + second);

            ibv_wr_start(f->ex);
            ibv_wr_send(f->ex);
            if (second)
                ibv_wr_set_inline_data_list(f->ex, 2, data);
            else
                ibv_wr_set_inline_data(f->ex, pieces[0], first);
            ibv_wr_set_ud_addr(f->ex, f->world->self, 0x1234, 0xdeadbeef);
            assert_int_equal(ibv_wr_complete(f->ex), 0);
            bytes = newest(f);
            assert_int_equal(u16(bytes, 6), first + second);
            assert_memory_equal(bytes + 32, expected, first + second);
            free(pieces[0]);
            free(pieces[1]);
        }
    }
}

/* Whatever its bits mean elsewhere: some are signaling NaNs, some denormal. */
static void every_queue_key_is_written_as_it_is(void **state)
{
    static const uint32_t keys[] = {0,           1,           0x00400000u, 0x7f800001u,
                                    0x7fa5a5a5u, 0xff800001u, 0xffbfffffu, 0xffffffffu};
    struct fixture *f = *state;

    for (unsigned i = 0; i < EFA_ARRAY_SIZE(keys); i++) {
        struct ibv_send_wr wr = {
            .opcode = IBV_WR_SEND,
            .send_flags = IBV_SEND_SIGNALED,
            .wr.ud = {f->world->self, 0x1234, keys[i]},
        };

        assert_int_equal(ibv_post_send(f->qp, &wr, NULL), 0);
        assert_int_equal(u32(newest(f), 16), keys[i]);
        ibv_wr_start(f->ex);
        ibv_wr_send(f->ex);
        ibv_wr_set_ud_addr(f->ex, f->world->self, 0x1234, keys[i]);
        assert_int_equal(ibv_wr_complete(f->ex), 0);
        assert_int_equal(u32(newest(f), 16), keys[i]);
    }
}

/* The last setter of each kind counts, also from one kind to the other. */
static void setters_replace_one_another(void **state)
{
    struct fixture *f = *state;
    struct ibv_sge list[2];

    fill_list(list, false);
    ibv_wr_start(f->ex);
    ibv_wr_send(f->ex);
    ibv_wr_set_inline_data(f->ex, (void *)(uintptr_t)inline_bytes, 32);
    ibv_wr_set_ud_addr(f->ex, f->world->self, 0xffff, 1);
    ibv_wr_set_sge_list(f->ex, 2, list);
    ibv_wr_set_sge(f->ex, list[0].lkey, list[0].addr, list[0].length);
    ibv_wr_set_ud_addr(f->ex, f->world->self, 0x1234, 0xdeadbeef);
    assert_int_equal(ibv_wr_complete(f->ex), 0);
    check_send(newest(f), &send_cases[1]);

    ibv_wr_start(f->ex);
    ibv_wr_send(f->ex);
    ibv_wr_set_sge_list(f->ex, 2, list);
    ibv_wr_set_inline_data(f->ex, (void *)(uintptr_t)inline_bytes, 16);
    ibv_wr_set_ud_addr(f->ex, f->world->self, 0x1234, 0xdeadbeef);
    assert_int_equal(ibv_wr_complete(f->ex), 0);
    check_send(newest(f), &send_cases[4]);

    ibv_wr_start(f->ex);
    ibv_wr_send_imm(f->ex, efa_swap_bytes_u32(0x12345678));
    ibv_wr_set_ud_addr(f->ex, f->world->self, 0xffff, 1);
    ibv_wr_set_ud_addr(f->ex, f->world->self, 0x1234, 0xdeadbeef);
    assert_int_equal(ibv_wr_complete(f->ex), 0);
    assert_int_equal(u32(newest(f), 8), 0x12345678);
}

static void rdma_reads(void **state)
{
    struct fixture *f = *state;

    for (unsigned i = 0; i < 6; i++) {
        const uint8_t *bytes;

        ibv_wr_start(f->ex);
        ibv_wr_rdma_read(f->ex, 0x87654321, 0x1020304050607080);
        if (i & 1) { /* what is called again replaces it */
            ibv_wr_set_ud_addr(f->ex, f->world->self, 0xffff, 1);
            ibv_wr_set_sge(f->ex, 0xffffffff, UINT64_MAX, UINT32_MAX);
        }
        ibv_wr_set_ud_addr(f->ex, f->world->self, 0x1234, 0xdeadbeef);
        ibv_wr_set_sge(f->ex, 0xffabcdef, 0x1122334455667788, 1u << 30);
        assert_int_equal(ibv_wr_complete(f->ex), 0);
        bytes = newest(f);
        assert_int_equal(bytes[2] & 0x3f, 1);
        assert_int_equal(u16(bytes, 4), 0x1234);
        assert_int_equal(u16(bytes, 6), 1);
        assert_int_equal(u32(bytes, 32), 1u << 30);
        assert_int_equal(u32(bytes, 36), 0x87654321);
        assert_int_equal(u32(bytes, 40), 0x50607080);
        assert_int_equal(u32(bytes, 44), 0x10203040);
        assert_int_equal(u32(bytes, 48), 1u << 30);
        assert_int_equal(u32(bytes, 52), 0xabcdef);
        assert_int_equal(u32(bytes, 56), 0x55667788);
        assert_int_equal(u32(bytes, 60), 0x11223344);
    }
}

/* Requests of all kinds in one session, each started while the previous one is still current. */
static void a_session_of_several(void **state)
{
    struct fixture *f = *state;
    static const uint8_t operations[DEPTH] = {0x81, 0x80, 0x81, 0x90}; /* ctrl1 */

    for (unsigned turn = 0; turn < 3; turn++) {
        uint16_t ids[DEPTH];

        ibv_wr_start(f->ex);
        for (unsigned i = 0; i < DEPTH; i++) {
            f->ex->wr_id = 100 * turn + i;
            if (operations[i] == 0x81)
                ibv_wr_rdma_read(f->ex, i, 0x1000 + i);
            else if (operations[i] == 0x90)
                ibv_wr_send_imm(f->ex, i << 24);
            else
                ibv_wr_send(f->ex);
            ibv_wr_set_sge(f->ex, i, 0x2000 + i, 10 + i);
            ibv_wr_set_ud_addr(f->ex, f->world->self, 50 + i, 60 + i);
        }
        assert_int_equal(ibv_wr_complete(f->ex), 0);
        assert_int_equal(fake_sends_rung(f->fake), (turn + 1) * DEPTH);
        for (unsigned i = 0; i < DEPTH; i++) {
            const uint8_t *bytes = (const uint8_t *)fake_send(f->fake, i);
            const uint8_t *buffer = bytes + (operations[i] == 0x81 ? 48 : 32);

            ids[i] = (uint16_t)u16(bytes, 0);
            assert_int_equal(bytes[2], operations[i]);
            assert_int_equal(bytes[3], 0x1c | (turn & 1));
            assert_int_equal(u16(bytes, 4), 50 + i);
            assert_int_equal(u16(bytes, 6), 1);
            assert_int_equal(u32(bytes, 8), operations[i] == 0x90 ? i : 0);
            assert_int_equal(u32(bytes, 16), 60 + i);
            assert_int_equal(u32(buffer, 0), 10 + i);
            assert_int_equal(u32(buffer, 8), 0x2000 + i);
        }
        for (unsigned i = 0; i < DEPTH; i++) {
            struct ibv_wc wc;

            fake_complete(&f->driver, f->cq, 0, fake_sent(f->qp, ids[DEPTH - 1 - i]));
            assert_int_equal(ibv_poll_cq(f->cq, 1, &wc), 1);
            assert_int_equal(wc.wr_id, 100 * turn + DEPTH - 1 - i);
        }
    }
}

/* An aborted or failed session leaves the phase and the place of the next as they were. */
static void sessions_that_leave_no_trace(void **state)
{
    struct fixture *f = *state;

    for (unsigned i = 0; i < 9; i++) {
        uint32_t rung = fake_sends_rung(f->fake);

        ibv_wr_start(f->ex);
        for (unsigned n = 0; n < 1 + i % DEPTH; n++) {
            ibv_wr_send(f->ex);
            ibv_wr_set_ud_addr(f->ex, f->world->self, 0xffff, 1);
        }
        if (i & 1) {
            ibv_wr_abort(f->ex);
        } else {
            ibv_wr_set_ud_addr(f->ex, NULL, 0, 0);
            assert_int_equal(ibv_wr_complete(f->ex), EINVAL);
        }
        assert_int_equal(fake_sends_rung(f->fake), rung);
        ibv_wr_start(f->ex);
        ibv_wr_send(f->ex);
        ibv_wr_set_ud_addr(f->ex, f->world->self, 0x1234, 0xdeadbeef);
        assert_int_equal(ibv_wr_complete(f->ex), 0);
        check_send(newest(f), &send_cases[0]);
    }
}

static void receives(void **state)
{
    struct fixture *f = *state;
    uint32_t slot = 0, ring = 16; /* 4 requests of up to 3 buffers */

    for (unsigned i = 0; i < 40; i++) {
        unsigned count = 1 + i % 3;
        struct ibv_sge list[3];
        uint16_t id = 0;
        struct ibv_wc wc;

        for (unsigned n = 0; n < count; n++)
            list[n] = (struct ibv_sge){0x1122334455667788 + n, 1000 + n, 0xff0000 + n};
        assert_int_equal(post_recv_one(f->qp, i, list, (int)count), 0);
        for (unsigned n = 0; n < count; n++, slot++) {
            const uint8_t *bytes = (const uint8_t *)fake_recv(f->fake, slot % ring);
            uint32_t framing = (n == 0 ? 1u << 30 : 0) | (n == count - 1 ? 1u << 31 : 0);

            assert_int_equal(u32(bytes, 0), 0x55667788 + n);
            assert_int_equal(u32(bytes, 4), 0x11223344);
            assert_int_equal(u16(bytes, 10), 1000 + n);
            assert_int_equal(u32(bytes, 12), (0xff0000 + n) | framing);
            if (n == 0)
                id = (uint16_t)u16(bytes, 8);
        }
        assert_int_equal(fake_recvs_rung(f->fake), slot & 0xffff);
        fake_complete(&f->driver, f->cq, 1, fake_received(f->qp, id));
        assert_int_equal(ibv_poll_cq(f->cq, 1, &wc), 1);
        assert_int_equal(wc.wr_id, i);
    }
}

static void sizes_and_types_of_the_request(void **state)
{
    struct fixture *f = *state;
    struct ibv_qp_cap cap = {5, 5, 2, 3, 0};
    struct ibv_qp *srd, *ud;
    const struct fake_qp *fake;

    f->driver.next_qp_num = 6;
    srd = make_srd_with(f->world, f->cq, f->cq, &cap, 0);
    fake = fake_qp_of(&f->driver, srd);
    assert_int_equal(fake->params.sq_depth, 8);
    assert_int_equal(fake->params.sq_ring_size, 8 * 64);
    assert_int_equal(fake->params.rq_depth, 5);
    assert_int_equal(fake->params.rq_ring_size, 16 * 16);
    assert_int_equal(fake->params.qp_type, 0);
    assert_int_equal(fake->params.pdn, 3);
    f->driver.next_qp_num = 7;
    ud = make_ud(f->world, f->cq);
    assert_int_equal(fake_qp_of(&f->driver, ud)->params.qp_type, 1);
    assert_int_equal(ibv_destroy_qp(srd), 0);
    assert_int_equal(ibv_destroy_qp(ud), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(sends_of_post_send),
        TEST(sends_of_sessions),
        TEST(inline_data_of_every_length),
        TEST(every_queue_key_is_written_as_it_is),
        TEST(setters_replace_one_another),
        TEST(rdma_reads),
        TEST(a_session_of_several),
        TEST(sessions_that_leave_no_trace),
        TEST(receives),
        TEST(sizes_and_types_of_the_request),
    };

    return cmocka_run_group_tests_name("descriptors", tests, NULL, NULL);
}
