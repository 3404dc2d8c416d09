/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Numbers that come again: queue pair numbers with what their last owners left behind, generations
 * past their end, completion rings that are exactly full.
 */
#include <errno.h>
#include <string.h>

#include "lib_fake_driver.h"
#include "os/compiler.h"

enum { DEEPEST = 32768 };

struct scene {
    struct fake_driver driver;
    struct world *world;
};

/* With send queues as deep as receive queues. */
static int set_up(void **state)
{
    static struct scene scene;

    scene.world = fake_world_create(&scene.driver, 3, 2);
    world_leave(scene.world);
    scene.driver.info.max_sq_depth = DEEPEST;
    scene.driver.info.max_llq_size = DEEPEST * EFA_SEND_DESCRIPTOR_SIZE;
    world_enter(scene.world, &scene.driver.transport);
    *state = &scene;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *s = *state;

    fake_world_destroy(&s->driver, s->world);
    return 0;
}

static struct ibv_qp *create(struct scene *s, struct ibv_cq *cq, uint32_t depth)
{
    struct ibv_qp_cap cap = {depth, depth, 1, 1, 0};

    return ready(make_srd_with(s->world, cq, cq, &cap, IBV_QP_EX_WITH_SEND));
}

/* ---- generations ---- */

/* The entries of one send and one receive that are outstanding. */
struct late {
    struct efa_completion_entry sent, received;
};

static struct late post_both(struct scene *s, struct ibv_qp *qp, uint64_t wr_id)
{
    const struct fake_qp *fake = fake_qp_of(&s->driver, qp);
    struct ibv_sge in = {0x1000, 64, 1};
    struct late late;

    assert_int_equal(post_send_to(qp, s->world, qp, wr_id, NULL, 0), 0);
    assert_int_equal(post_recv_one(qp, wr_id, &in, 1), 0);
    late.sent = fake_sent(qp, fake_send(fake, 0)->request_id);
    late.received = fake_received(qp, fake_recv(fake, 0)->request_id);
    return late;
}

static void complete_both(struct scene *s, struct ibv_cq *cq, const struct late *late)
{
    fake_complete(&s->driver, cq, 0, late->sent);
    fake_complete(&s->driver, cq, 1, late->received);
}

/* What the life before left must be dropped, what this one has must come. */
static struct late live(struct scene *s, struct ibv_cq *cq, struct ibv_qp *qp,
                        const struct late *before, uint64_t life)
{
    struct late late = post_both(s, qp, life);
    struct ibv_wc wc[4];

    if (before)
        complete_both(s, cq, before);
    assert_int_equal(ibv_poll_cq(cq, 4, wc), 0);
    complete_both(s, cq, &late);
    assert_int_equal(ibv_poll_cq(cq, 4, wc), 2);
    assert_true(wc[0].wr_id == life && wc[1].wr_id == life);
    return late;
}

/* Of a queue pair that is back in RESET, all is as on its first day. */
static void forget_rings(struct fake_qp *fake)
{
    memset(fake->doorbells, 0, FAKE_DOORBELLS_SIZE);
}

static void fail_to_reset(struct scene *s, struct ibv_qp *qp, bool by_session)
{
    struct ibv_qp_attr attr = {.qp_state = IBV_QPS_RESET};

    if (by_session) {
        ibv_wr_start(ibv_qp_to_qp_ex(qp));
        assert_int_equal(ibv_modify_qp(qp, &attr, IBV_QP_STATE), EBUSY);
        ibv_wr_abort(ibv_qp_to_qp_ex(qp));
    } else {
        intercept_add(&s->world->intercept, EFA_MODIFY_QP)->error = 170;
        assert_int_equal(ibv_modify_qp(qp, &attr, IBV_QP_STATE), EBUSY);
        intercept_clear(&s->world->intercept);
    }
}

static void reset(struct scene *s, struct ibv_qp *qp)
{
    struct ibv_qp_attr attr = {.qp_state = IBV_QPS_RESET};

    assert_int_equal(ibv_modify_qp(qp, &attr, IBV_QP_STATE), 0);
    forget_rings(fake_qp_of(&s->driver, qp));
    ready(qp);
}

