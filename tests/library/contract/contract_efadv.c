/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The contract: efadv_query_device and efadv_query_ah; their sizes are row 35 of the defects. */
#include <errno.h>

#include "contract.h"

static void null_arguments(void **state)
{
    struct world *world = *state;
    struct efadv_device_attr device;
    struct efadv_ah_attr ah;

    begin_case(world, "efadv_query_device", "context NULL");
    rejected(efadv_query_device(NULL, &device, 32), EINVAL, "context or attr is NULL");
    begin_case(world, "efadv_query_device", "attr NULL");
    rejected(efadv_query_device(world->context, NULL, 32), EINVAL, "context or attr is NULL");
    begin_case(world, "efadv_query_ah", "ah NULL");
    rejected(efadv_query_ah(NULL, &ah, 16), EINVAL, "ah or attr is NULL");
    begin_case(world, "efadv_query_ah", "attr NULL");
    rejected(efadv_query_ah(world->self, NULL, 16), EINVAL, "ah or attr is NULL");
}

static void first_generation(void **state)
{
    struct world *world = *state;
    struct efadv_device_attr attr = {0};

    begin_case(world, "efadv_query_device", "first generation");
    granted(efadv_query_device(world->context, &attr, sizeof attr));
    equals(attr.max_sq_wr, 4096);
    equals(attr.max_rq_wr, 32768);
    equals(attr.max_sq_sge, 2);
    equals(attr.max_rq_sge, 3);
    equals(attr.inline_buf_size, 32);
    equals(attr.device_caps, 0);
    equals(attr.max_rdma_size, 0);
}

static void second_generation(void **state)
{
    struct world *world = *state;
    struct efadv_device_attr attr = {0};

    begin_case(world, "efadv_query_device", "second generation");
    granted(efadv_query_device(world->context, &attr, sizeof attr));
    equals(attr.device_caps, EFADV_DEVICE_ATTR_CAPS_RDMA_READ | EFADV_DEVICE_ATTR_CAPS_RNR_RETRY);
    equals(attr.max_rdma_size, 1u << 30);
}

static void one_feature_each(void **state)
{
    (void)state;
    for (uint32_t features = 0; features < 16; features++) {
        struct efasim_config config;
        struct efadv_device_attr attr = {0};
        struct world *world;

        efasim_config_default(&config);
        config.devices[0].features = features;
        world = world_create(&config);
        begin_case(world, "efadv_query_device", "supported_features 0x%x", features);
        granted(efadv_query_device(world->context, &attr, sizeof attr));
        equals(attr.device_caps, features & 3);
        equals(attr.max_rdma_size, features & 1 ? 1u << 30 : 0);
        world_destroy(world);
    }
}

static void ah_numbers(void **state)
{
    struct world *world = *state;
    struct efadv_ah_attr first = {0}, second = {0};
    struct ibv_ah *other = make_ah(world);

    begin_case(world, "efadv_query_ah", "the adapter's number");
    granted(efadv_query_ah(world->self, &first, sizeof first));
    equals(first.ahn, world->self->handle);
    begin_case(world, "efadv_query_ah", "another handle");
    granted(efadv_query_ah(other, &second, sizeof second));
    equals(second.ahn, other->handle);
    assert_int_equal(ibv_destroy_ah(other), 0);
}

int contract_efadv(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(null_arguments),
        WORLD_TEST(first_generation),
        SECOND_GENERATION_TEST(second_generation),
        cmocka_unit_test(one_feature_each),
        WORLD_TEST(ah_numbers),
    };

    return cmocka_run_group_tests_name("contract: efadv queries", tests, NULL, NULL);
}
