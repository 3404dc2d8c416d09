/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The batch limit: how many send descriptors are stored between two doorbells, by lists and by
 * sessions, completed, aborted and failed, for adapters with and without a limit.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib_store_log.h"
#include "os/compiler.h"

#define VARIABLE "EFAWIN_MAX_BATCH"
#define NO_LIMIT 0u
#define DEEPEST 16u

struct rig {
    struct fake_driver driver;
    struct world *world;
    struct ibv_td *td; /* NULL: with locks */
    struct ibv_pd *parent;
    struct ibv_cq *cq;
    struct ibv_qp *qp;
    struct ibv_qp_ex *ex;
    const struct fake_qp *fake;
    uint32_t depth, max_batch;
    bool is_limited;
    uint32_t ring_depth;
    uint32_t completed; /* descriptors, since RESET */
    uint64_t next_wr_id;
};

static struct rig rig_in_use;

static void make_qp(struct rig *rig)
{
    struct ibv_qp_cap cap = {rig->depth, 1, 2, 1, 32};
    struct ibv_pd *pd = rig->td ? rig->parent : rig->world->pd;

    rig->qp = ready(
        make_srd_in(pd, rig->cq, rig->cq, &cap,
                    IBV_QP_EX_WITH_SEND | IBV_QP_EX_WITH_SEND_WITH_IMM | IBV_QP_EX_WITH_RDMA_READ));
    rig->ex = ibv_qp_to_qp_ex(rig->qp);
    rig->fake = fake_qp_of(&rig->driver, rig->qp);
    rig->ring_depth = rig->fake->params.sq_ring_size / EFA_SEND_DESCRIPTOR_SIZE;
}

/* `limit`: what the environment says, NO_LIMIT too. `depth` is a power of two. */
static struct rig *open_rig(uint32_t limit, uint32_t depth, bool exclusive)
{
    struct rig *rig = &rig_in_use;
    char text[16];

    memset(rig, 0, sizeof *rig);
    snprintf(text, sizeof text, "%u", limit);
    assert_int_equal(setenv(VARIABLE, text, 1), 0);
    rig->world = fake_world_create(&rig->driver, 3, 2);
    assert_int_equal(unsetenv(VARIABLE), 0);
    rig->depth = depth;
    rig->cq = make_cq(rig->world, 256);
    if (exclusive)
        rig->parent = make_parent(rig->world, &rig->td);
    make_qp(rig);
    rig->max_batch = rig->ring_depth - 1;
    rig->is_limited = limit != NO_LIMIT;
    if (rig->is_limited && limit < rig->max_batch)
        rig->max_batch = limit;
    return rig;
}

static void close_rig(struct rig *rig)
{
    assert_int_equal(ibv_destroy_qp(rig->qp), 0);
    assert_int_equal(ibv_destroy_cq(rig->cq), 0);
    if (rig->td)
        destroy_parent(rig->parent, rig->td);
    fake_world_destroy(&rig->driver, rig->world);
}

static uint16_t outstanding_of(const struct rig *rig)
{
    uint16_t rung;

    store_log_pause();
    rung = (uint16_t)fake_sends_rung(rig->fake);
    store_log_resume();
    return (uint16_t)(rung - rig->completed);
}

/* All that is rung; each completion is of the request that was posted in its turn. */
static void complete_all(struct rig *rig)
{
    uint16_t outstanding = outstanding_of(rig);
    uint64_t first = rig->next_wr_id - outstanding;
    struct ibv_wc wc;

    assert_true(outstanding <= rig->depth);
    store_log_pause();
    for (uint16_t i = 0; i < outstanding; i++) {
        const struct efa_send_descriptor *descriptor =
            fake_send(rig->fake, rig->completed % rig->ring_depth);

        assert_int_equal(descriptor->ctrl2 & EFA_SEND_PHASE, rig->completed / rig->ring_depth & 1);
        rig->completed++;
        fake_complete(&rig->driver, rig->cq, 0, fake_sent(rig->qp, descriptor->request_id));
        assert_int_equal(ibv_poll_cq(rig->cq, 1, &wc), 1);
        assert_int_equal(wc.wr_id, first + i);
    }
    assert_int_equal(ibv_poll_cq(rig->cq, 1, &wc), 0);
    store_log_resume();
}

/* ---- Posting ---- */

enum pieces { BUFFERS, INLINE, ONE_INLINE, BY_TURNS, KINDS };

