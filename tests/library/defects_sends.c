/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Known defects of sends: what reaches the ring, and in how large batches; see defects.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "defects.h"
#include "lib_store_log.h"
#include "os/compiler.h"

#define OPERATIONS (IBV_QP_EX_WITH_SEND | IBV_QP_EX_WITH_SEND_WITH_IMM | IBV_QP_EX_WITH_RDMA_READ)

struct sender {
    struct fake_driver driver;
    struct world *world;
    struct ibv_cq *cq;
    struct ibv_qp *qp;
    struct ibv_qp_ex *ex;
    const struct fake_qp *fake;
};

static struct sender sender;

static void open_sender(uint32_t device_version, uint32_t depth, uint32_t max_sge)
{
    struct ibv_qp_cap cap = {depth, 1, max_sge, 1, 32};
    struct sender *s = &sender;

    memset(s, 0, sizeof *s);
    fake_driver_init(&s->driver, 3, 2);
    s->driver.info.device_version = device_version;
    s->world = fake_world_open(&s->driver);
    s->cq = make_cq(s->world, 256);
    s->qp = ready(make_srd_with(s->world, s->cq, s->cq, &cap, OPERATIONS));
    s->ex = ibv_qp_to_qp_ex(s->qp);
    s->fake = fake_qp_of(&s->driver, s->qp);
}

static void close_sender(void)
{
    assert_int_equal(ibv_destroy_qp(sender.qp), 0);
    assert_int_equal(ibv_destroy_cq(sender.cq), 0);
    fake_world_destroy(&sender.driver, sender.world);
}

static void begin_send(void)
{
    ibv_wr_send(sender.ex);
    ibv_wr_set_ud_addr(sender.ex, sender.world->self, 1, QKEY);
}

/* ---- 32 ---- */

static void post_list_of_40(void)
{
    struct ibv_send_wr wrs[40];

    memset(wrs, 0, sizeof wrs);
    for (unsigned i = 0; i < 40; i++) {
        wrs[i].opcode = IBV_WR_SEND;
        wrs[i].wr.ud.ah = sender.world->self;
        wrs[i].next = i < 39 ? &wrs[i + 1] : NULL;
    }
    assert_int_equal(ibv_post_send(sender.qp, wrs, NULL), 0);
}

static void open_session_of(unsigned count)
{
    ibv_wr_start(sender.ex);
    for (unsigned i = 0; i < count; i++)
        begin_send();
}

static void row_32_no_more_than_the_adapter_can_stage(void **state)
{
    struct efadv_wq_attr sq = {0}, rq = {0};

    (void)state;
    if (!store_log_is_supported())
        skip();
    open_sender(0xefa1, 128, 1);
    store_log_begin(sender.fake);
    post_list_of_40();
    open_session_of(20);
    ibv_wr_abort(sender.ex);
    open_session_of(20);
    ibv_wr_set_ud_addr(sender.ex, NULL, 1, QKEY);
    assert_int_equal(ibv_wr_complete(sender.ex), EINVAL);
    open_session_of(40);
    assert_int_equal(ibv_wr_complete(sender.ex), 0);
    store_log_end();
    assert_int_equal(store_log_batches().descriptors, 80);
    assert_int_equal(store_log_batches().most, 16);
    assert_int_equal(store_log_batches().unrung, 0);
    close_sender();

    open_sender(0xefa1, 64, 1);
    assert_int_equal(efadv_query_qp_wqs(sender.qp, &sq, &rq, sizeof sq), 0);
    assert_int_equal(sq.max_batch, 16);
    close_sender();
}

/* ---- 36 ---- */

static const char inline_text[] = "headbodytailend!";

static void check_inline(uint32_t slot, unsigned pieces)
{
    const struct efa_send_descriptor *descriptor = fake_send(sender.fake, slot);
    uint8_t expected[EFA_SEND_MAX_INLINE] = {0};

    memcpy(expected, inline_text, 4 * (size_t)pieces);
    assert_int_equal(descriptor->ctrl1 & EFA_SEND_INLINE_MSG, EFA_SEND_INLINE_MSG);
    assert_int_equal(descriptor->length, 4 * pieces);
    assert_memory_equal(descriptor->payload.inline_data, expected, sizeof expected);
}

