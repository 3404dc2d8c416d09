/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The contract: efadv_query_device and efadv_query_ah, at every age of their structures. */
#include <errno.h>
#include <string.h>

#include "contract.h"

/* Room for a structure of a client that is newer than the library. */
union room {
    struct efadv_device_attr device;
    struct efadv_ah_attr ah;
    unsigned char bytes[64];
};

static int query(struct world *world, bool of_ah, union room *room, uint32_t inlen)
{
    return of_ah ? efadv_query_ah(world->self, &room->ah, inlen)
                 : efadv_query_device(world->context, &room->device, inlen);
}

static void every_length(struct world *world, bool of_ah)
{
    const char *call = of_ah ? "efadv_query_ah" : "efadv_query_device";
    const uint32_t known = of_ah ? sizeof(struct efadv_ah_attr) : sizeof(struct efadv_device_attr);
    union room room, full;

    memset(&full, 0, sizeof full);
    assert_int_equal(query(world, of_ah, &full, known), 0);
    for (uint32_t inlen = 0; inlen <= known; inlen++) {
        begin_case(world, call, "inlen %u", inlen);
        paint(&room, sizeof room);
        memset(&room, 0, 8); /* comp_mask */
        if (inlen < 8) {
            refused(query(world, of_ah, &room, inlen), EINVAL, "inlen");
            still_painted(room.bytes + 8, sizeof room - 8);
            continue;
        }
        granted(query(world, of_ah, &room, inlen));
        assert_memory_equal(room.bytes, full.bytes, inlen);
        still_painted(room.bytes + inlen, sizeof room - inlen);
    }
    for (uint32_t inlen = known + 1; inlen <= sizeof room; inlen += 5) {
        begin_case(world, call, "inlen %u, the rest zero", inlen);
        memset(&room, 0, sizeof room);
        granted(query(world, of_ah, &room, inlen));
        assert_memory_equal(room.bytes, full.bytes, known);

        begin_case(world, call, "inlen %u, the last byte not zero", inlen);
        memset(&room, 0, sizeof room);
        room.bytes[inlen - 1] = 1;
        refused(query(world, of_ah, &room, inlen), EINVAL, "is not 0; this library knows");
        assert_int_equal(room.bytes[8], 0);

        begin_case(world, call, "inlen %u, not zero only beyond it", inlen);
        memset(&room, 0, sizeof room);
        if (inlen < sizeof room)
            room.bytes[inlen] = 1;
        granted(query(world, of_ah, &room, inlen));
    }
    for (uint32_t bit = 0; bit < 64; bit += 21) {
        uint64_t mask = 1ull << bit;

        begin_case(world, call, "comp_mask bit %u", bit);
        memset(&room, 0, sizeof room);
        memcpy(room.bytes, &mask, sizeof mask);
        refused(query(world, of_ah, &room, known), EINVAL, "it must be 0");
        assert_int_equal(room.bytes[8], 0);
    }
}

static void device_at_every_length(void **state)
{
    every_length(*state, false);
}

static void ah_at_every_length(void **state)
{
    every_length(*state, true);
}

static void null_arguments(void **state)
{
    struct world *world = *state;
    union room room;

    memset(&room, 0, sizeof room);
    begin_case(world, "efadv_query_device", "context NULL");
    refused(efadv_query_device(NULL, &room.device, 32), EINVAL, "context or attr is NULL");
    begin_case(world, "efadv_query_device", "attr NULL");
    refused(efadv_query_device(world->context, NULL, 32), EINVAL, "context or attr is NULL");
    begin_case(world, "efadv_query_ah", "ah NULL");
    refused(efadv_query_ah(NULL, &room.ah, 16), EINVAL, "ah or attr is NULL");
    begin_case(world, "efadv_query_ah", "attr NULL");
    refused(efadv_query_ah(world->self, NULL, 16), EINVAL, "ah or attr is NULL");
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
        WORLD_TEST(device_at_every_length),
        WORLD_TEST(ah_at_every_length),
        WORLD_TEST(null_arguments),
        WORLD_TEST(first_generation),
        SECOND_GENERATION_TEST(second_generation),
        cmocka_unit_test(one_feature_each),
        WORLD_TEST(ah_numbers),
    };

    return cmocka_run_group_tests_name("contract: efadv queries", tests, NULL, NULL);
}