static unsigned char payload[64];

static int post_list(struct rig *rig, unsigned count, enum pieces kind)
{
    static struct ibv_send_wr wrs[DEEPEST + 2];
    static struct ibv_sge list[2];
    int error;

    for (unsigned i = 0; i < 2; i++)
        list[i] = (struct ibv_sge){(uintptr_t)payload + i, 8 + i, 0x77};
    for (unsigned i = 0; i < count; i++) {
        bool is_inline = kind == INLINE || kind == ONE_INLINE || (kind == BY_TURNS && (i & 1));

        wrs[i] = (struct ibv_send_wr){
            .wr_id = rig->next_wr_id + i,
            .next = i + 1 < count ? &wrs[i + 1] : NULL,
            .sg_list = list,
            .num_sge = kind == ONE_INLINE ? 1 : (int)(i % 3),
            .opcode = i & 2 ? IBV_WR_SEND_WITH_IMM : IBV_WR_SEND,
            .send_flags = is_inline ? IBV_SEND_INLINE : 0,
            .imm_data = i,
        };
        wrs[i].wr.ud.ah = rig->world->self;
        wrs[i].wr.ud.remote_qpn = i;
        wrs[i].wr.ud.remote_qkey = QKEY;
    }
    error = ibv_post_send(rig->qp, count ? wrs : NULL, NULL);
    if (!error)
        rig->next_wr_id += count;
    return error;
}

/* One request of a session, of a kind that its number says. */
static void add_request(struct rig *rig, unsigned i)
{
    struct ibv_sge list[2] = {{(uintptr_t)payload, 16, 0x77}, {(uintptr_t)payload + 3, 9, 0x78}};
    struct ibv_data_buf data[2] = {{payload, 5}, {payload + 7, 4}};

    rig->ex->wr_id = rig->next_wr_id + i;
    rig->ex->wr_flags = 0;
    switch (i % 6) {
    case 0:
        ibv_wr_send(rig->ex);
        ibv_wr_set_sge(rig->ex, 0x77, (uintptr_t)payload, 10 + i);
        break;
    case 1:
        ibv_wr_send_imm(rig->ex, i);
        ibv_wr_set_sge_list(rig->ex, 2, list);
        break;
    case 2:
        ibv_wr_send(rig->ex);
        ibv_wr_set_inline_data(rig->ex, payload, i % 33);
        break;
    case 3:
        ibv_wr_send(rig->ex);
        ibv_wr_set_inline_data_list(rig->ex, 2, data);
        break;
    case 4:
        ibv_wr_rdma_read(rig->ex, 0x55, 0x123456789abcull + i);
        ibv_wr_set_sge(rig->ex, 0x77, (uintptr_t)payload, i);
        break;
    default:
        ibv_wr_send(rig->ex); /* without data */
        break;
    }
    ibv_wr_set_ud_addr(rig->ex, rig->world->self, i, QKEY);
}

/* Requests from `first` on, so that any kind may be the last. */
static void add_requests(struct rig *rig, unsigned count, unsigned first)
{
    for (unsigned i = 0; i < count; i++)
        add_request(rig, first + i);
}

static int post_session(struct rig *rig, unsigned count, unsigned first)
{
    int error;

    rig->next_wr_id -= first;
    ibv_wr_start(rig->ex);
    add_requests(rig, count, first);
    error = ibv_wr_complete(rig->ex);
    rig->next_wr_id += first;
    if (!error)
        rig->next_wr_id += count;
    return error;
}

/* ---- What is looked for ---- */

static unsigned batches_of(const struct rig *rig, unsigned count)
{
    return (count + rig->max_batch - 1) / rig->max_batch;
}

/* The log has no batch that is too large, all is rung, and no doorbell announces too much. */
static void check_rung(const struct rig *rig)
{
    struct store_log_batches batches = store_log_batches();
    uint16_t rung = (uint16_t)rig->completed;

    assert_true(batches.most <= rig->max_batch);
    assert_int_equal(batches.unrung, 0);
    for (unsigned i = 0; i < store_log_count(); i++) {
        struct store_log_entry entry = store_log_at(i);

        if (!entry.is_doorbell)
            continue;
        assert_in_range((uint16_t)(entry.value - rung), 1, rig->max_batch);
        rung = (uint16_t)entry.value;
    }
}