static int post_inline(int pieces, uint32_t length)
{
    struct ibv_sge list[40];
    struct ibv_send_wr wr = {
        .sg_list = list, .num_sge = pieces, .opcode = IBV_WR_SEND, .send_flags = IBV_SEND_INLINE};

    for (unsigned i = 0; i < 40; i++)
        list[i] = (struct ibv_sge){(uintptr_t)inline_text + 4 * (i % 4), length, 0};
    wr.wr.ud.ah = sender.world->self;
    return ibv_post_send(sender.qp, &wr, NULL);
}

static int session_inline(size_t pieces, size_t length)
{
    struct ibv_data_buf list[40];

    for (unsigned i = 0; i < 40; i++)
        list[i] = (struct ibv_data_buf){(void *)(uintptr_t)(inline_text + 4 * (i % 4)), length};
    ibv_wr_start(sender.ex);
    begin_send();
    ibv_wr_set_inline_data_list(sender.ex, pieces, list);
    return ibv_wr_complete(sender.ex);
}

static void row_36_inline_data_is_limited_by_its_bytes(void **state)
{
    (void)state;
    for (uint32_t max_sge = 0; max_sge <= 2; max_sge++) {
        uint32_t slot = 0;

        open_sender(max_sge == 1 ? 0xefa1 : 0xefa0, 32, max_sge);
        for (unsigned pieces = 0; pieces <= 4; pieces++) {
            assert_int_equal(post_inline((int)pieces, 4), 0);
            check_inline(slot++, pieces);
            assert_int_equal(session_inline(pieces, 4), 0);
            check_inline(slot++, pieces);
        }
        assert_int_equal(post_inline(32, 1), 0);
        assert_int_equal(session_inline(32, 1), 0);
        assert_int_equal(post_inline(40, 0), 0);
        assert_int_equal(session_inline(40, 0), 0);
        slot += 4;
        assert_int_equal(post_inline(33, 1), EINVAL);
        assert_int_equal(session_inline(33, 1), EINVAL);
        assert_int_equal(post_inline(9, 4), EINVAL);
        assert_int_equal(session_inline(9, 4), EINVAL);
        assert_int_equal(post_inline(-1, 4), EINVAL);
        assert_int_equal(post_inline(INT32_MIN, 4), EINVAL);
        assert_int_equal(fake_sends_rung(sender.fake), slot);
        close_sender();
    }
}

/* ---- 47 ---- */

static struct ibv_qp *qp_without_sig_all(void)
{
    struct ibv_qp_init_attr_ex attr = {
        .send_cq = sender.cq,
        .recv_cq = sender.cq,
        .cap = {16, 1, 1, 1, 32},
        .qp_type = IBV_QPT_UD,
        .comp_mask = IBV_QP_INIT_ATTR_PD | IBV_QP_INIT_ATTR_SEND_OPS_FLAGS,
        .pd = sender.world->pd,
        .send_ops_flags = IBV_QP_EX_WITH_SEND,
    };

    sender.driver.next_qp_num++;
    return ready(ibv_create_qp_ex(sender.world->context, &attr));
}

static int session_with_flags(struct ibv_qp_ex *ex, unsigned flags, bool is_inline)
{
    ibv_wr_start(ex);
    for (unsigned i = 0; i < 2; i++) {
        ex->wr_flags = flags;
        ibv_wr_send(ex);
        if (is_inline)
            ibv_wr_set_inline_data(ex, (void *)(uintptr_t)inline_text, 4);
        else
            ibv_wr_set_sge(ex, 0x77, 0x1000, 64);
        ibv_wr_set_ud_addr(ex, sender.world->self, 1, QKEY);
    }
    return ibv_wr_complete(ex);
}

