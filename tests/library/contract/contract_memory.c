/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The contract: memory regions, through ibv_reg_mr, ibv_reg_mr_iova2 and the kit's way between. */
#include <errno.h>
#include <string.h>

#include "contract.h"

static EFA_ALIGNED(
    4096) unsigned char memory[8192]; /* whole pages, which is what the limit counts */

enum way { PLAIN, IOVA, KIT, WAYS };

static const char *const way_names[] = {"ibv_reg_mr", "ibv_reg_mr_iova2", "ibv_reg_mr of the kit"};

static struct ibv_mr *reg(enum way way, struct ibv_pd *pd, void *address, size_t length,
                          unsigned int access)
{
    switch (way) {
    case PLAIN:
        return (ibv_reg_mr)(pd, address, length, (int)access);
    case IOVA:
        return ibv_reg_mr_iova2(pd, address, length, (uintptr_t)address, access);
    default:
        return ibv_reg_mr(pd, address, length, (int)access);
    }
}

static void access_bits(struct world *world, enum way way, const char *adapter, unsigned offered)
{
    for (unsigned bit = 0; bit < 32; bit++) {
        unsigned access = 1u << bit;
        bool optional = bit >= 20 && bit <= 29;
        struct ibv_mr *mr;

        begin_case(world, way_names[way], "access bit %u, %s", bit, adapter);
        mr = reg(way, world->pd, memory, sizeof memory, access);
        if ((access & offered) || optional) {
            granted_object(mr);
            assert_int_equal(ibv_dereg_mr(mr), 0);
        } else {
            rejected_null(mr, EOPNOTSUPP, "is supported (LOCAL_WRITE 1");
        }
    }
    begin_case(world, way_names[way], "access 0, %s", adapter);
    struct ibv_mr *mr = reg(way, world->pd, memory, 1, 0);

    granted_object(mr);
    assert_int_equal(ibv_dereg_mr(mr), 0);
}

static void access_on_the_first_generation(void **state)
{
    for (enum way way = PLAIN; way < WAYS; way++)
        access_bits(*state, way, "no RDMA", IBV_ACCESS_LOCAL_WRITE);
}

static void access_where_the_device_reads(void **state)
{
    for (enum way way = PLAIN; way < WAYS; way++)
        access_bits(*state, way, "RDMA read", IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_READ);
}

static void lengths(void **state)
{
    struct efasim_config config;
    struct world *world;

    (void)state;
    efasim_config_default(&config);
    config.devices[0].max_mr_pages = 2;
    world = world_create(&config);
    for (enum way way = PLAIN; way < WAYS; way++) {
        static const size_t good[] = {1, 2, 4095, 4096, 8191, 8192};
        static const struct {
            size_t length;
            const char *log;
        } bad[] = {{0, "length is 0"},
                   {8193, "registers up to 8192 bytes"},
                   {SIZE_MAX, "registers up to 8192 bytes"}};

        for (unsigned i = 0; i < EFA_ARRAY_SIZE(good); i++) {
            struct ibv_mr *mr;

            begin_case(world, way_names[way], "length %u of at most 8192", (unsigned)good[i]);
            mr = reg(way, world->pd, memory, good[i], IBV_ACCESS_LOCAL_WRITE);
            granted_object(mr);
            holds(mr->context == world->context && mr->pd == world->pd && mr->addr == memory);
            equals(mr->length, good[i]);
            assert_int_equal(ibv_dereg_mr(mr), 0);
        }
        for (unsigned i = 0; i < EFA_ARRAY_SIZE(bad); i++) {
            begin_case(world, way_names[way], "length 0x%zx of at most 8192", bad[i].length);
            rejected_null(reg(way, world->pd, memory, bad[i].length, 1), EINVAL, bad[i].log);
        }
    }
    world_destroy(world);
}

static void wrong_arguments(void **state)
{
    struct world *world = *state;

    for (enum way way = PLAIN; way < WAYS; way++) {
        begin_case(world, way_names[way], "pd NULL");
        rejected_null(reg(way, NULL, memory, 64, 1), EINVAL, "pd is NULL");
        begin_case(world, way_names[way], "a range that exceeds the address space");
        rejected_null(reg(way, world->pd, (void *)(UINTPTR_MAX - 4095), 8192, 1), EINVAL,
                      "the range exceeds the address space");
    }
    static const int64_t offsets[] = {1, -1, 4096, INT64_MIN};

    for (unsigned i = 0; i < EFA_ARRAY_SIZE(offsets); i++) {
        uint64_t iova = (uintptr_t)memory + (uint64_t)offsets[i];

        begin_case(world, "ibv_reg_mr_iova2", "iova %lld from the address", (long long)offsets[i]);
        rejected_null(ibv_reg_mr_iova2(world->pd, memory, 64, iova, 1), EOPNOTSUPP,
                      "differs from the address");
    }
    begin_case(world, "ibv_reg_mr_iova2", "iova 0");
    rejected_null(ibv_reg_mr_iova2(world->pd, memory, 64, 0, 1), EOPNOTSUPP, "iova 0x0 differs");
    begin_case(world, "ibv_reg_mr_iova", "of the kit: iova the address");
    struct ibv_mr *mr = ibv_reg_mr_iova(world->pd, memory, 64, (uintptr_t)memory, 1);

    granted_object(mr);
    assert_int_equal(ibv_dereg_mr(mr), 0);
    begin_case(world, "ibv_dereg_mr", "NULL");
    rejected(ibv_dereg_mr(NULL), EINVAL, "ibv_dereg_mr: mr is NULL");
}

static void keys(void **state)
{
    struct world *world = *state;
    struct ibv_mr *first, *second;

    begin_case(world, "ibv_reg_mr", "the same memory twice has two keys");
    first = ibv_reg_mr(world->pd, memory, 64, 1);
    second = ibv_reg_mr(world->pd, memory, 64, 1);
    granted_object(first);
    granted_object(second);
    holds(first->lkey != second->lkey && first->handle == first->lkey);
    begin_case(world, "ibv_dereg_mr", "all good");
    granted(ibv_dereg_mr(first));
    begin_case(world, "ibv_dereg_mr", "the other stays until its own turn");
    granted(ibv_dereg_mr(second));
}

static void too_many_regions(void **state)
{
    struct efasim_config config;
    struct ibv_mr *mr;
    struct world *world;

    (void)state;
    efasim_config_default(&config);
    config.devices[0].max_mr = 1;
    world = world_create(&config);
    mr = ibv_reg_mr(world->pd, memory, 64, 1);
    assert_non_null(mr);
    begin_case(world, "ibv_reg_mr", "one more than the adapter has");
    rejected_null(ibv_reg_mr(world->pd, memory, 64, 1), ENOMEM, "REG_MR");
    assert_int_equal(ibv_dereg_mr(mr), 0);
    world_destroy(world);
}

int contract_memory(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(access_on_the_first_generation),
        SECOND_GENERATION_TEST(access_where_the_device_reads),
        cmocka_unit_test(lengths),
        WORLD_TEST(wrong_arguments),
        WORLD_TEST(keys),
        cmocka_unit_test(too_many_regions),
    };

    return cmocka_run_group_tests_name("contract: memory regions", tests, NULL, NULL);
}