/* And it has these descriptors and no others, each in its slot, in as few batches as may be. */
static void check_batches(const struct rig *rig, unsigned count)
{
    struct store_log_batches batches = store_log_batches();
    uint32_t stored = rig->completed;

    check_rung(rig);
    assert_int_equal(batches.descriptors, count);
    assert_int_equal(batches.doorbells, batches_of(rig, count));
    for (unsigned i = 0; i < store_log_count(); i++)
        if (!store_log_at(i).is_doorbell)
            assert_int_equal(store_log_at(i).value, stored++ % rig->ring_depth);
}

/* Each store costs some microseconds here: the depths are small. */
static const uint32_t limits[] = {1, 3, 7, 16, NO_LIMIT};
static const uint32_t depths[] = {1, 2, 16};

typedef void rig_test(struct rig *rig);

static void with_each_rig(rig_test *test)
{
    for (size_t l = 0; l < EFA_ARRAY_SIZE(limits); l++) {
        for (size_t d = 0; d < EFA_ARRAY_SIZE(depths); d++) {
            test(open_rig(limits[l], depths[d], false));
            close_rig(&rig_in_use);
        }
    }
    /* Without locks the stores are the same: some will do. */
    test(open_rig(3, DEEPEST, true));
    close_rig(&rig_in_use);
    test(open_rig(NO_LIMIT, DEEPEST, true));
    close_rig(&rig_in_use);
}

static void post_lists(struct rig *rig)
{
    for (unsigned kind = 0; kind < KINDS; kind++) {
        for (unsigned count = 1; count <= rig->depth; count++) {
            store_log_begin(rig->fake);
            assert_int_equal(post_list(rig, count, kind), 0);
            store_log_end();
            check_batches(rig, count);
            complete_all(rig);
        }
    }
    /* One too many: all before it are posted and rung. */
    store_log_begin(rig->fake);
    assert_int_equal(post_list(rig, rig->depth + 1, BUFFERS), ENOMEM);
    store_log_end();
    check_batches(rig, rig->depth);
    rig->next_wr_id += rig->depth;
    complete_all(rig);
}

static void lists(void **state)
{
    (void)state;
    with_each_rig(post_lists);
}

static void post_sessions(struct rig *rig)
{
    for (unsigned count = 0; count <= rig->depth; count++) {
        for (unsigned first = 0; first < 6; first += count < 4 ? 1 : 4) {
            store_log_begin(rig->fake);
            assert_int_equal(post_session(rig, count, first), 0);
            store_log_end();
            check_batches(rig, count);
            complete_all(rig);
        }
    }
}

static void sessions(void **state)
{
    (void)state;
    with_each_rig(post_sessions);
}

/* Longer than the memory that a queue pair has for them at first: 64 requests. */
#define DEEP 128u

static void post_long_sessions(struct rig *rig)
{
    static const unsigned counts[] = {63, 64, 65, DEEP, 2, 66};

    for (size_t i = 0; i < EFA_ARRAY_SIZE(counts); i++) {
        store_log_begin(rig->fake);
        assert_int_equal(post_session(rig, counts[i], 0), 0);
        store_log_end();
        check_batches(rig, counts[i]);
        complete_all(rig);
    }
}

static void long_sessions(void **state)
{
    (void)state;
    post_long_sessions(open_rig(16, DEEP, false));
    close_rig(&rig_in_use);
    post_long_sessions(open_rig(NO_LIMIT, DEEP, false));
    close_rig(&rig_in_use);
}

/* Takes back `count` requests in one of four ways; one more than fit is the last. */
static void take_back(struct rig *rig, unsigned count, unsigned way)
{
    ibv_wr_start(rig->ex);
    add_requests(rig, count, 0);
    switch (way) {
    case 0:
        ibv_wr_abort(rig->ex);
        break;
    case 1:
        rig->ex->wr_flags = IBV_SEND_FENCE;
        ibv_wr_send(rig->ex);
        assert_int_equal(ibv_wr_complete(rig->ex), EINVAL);
        break;
    case 2:
        add_requests(rig, rig->depth + 1 - count, count);
        assert_int_equal(ibv_wr_complete(rig->ex), ENOMEM);
        break;
    default:
        rig->ex->wr_flags = 0;
        ibv_wr_send(rig->ex); /* without an address: no id, or incomplete */
        assert_int_equal(ibv_wr_complete(rig->ex), count < rig->depth ? EINVAL : ENOMEM);
        break;
    }
}