static void row_47_the_setter_decides_what_is_inline(void **state)
{
    static const uint32_t versions[] = {0xefa0, 0xefa1};

    (void)state;
    for (size_t i = 0; i < EFA_ARRAY_SIZE(versions); i++) {
        struct ibv_qp *plain;
        struct ibv_qp_ex *ex;
        const struct fake_qp *fake;
        uint32_t slot = 0;

        open_sender(versions[i], 16, 1);
        plain = qp_without_sig_all();
        ex = ibv_qp_to_qp_ex(plain);
        fake = fake_qp_of(&sender.driver, plain);
        for (int is_inline = 0; is_inline < 2; is_inline++) {
            assert_int_equal(session_with_flags(ex, IBV_SEND_SIGNALED | IBV_SEND_INLINE, is_inline),
                             0);
            assert_int_equal(session_with_flags(ex, IBV_SEND_SIGNALED, is_inline), 0);
            assert_int_equal(session_with_flags(ex, IBV_SEND_INLINE, is_inline), EINVAL);
            assert_int_equal(session_with_flags(sender.ex, IBV_SEND_INLINE, is_inline), 0);
            for (unsigned n = 0; n < 4; n++, slot++) {
                assert_int_equal(fake_send(fake, slot)->ctrl1 & EFA_SEND_INLINE_MSG,
                                 is_inline ? EFA_SEND_INLINE_MSG : 0);
                assert_int_equal(fake_send(fake, slot)->length, is_inline ? 4 : 1);
            }
        }
        assert_int_equal(fake_sends_rung(fake), slot);
        assert_int_equal(fake_sends_rung(sender.fake), 4);
        assert_int_equal(ibv_destroy_qp(plain), 0);
        close_sender();
    }
}

/* ---- 51 ---- */

/* A request with data: inline, of two buffers, of one, or an RDMA read. */
static void request_with_data(unsigned kind)
{
    struct ibv_sge list[2] = {{0x1111111111111111, 0x22222222, 0x333333},
                              {0x4444444444444444, 0x55555555, 0x666666}};
    unsigned char data[32];

    memset(data, 0xdd, sizeof data);
    if (kind == 3)
        ibv_wr_rdma_read(sender.ex, 0x777777, 0x8888888888888888);
    else
        ibv_wr_send(sender.ex);
    if (kind == 0)
        ibv_wr_set_inline_data(sender.ex, data, sizeof data);
    else if (kind == 1)
        ibv_wr_set_sge_list(sender.ex, 2, list);
    else
        ibv_wr_set_sge(sender.ex, list[0].lkey, list[0].addr, list[0].length);
    ibv_wr_set_ud_addr(sender.ex, sender.world->self, 1, QKEY);
}

/* An empty request: no setter, or setters of which the last has no buffers. */
static void request_without_data(unsigned kind)
{
    struct ibv_sge sge = {0x9999999999999999, 0xaaaaaaaa, 0xbbbbbb};

    ibv_wr_send(sender.ex);
    if (kind == 1)
        ibv_wr_set_sge(sender.ex, sge.lkey, sge.addr, sge.length);
    if (kind != 0)
        ibv_wr_set_sge_list(sender.ex, 0, kind == 2 ? NULL : &sge);
    ibv_wr_set_ud_addr(sender.ex, sender.world->self, 1, QKEY);
}

static void row_51_nothing_is_left_of_an_earlier_request(void **state)
{
    static const struct efa_send_descriptor empty;

    (void)state;
    for (unsigned turn = 0; turn < 4 * 3 * 2 * 2; turn++) {
        bool is_limited = turn & 1, is_last = turn & 2;
        unsigned slots = is_last ? 2 : 3;

        open_sender(is_limited ? 0xefa1 : 0xefa0, 16, 2);
        ibv_wr_start(sender.ex);
        request_with_data(turn / 4 % 4);
        request_without_data(turn / 16);
        if (!is_last)
            request_with_data(0);
        assert_int_equal(ibv_wr_complete(sender.ex), 0);
        assert_int_equal(fake_sends_rung(sender.fake), slots);
        assert_int_equal(fake_send(sender.fake, 1)->length, 0);
        assert_memory_equal(&fake_send(sender.fake, 1)->payload, &empty.payload,
                            sizeof empty.payload);
        /* And of an earlier session. */
        ibv_wr_start(sender.ex);
        request_without_data(0);
        assert_int_equal(ibv_wr_complete(sender.ex), 0);
        assert_memory_equal(&fake_send(sender.fake, slots)->payload, &empty.payload,
                            sizeof empty.payload);
        close_sender();
    }
}

int defects_sends(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(row_32_no_more_than_the_adapter_can_stage),
        cmocka_unit_test(row_36_inline_data_is_limited_by_its_bytes),
        cmocka_unit_test(row_47_the_setter_decides_what_is_inline),
        cmocka_unit_test(row_51_nothing_is_left_of_an_earlier_request),
    };

    return cmocka_run_group_tests_name("known defects, sends", tests, NULL, NULL);
}
