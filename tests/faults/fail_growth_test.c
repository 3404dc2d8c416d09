/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Growth without memory: of the memory for the requests of a long session. The call fails with
 * ENOMEM and changes nothing. It works once there is memory.
 */
#include <errno.h>
#include <string.h>

#include "fault_memory.h"
#include "lib_fake_driver.h"

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
        cmocka_unit_test(long_sessions),
    };

    return cmocka_run_group_tests_name("growth without memory", tests, NULL, NULL);
}