static void take_sessions_back(struct rig *rig)
{
    for (unsigned count = 0; count <= rig->depth; count++) {
        for (unsigned way = 0; way < 4; way++) {
            unsigned after = 1 + (count + way) % rig->depth;

            store_log_begin(rig->fake);
            take_back(rig, count, way);
            assert_int_equal(store_log_batches().doorbells, 0);
            if (rig->is_limited)
                assert_int_equal(store_log_count(), 0);
            if (count & 1)
                take_back(rig, count, way);
            assert_int_equal(way & 1 ? post_list(rig, after, way) : post_session(rig, after, way),
                             0);
            store_log_end();
            if (rig->is_limited)
                check_batches(rig, after);
            check_rung(rig);
            complete_all(rig);
            if (way != 0)
                continue;
            /* From the doorbell on all is as ever. */
            store_log_begin(rig->fake);
            assert_int_equal(post_session(rig, rig->max_batch, 0), 0);
            store_log_end();
            check_batches(rig, rig->max_batch);
            complete_all(rig);
        }
    }
}

/* After them all requests of a session wait, also without a limit. */
static void take_long_sessions_back(struct rig *rig)
{
    for (unsigned way = 0; way < 4; way++) {
        store_log_begin(rig->fake);
        take_back(rig, 100, way);
        assert_int_equal(store_log_batches().doorbells, 0);
        assert_int_equal(post_session(rig, 100, way), 0);
        store_log_end();
        check_rung(rig);
        complete_all(rig);
    }
}

static void long_sessions_taken_back(void **state)
{
    (void)state;
    take_long_sessions_back(open_rig(16, DEEP, false));
    close_rig(&rig_in_use);
    take_long_sessions_back(open_rig(NO_LIMIT, DEEP, false));
    close_rig(&rig_in_use);
}

static void aborted_and_failed_sessions(void **state)
{
    (void)state;
    with_each_rig(take_sessions_back);
}

/* A wrong request comes after a look at the free ids, all of which are free. */
static void sessions_after_a_wrong_request(struct rig *rig)
{
    struct ibv_sge sge = {(uintptr_t)payload, 33, 0};
    struct ibv_send_wr wr = {
        .sg_list = &sge, .num_sge = 1, .opcode = IBV_WR_SEND, .send_flags = IBV_SEND_INLINE};

    wr.wr.ud.ah = rig->world->self;
    assert_int_equal(post_list(rig, rig->depth, BUFFERS), 0);
    complete_all(rig);
    assert_int_equal(ibv_post_send(rig->qp, &wr, NULL), EINVAL);
    store_log_begin(rig->fake);
    take_back(rig, rig->depth, 0);
    assert_int_equal(post_list(rig, rig->depth, BUFFERS), 0);
    store_log_end();
    check_rung(rig);
    complete_all(rig);
}

static void wrong_requests(void **state)
{
    (void)state;
    with_each_rig(sessions_after_a_wrong_request);
}

static uint32_t seed = 1;

static uint32_t below(uint32_t bound)
{
    seed = seed * 1664525u + 1013904223u;
    return (uint32_t)((uint64_t)seed * bound >> 32);
}

/* Over many calls, with completions in between that come when they like. */
static void mixed_calls(void **state)
{
    (void)state;
    for (size_t l = 0; l < EFA_ARRAY_SIZE(limits); l++) {
        struct rig *rig = open_rig(limits[l], DEEPEST, false);

        store_log_begin(rig->fake);
        for (unsigned turn = 0; turn < 60; turn++) {
            unsigned free = rig->depth - outstanding_of(rig);
            unsigned count = 1 + below(rig->depth);

            if (below(3) == 0 && free == rig->depth)
                take_back(rig, count, below(4));
            else if (below(2) == 0)
                assert_int_equal(post_session(rig, count, below(6)), count <= free ? 0 : ENOMEM);
            else if (post_list(rig, count, below(KINDS)) != 0)
                rig->next_wr_id += free;
            if (below(3) != 0)
                complete_all(rig);
        }
        complete_all(rig);
        assert_int_equal(post_session(rig, 1, 0), 0); /* makes up for one taken back */
        complete_all(rig);
        store_log_end();
        rig->completed = 0;
        check_rung(rig);
        close_rig(rig);
    }
}

#define SAME_TURNS 100
#define SAME_DEPTH 32u

