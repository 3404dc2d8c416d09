/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * What the driver does not report: which limit of a batch is in force, by the device version and by
 * EFAWIN_MAX_BATCH, and the largest RDMA read. Whether the limit is kept is tests/datapath's
 * lib_batch_test.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib_fake_driver.h"
#include "os/compiler.h"

#define VARIABLE "EFAWIN_MAX_BATCH"

struct adapter {
    struct fake_driver driver;
    struct world *world;
    struct ibv_cq *cq;
};

static struct adapter adapter;

static void open_adapter(uint32_t device_version)
{
    memset(&adapter, 0, sizeof adapter);
    fake_driver_init(&adapter.driver, 3, 2);
    adapter.driver.info.device_version = device_version;
    adapter.world = fake_world_open(&adapter.driver);
    adapter.cq = make_cq(adapter.world, 16);
}

static void close_adapter(void)
{
    assert_int_equal(ibv_destroy_cq(adapter.cq), 0);
    fake_world_destroy(&adapter.driver, adapter.world);
}

/* As efadv_query_qp_wqs returns it, of a queue of `depth`. */
static uint32_t max_batch_of(uint32_t depth)
{
    struct ibv_qp_cap cap = {depth, 1, 1, 1, 0};
    struct ibv_qp *qp = make_srd_with(adapter.world, adapter.cq, adapter.cq, &cap, 0);
    struct efadv_wq_attr sq = {0}, rq = {0};

    assert_int_equal(efadv_query_qp_wqs(qp, &sq, &rq, sizeof sq), 0);
    assert_int_equal(ibv_destroy_qp(qp), 0);
    assert_int_equal(rq.max_batch, rq.num_entries);
    return sq.max_batch;
}

static void limits_by_device_version(void **state)
{
    static const uint32_t versions[] = {0xefa0, 0xefa1, 0xefa2, 0xefa3, 0xefaf, 0, 1, UINT32_MAX};

    (void)state;
    for (size_t i = 0; i < EFA_ARRAY_SIZE(versions); i++) {
        bool limited = versions[i] != 0xefa0;

        open_adapter(versions[i]);
        assert_log(limited
                       ? "batch limit: at most 16 sends between two doorbells, by device version"
                       : "batch limit: only the queue's depth less one, by device version");
        assert_int_equal(max_batch_of(1), 1);
        assert_int_equal(max_batch_of(2), 1);
        assert_int_equal(max_batch_of(16), 15);
        assert_int_equal(max_batch_of(32), limited ? 16 : 31);
        assert_int_equal(max_batch_of(4096), limited ? 16 : 4095);
        close_adapter();
    }
}

static void the_environment_sets_another_limit(void **state)
{
    static const struct {
        const char *value;
        uint32_t of_a_deep_queue;
    } rows[] = {{"1", 1},       {"7", 7},        {"007", 7},  {"16", 16},
                {"4095", 4095}, {"32768", 4095}, {"0", 4095}, {"", 16}};

    (void)state;
    for (size_t i = 0; i < EFA_ARRAY_SIZE(rows); i++) {
        assert_int_equal(setenv(VARIABLE, rows[i].value, 1), 0);
        open_adapter(0xefa1);
        assert_log(rows[i].value[0]
                       ? "set by EFAWIN_MAX_BATCH (by device version 0xefa1: at most 16 sends"
                       : "by device version 0xefa1 (EFAWIN_MAX_BATCH sets another)");
        assert_int_equal(max_batch_of(4096), rows[i].of_a_deep_queue);
        close_adapter();
    }
    assert_int_equal(unsetenv(VARIABLE), 0);
}

static void wrong_values_are_rejected(void **state)
{
    static const char *const values[] = {
        "-1",      "+1",  "abc", "16 ",   " 16",   "0x10",       "1.5",
        "1e3",     "16k", "all", "32769", "65536", "4294967296", "18446744073709551617",
        "\xc3\xbc"};
    char longer[400];

    (void)state;
    memset(longer, '1', sizeof longer);
    longer[sizeof longer - 1] = '\0';
    for (size_t i = 0; i <= EFA_ARRAY_SIZE(values); i++) {
        const char *value = i < EFA_ARRAY_SIZE(values) ? values[i] : longer;
        char expected[512];

        assert_int_equal(setenv(VARIABLE, value, 1), 0);
        open_adapter(i & 1 ? 0xefa1 : 0xefa0);
        snprintf(expected, sizeof expected, "EFAWIN_MAX_BATCH is \"%s\"; use a number",
                 value == longer ? "(longer than 127 characters)" : value);
        assert_log(expected);
        assert_log(i & 1
                       ? "of sends from 1 to 32768, or 0 for no limit (in force: at most 16 sends "
                         "between two doorbells, by device version 0xefa1)"
                       : "(in force: only the queue's depth less one, by device version 0xefa0");
        assert_int_equal(max_batch_of(64), i & 1 ? 16 : 63);
        close_adapter();
    }
    assert_int_equal(unsetenv(VARIABLE), 0);
}

static uint32_t max_rdma_size(void)
{
    struct efadv_device_attr attr = {0};

    assert_int_equal(efadv_query_device(adapter.world->context, &attr, sizeof attr), 0);
    return attr.max_rdma_size;
}

static void the_environment_sets_the_largest_read(void **state)
{
    static const char *const good[] = {"1", "4096", "0001073741825", "4294967295"};
    static const uint32_t sizes[] = {1, 4096, 1073741825, UINT32_MAX};
    static const char *const wrong[] = {"0", "-1", "1g", "4294967296", "18446744073709551617"};

    (void)state;
    for (size_t i = 0; i < EFA_ARRAY_SIZE(good); i++) {
        assert_int_equal(setenv("EFAWIN_MAX_RDMA_SIZE", good[i], 1), 0);
        open_adapter(0xefa1);
        assert_int_equal(max_rdma_size(), sizes[i]);
        close_adapter();
    }
    for (size_t i = 0; i < EFA_ARRAY_SIZE(wrong); i++) {
        char expected[128];

        assert_int_equal(setenv("EFAWIN_MAX_RDMA_SIZE", wrong[i], 1), 0);
        open_adapter(0xefa1);
        snprintf(expected, sizeof expected,
                 "EFAWIN_MAX_RDMA_SIZE is \"%s\"; use a number of bytes from 1 to 4294967295 (in "
                 "force: 1073741824, by device version 0xefa1)",
                 wrong[i]);
        assert_log(expected);
        assert_int_equal(max_rdma_size(), 1u << 30);
        close_adapter();
    }
    assert_int_equal(unsetenv("EFAWIN_MAX_RDMA_SIZE"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits_by_device_version),
        cmocka_unit_test(the_environment_sets_another_limit),
        cmocka_unit_test(wrong_values_are_rejected),
        cmocka_unit_test(the_environment_sets_the_largest_read),
    };

    return cmocka_run_group_tests_name("the limit of a batch", tests, NULL, NULL);
}