/* Beyond the 256 that are counted, and beyond what is left of them in the ids of deep queues. */
static uint64_t lives_of(uint32_t depth)
{
    return depth <= 4096 ? 300 : 30;
}

static const uint32_t depths[] = {1, 16, 200, 256, 4096, 16384, DEEPEST};

static void generations_of_successive_owners(void **state)
{
    struct scene *s = *state;

    for (size_t d = 0; d < EFA_ARRAY_SIZE(depths); d++) {
        struct ibv_cq *cq = make_cq(s->world, 16);
        struct late late;

        for (uint64_t life = 0; life < lives_of(depths[d]); life++) {
            struct ibv_qp *qp = create(s, cq, depths[d]);

            late = live(s, cq, qp, life ? &late : NULL, life);
            assert_int_equal(ibv_destroy_qp(qp), 0);
        }
        assert_int_equal(ibv_destroy_cq(cq), 0);
    }
}

static void generations_of_resets(void **state)
{
    struct scene *s = *state;

    for (size_t d = 0; d < EFA_ARRAY_SIZE(depths); d++) {
        struct ibv_cq *cq = make_cq(s->world, 16);
        struct ibv_qp *qp = create(s, cq, depths[d]);
        struct late late = live(s, cq, qp, NULL, 0);

        for (uint64_t life = 1; life < lives_of(depths[d]); life++) {
            /* A reset that does not happen does not change the generation. */
            for (uint64_t failed = 0; failed < life % 4; failed++)
                fail_to_reset(s, qp, failed & 1);
            reset(s, qp);
            late = live(s, cq, qp, &late, life);
        }
        assert_int_equal(ibv_destroy_qp(qp), 0);
        assert_int_equal(ibv_destroy_cq(cq), 0);
    }
}

/* ---- numbers of queue pairs ---- */

/* Every number there is, and then some: what the owner of a lap ago left is dropped. */
static void every_number_and_over_again(void **state)
{
    static struct late lap[0x10000];
    struct scene *s = *state;
    struct ibv_cq *cq = make_cq(s->world, 64);

    for (uint32_t i = 0; i < 0x10000 + 2000; i++) {
        uint32_t number = i & 0xffff;
        struct ibv_qp *qp;

        s->driver.next_qp_num = number;
        qp = create(s, cq, 4);
        assert_int_equal(qp->qp_num, number);
        lap[number] = live(s, cq, qp, i > 0xffff ? &lap[number] : NULL, i);
        assert_int_equal(ibv_destroy_qp(qp), 0);
    }
    assert_int_equal(ibv_destroy_cq(cq), 0);
}

/* On the simulated device, which reuses the number immediately, with outstanding work. */
static void one_number_thousands_of_times(void **state)
{
    struct efasim_config config;
    struct world *world;
    struct buffer buffer;
    struct ibv_cq *cq;

    (void)state;
    efasim_config_default(&config);
    config.abort_on_violation = true;
    config.reuse_numbers_at_once = true;
    config.devices[0].max_qp = 1;
    world = world_create(&config);
    cq = make_cq(world, 64);
    buffer_create(world, &buffer, 64);
    for (uint64_t life = 0; life < 3000; life++) {
        struct ibv_qp *qp = ready(make_srd(world, cq));
        struct ibv_sge sge = sge_of(&buffer, 0, 64);
        unsigned sends = 1 + life % 7, recvs = 1 + life % 11, want;
        struct ibv_wc wc[16];

        for (unsigned i = 0; i < recvs; i++)
            assert_int_equal(post_recv_one(qp, life, &sge, 1), 0);
        want = sends < recvs ? sends : recvs;
        for (unsigned i = 0; i < want; i++)
            assert_int_equal(post_send_to(qp, world, qp, life, &sge, 1), 0);
        world_run(world);
        /* At times some stay in the ring, and what is outstanding is flushed after them. */
        want = life % 3 ? 2 * want : want;
        assert_int_equal(ibv_poll_cq(cq, (int)want, wc), want);
        for (unsigned i = 0; i < want; i++) {
            assert_int_equal(wc[i].wr_id, life);
            assert_int_equal(wc[i].status, IBV_WC_SUCCESS);
        }
        assert_int_equal(ibv_destroy_qp(qp), 0);
        if (life % 2)
            poll_nothing(world, cq);
    }
    buffer_destroy(&buffer);
    assert_int_equal(ibv_destroy_cq(cq), 0);
    world_destroy(world);
}