/* The ring after each of some sessions, which are the same for the same seed. */
static void run_sessions(uint32_t limit, unsigned char *after)
{
    struct rig *rig = open_rig(limit, SAME_DEPTH, false);
    const size_t size = rig->fake->params.sq_ring_size;

    for (unsigned turn = 0; turn < SAME_TURNS; turn++) {
        unsigned count = 1 + below(SAME_DEPTH);

        assert_int_equal(post_session(rig, count, below(6)), 0);
        memcpy(after + turn * size, rig->fake->sq, size);
        complete_all(rig);
    }
    close_rig(rig);
}

static void same_bytes_with_and_without_a_limit(void **state)
{
    static unsigned char with[SAME_TURNS * SAME_DEPTH * EFA_SEND_DESCRIPTOR_SIZE];
    static unsigned char without[sizeof with];

    (void)state;
    for (size_t l = 0; limits[l] != NO_LIMIT; l++) {
        uint32_t start = seed;

        run_sessions(limits[l], with);
        seed = start;
        run_sessions(NO_LIMIT, without);
        assert_memory_equal(with, without, sizeof with);
    }
}

/* As libfabric does: a session stays open over polls, and grows to the whole queue. */
static void a_session_held_over_polls(void **state)
{
    (void)state;
    for (size_t l = 0; l < EFA_ARRAY_SIZE(limits); l++) {
        struct rig *rig = open_rig(limits[l], DEEPEST, false);

        for (unsigned turn = 0; turn < 5; turn++) {
            struct ibv_wc wc;

            assert_int_equal(post_session(rig, 6, turn), 0);
            store_log_begin(rig->fake);
            ibv_wr_start(rig->ex);
            add_requests(rig, 10, 0);
            if (rig->is_limited)
                assert_int_equal(store_log_count(), 0);
            store_log_pause();
            for (unsigned i = 0; i < 6; i++) {
                uint32_t slot = rig->completed++ % rig->ring_depth;

                fake_complete(&rig->driver, rig->cq, 0,
                              fake_sent(rig->qp, fake_send(rig->fake, slot)->request_id));
            }
            for (unsigned i = 0; i < 6; i++)
                assert_int_equal(ibv_poll_cq(rig->cq, 1, &wc), 1);
            store_log_resume();
            for (unsigned i = 10; i < DEEPEST; i++)
                add_request(rig, i);
            assert_int_equal(ibv_wr_complete(rig->ex), 0);
            store_log_end();
            rig->next_wr_id += DEEPEST;
            assert_true(store_log_batches().most <= rig->max_batch);
            complete_all(rig);
        }
        close_rig(rig);
    }
}

/* What waits for the end of a session goes with its queue pair, and not into its next life. */
static void sessions_that_never_end(void **state)
{
    struct ibv_qp_attr reset = {.qp_state = IBV_QPS_RESET};

    (void)state;
    for (size_t l = 0; l < EFA_ARRAY_SIZE(limits); l++) {
        struct rig *rig = open_rig(limits[l], DEEPEST, false);

        assert_int_equal(post_session(rig, 5, 0), 0);
        ibv_wr_start(rig->ex);
        add_requests(rig, 9, 0);
        assert_int_equal(ibv_modify_qp(rig->qp, &reset, IBV_QP_STATE), EBUSY);
        ibv_wr_abort(rig->ex);
        assert_int_equal(ibv_modify_qp(rig->qp, &reset, IBV_QP_STATE), 0);
        ready(rig->qp);
        rig->completed = 0;
        *rig->fake->doorbells = 0;
        store_log_begin(rig->fake);
        assert_int_equal(post_session(rig, rig->max_batch, 0), 0);
        store_log_end();
        check_batches(rig, rig->max_batch);
        complete_all(rig);
        ibv_wr_start(rig->ex);
        add_requests(rig, DEEPEST, 0);
        close_rig(rig);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists),
        cmocka_unit_test(sessions),
        cmocka_unit_test(long_sessions),
        cmocka_unit_test(long_sessions_taken_back),
        cmocka_unit_test(aborted_and_failed_sessions),
        cmocka_unit_test(wrong_requests),
        cmocka_unit_test(mixed_calls),
        cmocka_unit_test(same_bytes_with_and_without_a_limit),
        cmocka_unit_test(a_session_held_over_polls),
        cmocka_unit_test(sessions_that_never_end),
    };

    if (!store_log_is_supported()) {
        printf("no single steps here: nothing to see the stores by\n");
        return 0;
    }
    return cmocka_run_group_tests_name("batches", tests, NULL, NULL);
}
