/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Known defects off the data path; see defects.h. */
#include <errno.h>
#include <string.h>

#include "defects.h"
#include "driver/default_transport.h"
#include "driver/protocol.h"
#include "driver/win32_error.h"
#include "lib_fake_driver.h"
#include "os/compiler.h"
#include "verbs/qp.h"

static char memory[64];

static void row_01_a_device_that_is_not_there(void **state)
{
    struct world *world = *state;
    struct ibv_device **list;
    int count = -1;

    world->intercept.open_error = EFA_WIN32_FILE_NOT_FOUND;
    errno = 0;
    assert_null(ibv_open_device(world->context->device));
    assert_int_equal(errno, ENODEV);
    list = ibv_get_device_list(&count);
    assert_non_null(list);
    assert_int_equal(count, 0);
    ibv_free_device_list(list);
    world->intercept.open_error = 0;
}

static void row_02_the_device_list(void **state)
{
    struct ibv_device **list = ibv_get_device_list(NULL);
    struct ibv_context *context = ibv_open_device(list[0]);

    (void)state;
    assert_null(list[1]);
    ibv_free_device_list(list);
    assert_string_equal(context->device->name, "EFA");
    assert_int_equal(ibv_close_device(context), 0);
}

static void row_03_creating_a_cq(void **state)
{
    struct world *world = *state;
    struct ibv_cq_init_attr_ex attr = {.cqe = 4, .cq_context = &attr};
    struct ibv_cq_ex *ex;

    intercept_add(&world->intercept, EFA_CREATE_CQ)->error = EFA_WIN32_GEN_FAILURE;
    errno = 0;
    assert_null(ibv_create_cq(world->context, 4, NULL, NULL, 0));
    assert_int_equal(errno, EIO);
    errno = 0;
    assert_null(ibv_create_cq_ex(world->context, &attr));
    assert_int_equal(errno, EIO);
    intercept_clear(&world->intercept);
    ex = ibv_create_cq_ex(world->context, &attr);
    assert_ptr_equal(ex->cq_context, &attr);
    assert_int_equal(ibv_destroy_cq(ibv_cq_ex_to_cq(ex)), 0);
}

static void row_04_a_failed_address_handle_is_freed_once(void **state)
{
    struct world *world = *state;
    struct ibv_ah_attr attr = {.is_global = 1, .port_num = 1};
    struct ibv_ah *ah;

    intercept_add(&world->intercept, EFA_ALLOC_AH)->error = EFA_WIN32_NO_SYSTEM_RESOURCES;
    for (unsigned i = 0; i < 10; i++) {
        errno = 0;
        assert_null(ibv_create_ah(world->pd, &attr));
        assert_int_equal(errno, ENOMEM);
    }
    intercept_clear(&world->intercept);
    ah = make_ah(world);
    assert_int_equal(ibv_destroy_ah(ah), 0);
}

static void row_05_the_firmware_version_stays_in_its_field(void **state)
{
    struct efasim_config config;
    struct ibv_device_attr attr;
    struct world *world;

    (void)state;
    efasim_config_default(&config);
    config.devices[0].firmware_version = UINT32_MAX;
    config.devices[0].device_version = 0xefa3;
    world = world_create(&config);
    assert_int_equal(ibv_query_device(world->context, &attr), 0);
    assert_string_equal(attr.fw_ver, "255.255.255.255");
    assert_int_equal(attr.hw_ver, 0xefa3);
    world_destroy(world);
}

static void row_06_limits_are_complete_at_open(void **state)
{
    struct world *world = *state;
    struct efadv_device_attr efa_attr = {0};
    struct ibv_device_attr attr;
    struct ibv_cq *cq = make_cq(world, 16);
    struct ibv_qp *qp = make_srd(world, cq); /* the limits have not been queried yet */

    assert_int_equal(ibv_destroy_qp(qp), 0);
    assert_int_equal(ibv_destroy_cq(cq), 0);
    memset(&attr, 0x55, sizeof attr);
    assert_int_equal(ibv_query_device(world->context, &attr), 0);
    assert_int_equal(attr.max_sge_rd, 1);
    assert_int_equal(efadv_query_device(world->context, &efa_attr, sizeof efa_attr), 0);
    assert_int_equal(efa_attr.max_rdma_size, 1u << 30);
}

static void row_07_a_short_reply_is_an_error(void **state)
{
    struct world *world = *state;
    struct intercept_rule *rule = intercept_add(&world->intercept, EFA_REG_MR);

    rule->set_returned = true;
    rule->returned = 4;
    errno = 0;
    assert_null(ibv_reg_mr(world->pd, memory, sizeof memory, 1));
    assert_int_equal(errno, EIO);
    intercept_clear(&world->intercept);
}