/* ---- completion rings that are exactly full ---- */

/* `count` completions of one queue, all in one sub-CQ. */
static void fill(struct scene *s, struct ibv_cq *cq, struct ibv_qp *qp, uint32_t sub_cq,
                 uint32_t count, uint32_t *posted)
{
    const struct fake_qp *fake = fake_qp_of(&s->driver, qp);
    uint32_t ring = fake->params.sq_depth;

    for (uint32_t i = 0; i < count; i++, ++*posted) {
        assert_int_equal(post_send_to(qp, s->world, qp, *posted, NULL, 0), 0);
        fake_complete(&s->driver, cq, sub_cq,
                      fake_sent(qp, fake_send(fake, *posted % ring)->request_id));
    }
}

/* All that is there, `chunk` at a time: of each queue in order, and exactly so many. */
static void drain(struct ibv_cq *cq, uint32_t chunk, uint32_t count, struct ibv_qp *const qps[2],
                  uint32_t expected[2])
{
    static struct ibv_wc wc[2 * DEEPEST + 2];
    uint32_t total = 0;
    int got;

    do {
        got = ibv_poll_cq(cq, (int)chunk, wc);
        assert_true(got >= 0 && (uint32_t)got <= chunk);
        for (int i = 0; i < got; i++) {
            int which = wc[i].qp_num == qps[1]->qp_num;

            assert_int_equal(wc[i].wr_id, expected[which]++);
        }
        total += (uint32_t)got;
        assert_true((uint32_t)got == chunk || total == count);
    } while (got != 0);
    assert_int_equal(total, count);
}

static void full_rings_of(struct scene *s, uint32_t depth, uint32_t start, uint32_t chunk)
{
    struct ibv_cq *cq = make_cq(s->world, (int)depth);
    struct ibv_qp *qps[2];
    uint32_t posted[2] = {0, 0}, expected[2] = {0, 0};

    for (uint32_t i = 0; i < 2; i++) {
        struct ibv_qp_cap cap = {depth, 0, 1, 0, 0};

        s->driver.next_qp_num = 100 + i;
        qps[i] = ready(make_srd_with(s->world, cq, cq, &cap, 0));
    }
    for (uint32_t i = 0; i < start; i++) {
        fill(s, cq, qps[0], 0, 1, &posted[0]);
        drain(cq, 1, 1, qps, expected);
    }
    for (unsigned lap = 0; lap < 3; lap++) {
        fill(s, cq, qps[0], 0, depth, &posted[0]);
        drain(cq, chunk, depth, qps, expected);
        for (uint32_t i = 0; i < 2; i++)
            fill(s, cq, qps[i], i, depth, &posted[i]);
        drain(cq, chunk, 2 * depth, qps, expected);
    }
    for (uint32_t i = 0; i < 2; i++)
        assert_int_equal(ibv_destroy_qp(qps[i]), 0);
    assert_int_equal(ibv_destroy_cq(cq), 0);
}

static void rings_that_are_exactly_full(void **state)
{
    static const uint32_t rings[] = {1, 2, 8, 64, 128, 1024, DEEPEST};
    struct scene *s = *state;

    for (size_t r = 0; r < EFA_ARRAY_SIZE(rings); r++) {
        uint32_t depth = rings[r];
        const uint32_t starts[] = {0, 1, depth / 2, depth - 1};
        const uint32_t chunks[] = {1, 7, depth, 2 * depth + 1};

        for (size_t i = 0; i < EFA_ARRAY_SIZE(starts); i++)
            for (size_t c = 0; c < EFA_ARRAY_SIZE(chunks); c++)
                if (depth < DEEPEST || i == c)
                    full_rings_of(s, depth, starts[i], chunks[c]);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(generations_of_successive_owners), TEST(generations_of_resets),
        TEST(every_number_and_over_again),      cmocka_unit_test(one_number_thousands_of_times),
        TEST(rings_that_are_exactly_full),
    };

    return cmocka_run_group_tests_name("numbers that come again", tests, NULL, NULL);
}
