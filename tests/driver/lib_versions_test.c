/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Interface versions: the same client on drivers that speak 1, 2, 3, or several of them; what a
 * version lacks; and a driver that speaks none.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "driver/protocol.h"
#include "driver/win32_error.h"
#include "lib_fake_driver.h"
#include "os/compiler.h"

/* A client that knows nothing of versions: SRD and UD, a message each, and the end. */
static void client(struct world *world)
{
    struct ibv_cq *cq = make_cq(world, 64);
    struct ibv_qp *qps[2] = {ready(make_srd(world, cq)), ready(make_ud(world, cq))};
    struct buffer source, target;
    struct ibv_wc wc[2];

    buffer_create(world, &source, 100);
    buffer_create(world, &target, 200);
    fill_pattern(&source, 9);
    struct ibv_sge out = sge_of(&source, 0, 100), in = sge_of(&target, 0, 200);

    for (unsigned i = 0; i < 2; i++) {
        struct ibv_qp_attr error = {.qp_state = IBV_QPS_ERR}, reset = {.qp_state = IBV_QPS_RESET};
        unsigned grh = i == 0 ? 0 : 40;

        assert_int_equal(post_recv_one(qps[i], 1, &in, 1), 0);
        assert_int_equal(post_send_to(qps[i], world, qps[i], 2, &out, 1), 0);
        poll_exactly(world, cq, wc, 2);
        assert_int_equal(wc[0].status, IBV_WC_SUCCESS);
        assert_int_equal(wc[1].status, IBV_WC_SUCCESS);
        assert_memory_equal(target.bytes + grh, source.bytes, 100);
        assert_int_equal(ibv_modify_qp(qps[i], &error, IBV_QP_STATE), 0);
        assert_int_equal(qps[i]->state, IBV_QPS_ERR);
        assert_int_equal(post_send_to(qps[i], world, qps[i], 2, &out, 1), EINVAL);
        assert_int_equal(ibv_modify_qp(qps[i], &reset, IBV_QP_STATE), 0);
    }
    buffer_destroy(&source);
    buffer_destroy(&target);
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(ibv_destroy_qp(qps[i]), 0);
    assert_int_equal(ibv_destroy_cq(cq), 0);
}

static struct world *world_of(uint32_t versions, uint32_t version_error)
{
    struct efasim_config config;

    efasim_config_default(&config);
    config.devices[0].versions = versions;
    config.devices[0].version_error = version_error;
    return world_create(&config);
}

static void every_set_of_versions(void **state)
{
    (void)state;
    for (uint32_t versions = 2; versions <= EFASIM_ALL_VERSIONS; versions += 2) {
        struct world *world = world_of(versions, EFA_WIN32_REVISION_MISMATCH);
        uint32_t newest = versions & 8 ? 3 : versions & 4 ? 2 : 1;
        struct ibv_context *context;
        char log[64];

        log_forget();
        context = ibv_open_device(world->context->device);
        assert_non_null(context);
        snprintf(log, sizeof log, "interface version %u,", newest);
        assert_log(log);
        assert_int_equal(ibv_close_device(context), 0);
        client(world);
        assert_int_equal(intercept_count(&world->intercept, EFA_MODIFY_QP) != 0, newest > 1);
        world_destroy(world);
    }
}

/* Whatever an older driver says of a version that it does not know. */
static void every_rejection_of_a_version(void **state)
{
    static const uint32_t rejections[] = {
        EFA_WIN32_REVISION_MISMATCH, EFA_WIN32_INVALID_PARAMETER,   EFA_WIN32_NOT_SUPPORTED,
        EFA_WIN32_INVALID_FUNCTION,  EFA_WIN32_INSUFFICIENT_BUFFER, EFA_WIN32_GEN_FAILURE,
    };

    (void)state;
    for (unsigned i = 0; i < EFA_ARRAY_SIZE(rejections); i++) {
        struct world *world = world_of(EFASIM_VERSION_BIT(1), rejections[i]);

        client(world);
        world_destroy(world);
    }
}

static void none_spoken(void **state)
{
    struct world *world = *state;
    struct ibv_device **list;
    int count = -1;

    for (int turn = 0; turn < 2; turn++) {
        intercept_add(&world->intercept, EFA_QUERY_DEVICE)->error = EFA_WIN32_REVISION_MISMATCH;
        log_forget();
        errno = 0;
        if (turn == 0) {
            list = ibv_get_device_list(&count);
            assert_non_null(list);
            assert_null(list[0]);
            assert_int_equal(count, 0);
            assert_int_equal(errno, EPROTONOSUPPORT);
            ibv_free_device_list(list);
        } else {
            assert_null(ibv_open_device(world->context->device));
            assert_int_equal(errno, EPROTONOSUPPORT);
        }
        assert_log("supports none of the interface versions 3, 2 and 1");
        assert_log("install efa.sys");
        intercept_clear(&world->intercept);
    }
    assert_int_equal(world->intercept.opens, world->intercept.closes + 1);
}