/* A transport in front of the fake one that requires a pointer for the returned length. */
static const struct efa_transport *behind;
static unsigned strict_requests;

static uint32_t strict_request(const struct efa_transport *transport, void *session, uint32_t code,
                               const void *input, uint32_t input_size, void *output,
                               uint32_t output_size, uint32_t *returned)
{
    (void)transport;
    strict_requests++;
    assert_non_null(returned);
    assert_true((input != NULL) == (input_size != 0));
    assert_true((output != NULL) == (output_size != 0));
    return behind->request(behind, session, code, input, input_size, output, output_size, returned);
}

static void row_08_the_returned_length_is_always_asked_for(void **state)
{
    struct fake_driver driver;
    struct world *world = fake_world_create(&driver, 3, 2);
    struct efa_transport real = driver.transport;
    struct ibv_cq *cq;
    struct ibv_qp *qp;
    struct ibv_mr *mr;

    (void)state;
    behind = &real;
    driver.transport.request = strict_request;
    strict_requests = 0;
    cq = make_cq(world, 16);
    qp = ready(make_srd(world, cq));
    mr = ibv_reg_mr(world->pd, memory, sizeof memory, 1);
    assert_int_equal(ibv_dereg_mr(mr), 0);
    assert_int_equal(ibv_destroy_qp(qp), 0);
    assert_int_equal(ibv_destroy_cq(cq), 0);
    fake_world_destroy(&driver, world);
    assert_int_equal(strict_requests, 11);
}

static void row_09_errors_are_errno_values(void **state)
{
    struct world *world = *state;

    intercept_add(&world->intercept, EFA_ALLOC_PD)->error = EFA_WIN32_NO_SYSTEM_RESOURCES;
    errno = 0;
    assert_null(ibv_alloc_pd(world->context));
    assert_int_equal(errno, ENOMEM); /* not 1450 */
    intercept_clear(&world->intercept);
    intercept_add(&world->intercept, EFA_DEALLOC_AH)->error = EFA_WIN32_OPERATION_ABORTED;
    assert_int_equal(ibv_destroy_ah(world->self), ECANCELED); /* not 995 */
    intercept_clear(&world->intercept);
}

static void row_12_small_things_right(void **state)
{
    struct world *world = *state;
    struct ibv_cq *cq = make_cq(world, 1);
    struct ibv_port_attr port;
    union ibv_gid gid;

    assert_int_equal(cq->cqe, 1);
    assert_int_equal(ibv_destroy_cq(cq), 0);
    assert_int_equal(ibv_query_port(world->context, 1, &port), 0);
    assert_int_equal(port.active_mtu, IBV_MTU_4096);
    assert_int_equal(ibv_query_gid(world->context, 1, 1, &gid), EINVAL);
    errno = 0;
    assert_null(ibv_reg_mr_iova2(world->pd, memory, sizeof memory, 0x1000, 1));
    assert_int_equal(errno, EOPNOTSUPP);
}

static void row_13_strings_fork_and_query_qp(void **state)
{
    struct world *world = *state;
    struct ibv_cq *cq = make_cq(world, 16);
    struct ibv_qp *qp = ready(make_srd(world, cq));
    struct ibv_qp_init_attr init;
    struct ibv_qp_attr attr;

    assert_string_equal(ibv_wc_status_str(IBV_WC_SUCCESS), "success");
    assert_non_null(ibv_wc_status_str((enum ibv_wc_status)1000));
    assert_int_equal(ibv_fork_init(), 0);
    assert_int_equal(ibv_query_qp(qp, &attr, IBV_QP_STATE, &init), 0);
    assert_int_equal(attr.qp_state, IBV_QPS_RTS);
    assert_int_equal(init.cap.max_send_wr, 16);
    assert_int_equal(ibv_destroy_qp(qp), 0);
    assert_int_equal(ibv_destroy_cq(cq), 0);
}

static void row_19_products_that_overflow(void **state)
{
    struct world *world = *state;
    struct ibv_cq *cq = make_cq(world, 16);
    static const struct ibv_qp_cap caps[] = {{4, 0x10000, 1, 0x10000, 0},
                                             {4, 0x8000, 1, 0x20000, 0},
                                             {4, 32768, 1, 3, 0},
                                             {4, 0x55555556, 1, 3, 0}};

    for (unsigned i = 0; i < EFA_ARRAY_SIZE(caps); i++) {
        struct ibv_qp_init_attr attr = {
            .send_cq = cq, .recv_cq = cq, .cap = caps[i], .qp_type = IBV_QPT_UD};

        errno = 0;
        assert_null(ibv_create_qp(world->pd, &attr));
        assert_int_equal(errno, EINVAL);
    }
    assert_int_equal(ibv_destroy_cq(cq), 0);
}

