/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Growth without memory: of a completion queue's map, of the record of QP numbers, and of the
 * memory for the requests of a long session. The call fails with ENOMEM and changes nothing. It
 * works once there is memory.
 */
#include <errno.h>
#include <string.h>

#include "fault_memory.h"
#include "lib_fake_driver.h"

/*
 * Numbers for which the map grows with nearly each queue, up to its largest size; the last one has
 * the place of the first.
 */
static const uint32_t numbers[FAKE_QPS] = {7, 7 + 16, 7 + 32, 7 + 64, 7 + 128, 300, 7 + 512, 1031};

static struct ibv_qp *create(struct world *world, struct ibv_cq *cq)
{
    struct ibv_qp_init_attr attr = {
        .send_cq = cq,
        .recv_cq = cq,
        .cap = {16, 16, 1, 1, 0},
        .qp_type = IBV_QPT_DRIVER,
        .sq_sig_all = 1,
    };

    errno = 0;
    return efadv_create_driver_qp(world->pd, &attr, EFADV_QP_DRIVER_TYPE_SRD);
}

/* Creates all queue pairs; the nth allocation fails. Returns how many creations did. */
static unsigned create_all(unsigned nth)
{
    static struct fake_driver driver;
    unsigned live, failures = 0, existing = 0;
    struct ibv_qp *qps[FAKE_QPS];
    struct world *world;
    struct ibv_cq *cq;

    live = fault_memory_live();
    world = fake_world_create(&driver, 3, 1);
    cq = make_cq(world, 256);
    fault_memory_arm(nth);
    for (unsigned i = 0; i < FAKE_QPS; i++) {
        log_forget();
        driver.next_qp_num = numbers[i];
        qps[i] = create(world, cq);
        if (!qps[i]) {
            assert_int_equal(errno, ENOMEM);
            assert_string_not_equal(log_last(), "");
            failures++;
            qps[i] = create(world, cq);
        }
        assert_non_null(qps[i]);
        assert_int_equal(qps[i]->qp_num, numbers[i]);
    }
    fault_memory_arm(0);
    for (unsigned i = 0; i < FAKE_QPS; i++)
        existing += driver.qps[i].used;
    assert_int_equal(existing, FAKE_QPS);
    for (unsigned i = FAKE_QPS; i-- > 0;)
        fake_both_sides_complete(&driver, world, ready(qps[i]), 2 * numbers[i]);
    for (unsigned i = 0; i < FAKE_QPS; i++)
        assert_int_equal(ibv_destroy_qp(qps[i]), 0);
    assert_int_equal(ibv_destroy_cq(cq), 0);
    fake_world_destroy(&driver, world);
    assert_int_equal(fault_memory_live(), live);
    return failures;
}

static void maps_and_records(void **state)
{
    unsigned nth = 1;

    (void)state;
    while (create_all(nth) != 0)
        nth++;
    /* Three for each queue pair, and at least as many times growth of each kind. */
    print_message("out of memory: %u fault points\n", nth - 1);
    assert_true(nth - 1 > 3 * FAKE_QPS + 12);
}

#define LONG 100u
#define NO_MEMORY                                                                               \
    "ibv_wr session on QP 5: no memory for more than 64 requests; ibv_wr_complete will return " \
    "ENOMEM and post nothing"

static int post_long_session(struct ibv_qp *qp, const struct world *world)
{
    struct ibv_qp_ex *ex = ibv_qp_to_qp_ex(qp);

    ibv_wr_start(ex);
    for (unsigned i = 0; i < LONG; i++) {
        ex->wr_id = i;
        ibv_wr_send(ex);
        ibv_wr_set_sge(ex, 1, 1000 + i, 8);
        ibv_wr_set_ud_addr(ex, world->self, i, QKEY);
    }
    return ibv_wr_complete(ex);
}

/* On an adapter with a batch limit, where the requests of a session wait. */
static void long_sessions(void **state)
{
    const struct ibv_qp_cap cap = {128, 1, 1, 1, 0};
    static struct fake_driver driver;
    struct fake_qp *fake;
    unsigned live = fault_memory_live();
    struct world *world;
    struct ibv_cq *cq;
    struct ibv_qp *qp;
    struct ibv_wc wc;

    (void)state;
    fake_driver_init(&driver, 3, 1);
    driver.info.device_version = 0xefa1;
    world = fake_world_open(&driver);
    cq = make_cq(world, 256);
    qp = ready(make_srd_with(world, cq, cq, &cap, IBV_QP_EX_WITH_SEND));
    fake = fake_qp_of(&driver, qp);
    for (unsigned attempt = 0; attempt < 2; attempt++) {
        log_forget();
        fault_memory_arm(1);
        assert_int_equal(post_long_session(qp, world), ENOMEM);
        assert_int_equal(fault_memory_failures(), 1);
        /* Later ones are logged at level debug only. */
        assert_string_equal(log_last(), attempt ? "" : NO_MEMORY);
        assert_int_equal(fake_sends_rung(fake), 0);
    }
    fault_memory_arm(0);
    assert_int_equal(post_long_session(qp, world), 0);
    assert_int_equal(fault_memory_count(), 1);
    assert_int_equal(fake_sends_rung(fake), LONG);
    for (unsigned i = 0; i < LONG; i++) {
        assert_int_equal(fake_send(fake, i)->destination_qp, i);
        fake_complete(&driver, cq, 0, fake_sent(qp, fake_send(fake, i)->request_id));
        assert_int_equal(ibv_poll_cq(cq, 1, &wc), 1);
        assert_int_equal(wc.wr_id, i);
    }
    /* The memory stays with the queue pair. */
    assert_int_equal(post_long_session(qp, world), 0);
    assert_int_equal(fault_memory_count(), 1);
    assert_int_equal(ibv_destroy_qp(qp), 0);
    assert_int_equal(ibv_destroy_cq(cq), 0);
    fake_world_destroy(&driver, world);
    assert_int_equal(fault_memory_live(), live);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(maps_and_records),
        cmocka_unit_test(long_sessions),
    };

    return cmocka_run_group_tests_name("growth without memory", tests, NULL, NULL);
}