static void what_each_version_sends(void **state)
{
    (void)state;
    for (uint32_t version = 1; version <= 3; version++) {
        struct fake_driver driver;
        struct world *world = fake_world_create(&driver, version, 2);
        char memory[64];
        struct ibv_mr *mr;
        struct ibv_cq *cq;
        struct ibv_qp *qp;

        driver.next_lkey = 0xabcdef;
        mr = ibv_reg_mr(world->pd, memory, sizeof memory, 1);
        assert_int_equal(ibv_dereg_mr(mr), 0);
        assert_int_equal(driver.last_dereg_size, version == 3 ? 4 : 2);
        assert_int_equal(driver.last_dereg_key, version == 3 ? 0xabcdef : 0xcdef);

        cq = make_cq(world, 16);
        assert_int_equal(driver.last_create_cq_size, 8);
        qp = ready(make_srd(world, cq));
        assert_int_equal(driver.modified, version == 1 ? 0 : 3);
        assert_int_equal(qp->state, IBV_QPS_RTS);
        assert_int_equal(ibv_destroy_qp(qp), 0);
        assert_int_equal(ibv_destroy_cq(cq), 0);
        fake_world_destroy(&driver, world);
    }
}

/* Without MODIFY_QP it cannot be set, even if the features include it. */
static void rnr_retry_needs_modify_qp(void **state)
{
    (void)state;
    for (uint32_t version = 1; version <= 3; version++) {
        struct fake_driver driver;
        struct world *world = fake_world_create(&driver, version, 2);
        struct efadv_device_attr attr = {0};
        struct ibv_qp_attr qp_attr = {.qp_state = IBV_QPS_RTS, .rnr_retry = 3};
        struct ibv_cq *cq = make_cq(world, 16);
        struct ibv_qp *qp = make_srd(world, cq);

        assert_int_equal(efadv_query_device(world->context, &attr, sizeof attr), 0);
        assert_int_equal(attr.device_caps, version == 1 ? EFADV_DEVICE_ATTR_CAPS_RDMA_READ
                                                        : EFADV_DEVICE_ATTR_CAPS_RDMA_READ |
                                                              EFADV_DEVICE_ATTR_CAPS_RNR_RETRY);
        to_state(qp, IBV_QPS_RTR);
        assert_int_equal(
            ibv_modify_qp(qp, &qp_attr, IBV_QP_STATE | IBV_QP_SQ_PSN | IBV_QP_RNR_RETRY),
            version == 1 ? EOPNOTSUPP : 0);
        assert_int_equal(ibv_destroy_qp(qp), 0);
        assert_int_equal(ibv_destroy_cq(cq), 0);
        fake_world_destroy(&driver, world);
    }
}

/* On version 1 states are bookkeeping, and the masks are checked all the same. */
static void bookkeeping_on_version_1(void **state)
{
    struct world *world = world_of(EFASIM_VERSION_BIT(1), EFA_WIN32_REVISION_MISMATCH);
    struct ibv_cq *cq = make_cq(world, 64);
    struct ibv_qp *qp = make_srd(world, cq);
    struct ibv_qp_attr attr = {.qp_state = IBV_QPS_RTS};

    (void)state;
    log_forget();
    assert_int_equal(post_send_to(qp, world, qp, 1, NULL, 0), EINVAL);
    assert_log("sends need RTS (3) or SQD (4)");
    assert_int_equal(ibv_modify_qp(qp, &attr, IBV_QP_STATE), EINVAL);
    assert_int_equal(ibv_modify_qp(qp, &attr, 0), EINVAL);
    assert_int_equal(qp->state, IBV_QPS_RESET);
    ready(qp);
    assert_int_equal(post_send_to(qp, world, qp, 1, NULL, 0), 0);
    assert_int_equal(intercept_count(&world->intercept, EFA_MODIFY_QP), 0);
    assert_int_equal(ibv_destroy_qp(qp), 0);
    assert_int_equal(ibv_destroy_cq(cq), 0);
    world_destroy(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_set_of_versions),
        cmocka_unit_test(every_rejection_of_a_version),
        WORLD_TEST(none_spoken),
        cmocka_unit_test(what_each_version_sends),
        cmocka_unit_test(rnr_retry_needs_modify_qp),
        cmocka_unit_test(bookkeeping_on_version_1),
    };

    return cmocka_run_group_tests_name("interface versions", tests, NULL, NULL);
}