static void row_20_bytes_beyond_what_is_known(void **state)
{
    struct world *world = *state;
    struct {
        struct efadv_sq_depth_attr attr;
        uint64_t later;
    } longer = {.later = 1};

    assert_int_equal(efadv_get_max_sq_depth(world->context, &longer.attr, sizeof longer), -EINVAL);
    longer.later = 0;
    assert_true(efadv_get_max_sq_depth(world->context, &longer.attr, sizeof longer) > 0);
}

static void row_21_one_library_for_three_versions(void **state)
{
    (void)state;
    for (uint32_t version = 1; version <= 3; version++) {
        struct efasim_config config;
        struct world *world;
        struct ibv_cq *cq;

        efasim_config_default(&config);
        config.devices[0].versions = EFASIM_VERSION_BIT(version);
        world = world_create(&config);
        cq = make_cq(world, 16);
        assert_int_equal(ibv_destroy_qp(ready(make_srd(world, cq))), 0);
        assert_int_equal(ibv_destroy_cq(cq), 0);
        world_destroy(world);
    }
}

static void row_25_what_objects_say_of_themselves(void **state)
{
    struct world *world = *state;
    struct ibv_cq *cq = make_cq(world, 16);
    struct ibv_qp *ud = make_ud(world, cq), *srd = make_srd(world, cq);

    assert_int_equal(ud->qp_type, IBV_QPT_UD);
    assert_int_equal(srd->qp_type, IBV_QPT_DRIVER);
    assert_true(world->context->abi_compat == (void *)UINTPTR_MAX);
    assert_int_equal(verbs_get_ctx(world->context)->sz, sizeof(struct verbs_context));
    assert_int_equal(ibv_destroy_qp(ud), 0);
    assert_int_equal(ibv_destroy_qp(srd), 0);
    assert_int_equal(ibv_destroy_cq(cq), 0);
}

static void row_28_destroying_that_fails_changes_nothing(void **state)
{
    struct world *world = *state;
    struct ibv_cq *cq = make_cq(world, 16);
    struct ibv_qp *qp = ready(make_srd(world, cq));
    struct ibv_sge none = {0};
    struct ibv_wc wc[2];

    intercept_add(&world->intercept, EFA_DESTROY_QP)->error = EFA_WIN32_BUSY;
    assert_int_equal(ibv_destroy_qp(qp), EBUSY);
    assert_int_equal(ibv_destroy_qp(qp), EBUSY);
    intercept_clear(&world->intercept);
    /* It still works, with all its places. */
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(post_recv_one(qp, 1, &none, 1), 0);
        assert_int_equal(post_send_to(qp, world, qp, 2, NULL, 0), 0);
        poll_exactly(world, cq, wc, 2);
    }
    assert_int_equal(ibv_destroy_qp(qp), 0);
    intercept_add(&world->intercept, EFA_DESTROY_CQ)->error = EFA_WIN32_GEN_FAILURE;
    assert_int_equal(ibv_destroy_cq(cq), EIO);
    intercept_clear(&world->intercept);
    assert_int_equal(ibv_destroy_cq(cq), 0);
}

int defects_control(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(row_01_a_device_that_is_not_there),
        WORLD_TEST(row_02_the_device_list),
        WORLD_TEST(row_03_creating_a_cq),
        WORLD_TEST(row_04_a_failed_address_handle_is_freed_once),
        cmocka_unit_test(row_05_the_firmware_version_stays_in_its_field),
        SECOND_GENERATION_TEST(row_06_limits_are_complete_at_open),
        WORLD_TEST(row_07_a_short_reply_is_an_error),
        cmocka_unit_test(row_08_the_returned_length_is_always_asked_for),
        WORLD_TEST(row_09_errors_are_errno_values),
        WORLD_TEST(row_12_small_things_right),
        WORLD_TEST(row_13_strings_fork_and_query_qp),
        WORLD_TEST(row_19_products_that_overflow),
        WORLD_TEST(row_20_bytes_beyond_what_is_known),
        cmocka_unit_test(row_21_one_library_for_three_versions),
        WORLD_TEST(row_25_what_objects_say_of_themselves),
        WORLD_TEST(row_28_destroying_that_fails_changes_nothing),
    };

    return cmocka_run_group_tests_name("known defects, control path", tests, NULL, NULL);
}
