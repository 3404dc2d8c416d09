/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Known defect 41: lines that repeat as long as a program retries, and the errors once the adapter
 * is gone; see defects.h.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "defects.h"
#include "driver/protocol.h"
#include "driver/win32_error.h"
#include "lib_support.h"
#include "os/compiler.h"
#include "os/log.h"

static char memory[64];

/* Lines of each level since count_lines(). */
static unsigned lines[EFA_LOG_DEBUG + 1];

static void count_line(void *argument, enum efa_log_level level, const char *line)
{
    (void)argument;
    (void)line;
    lines[level]++;
}

static void count_lines(void)
{
    memset(lines, 0, sizeof lines);
    efa_log_redirect(count_line, NULL);
}

static unsigned noticed(void) /* unless EFAWIN_LOG_LEVEL says otherwise */
{
    return lines[EFA_LOG_ERROR] + lines[EFA_LOG_WARN];
}

static struct ibv_ah *make(struct world *world, uint32_t peer)
{
    struct ibv_ah_attr attr = {.is_global = 1, .port_num = 1};

    attr.grh.dgid.raw[0] = 0xfd;
    memcpy(&attr.grh.dgid.raw[12], &peer, sizeof peer);
    errno = 0;
    return ibv_create_ah(world->pd, &attr);
}

static struct world *world_of_few(void)
{
    struct efasim_config config;

    efasim_config_default(&config);
    config.devices[0].max_ah = 3;
    config.devices[0].max_mr = 1;
    config.devices[0].max_cq = 1;
    config.devices[0].max_pd = 1;
    return world_create(&config);
}

/* What libfabric does with peers: when the table is full, it evicts one for the next. */
static void row_41_a_full_table_is_logged_once(void **state)
{
    struct world *world = world_of_few();
    struct ibv_ah *ahs[2] = {make(world, 0), make(world, 1)};

    (void)state;
    count_lines();
    for (uint32_t i = 2; i < 202; i++) {
        assert_null(make(world, i));
        assert_int_equal(errno, ENOMEM);
        assert_int_equal(ibv_destroy_ah(ahs[i % 2]), 0);
        ahs[i % 2] = make(world, i);
        assert_non_null(ahs[i % 2]);
    }
    assert_int_equal(lines[EFA_LOG_ERROR], 1);
    assert_int_equal(noticed(), 1);
    assert_true(lines[EFA_LOG_DEBUG] >= 200);
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(ibv_destroy_ah(ahs[i]), 0);
    world_destroy(world);
}

/* Memory regions are evicted from caches too; the table of each kind has its own line. */
static void row_41_so_are_the_other_full_tables(void **state)
{
    struct world *world = world_of_few();
    struct ibv_cq *cq = make_cq(world, 4);
    struct ibv_mr *mr = ibv_reg_mr(world->pd, memory, sizeof memory, 0);

    (void)state;
    count_lines();
    for (unsigned i = 1; i <= 20; i++) {
        assert_null(ibv_reg_mr(world->pd, memory, sizeof memory, 0));
        assert_null(ibv_create_cq(world->context, 4, NULL, NULL, 0));
        assert_null(ibv_alloc_pd(world->context));
        assert_int_equal(errno, ENOMEM);
        assert_int_equal(noticed(), 3);
    }
    assert_int_equal(ibv_dereg_mr(mr), 0);
    assert_int_equal(ibv_destroy_cq(cq), 0);
    world_destroy(world);
}

static void remove_adapter(struct world *world)
{
    efasim_set_removed(efasim_inprocess_model(world->sim), 0, true);
}

static void row_41_an_adapter_that_is_gone_has_no_active_port(void **state)
{
    struct world *world = *state;
    struct ibv_device_attr_ex extended;
    struct ibv_device_attr device;
    struct efadv_device_attr direct;
    struct ibv_port_attr port;
    union ibv_gid gid;

    assert_int_equal(ibv_query_port(world->context, 1, &port), 0);
    assert_int_equal(port.state, IBV_PORT_ACTIVE);
    remove_adapter(world);
    memset(&port, 0, sizeof port);
    assert_int_equal(ibv_query_port(world->context, 1, &port), ENODEV);
    assert_int_equal(port.state, 0);
    assert_int_equal((ibv_query_port)(world->context, 1, &port), ENODEV);
    assert_int_equal(ibv_query_device(world->context, &device), ENODEV);
    assert_int_equal(ibv_query_device_ex(world->context, NULL, &extended), ENODEV);
    /* As with the Linux provider, these are known since opening. */
    assert_int_equal(efadv_query_device(world->context, &direct, sizeof direct), 0);
    assert_int_equal(ibv_query_gid(world->context, 1, 0, &gid), 0);
}

static void row_41_a_peer_that_is_known_needs_the_adapter_too(void **state)
{
    struct world *world = *state;
    struct ibv_ah *first = make(world, 1), *second;
    struct ibv_port_attr port;

    remove_adapter(world);
    second = make(world, 1); /* no command was sent since */
    assert_non_null(second);
    assert_int_equal(ibv_query_port(world->context, 1, &port), ENODEV);
    assert_null(make(world, 1));
    assert_int_equal(errno, ENODEV);
    assert_int_equal(ibv_destroy_ah(first), 0);
    assert_int_equal(ibv_destroy_ah(second), 0);
}

/* A driver that failed once in that way, and works again. */
static void row_41_an_adapter_that_only_seemed_gone(void **state)
{
    struct world *world = *state;
    struct ibv_ah *first = make(world, 1), *second;
    struct intercept_rule *rule = intercept_add(&world->intercept, EFA_REG_MR);

    rule->error = EFA_WIN32_ACCESS_DENIED;
    assert_null(ibv_reg_mr(world->pd, memory, sizeof memory, 0));
    assert_int_equal(errno, EACCES);
    second = make(world, 1);
    assert_non_null(second);
    intercept_clear(&world->intercept);
    assert_int_equal(ibv_destroy_ah(first), 0);
    assert_int_equal(ibv_destroy_ah(second), 0);
}

static void row_41_what_goes_with_the_adapter_is_logged_once(void **state)
{
    struct world *world = *state;
    struct ibv_ah *ahs[50];
    struct ibv_mr *mrs[50];
    struct ibv_port_attr port;

    for (uint32_t i = 0; i < 50; i++) {
        assert_non_null(ahs[i] = make(world, i));
        assert_non_null(mrs[i] = ibv_reg_mr(world->pd, memory, sizeof memory, 0));
    }
    remove_adapter(world);
    count_lines();
    for (unsigned i = 0; i < 10; i++)
        assert_int_equal(ibv_query_port(world->context, 1, &port), ENODEV);
    for (unsigned i = 0; i < 50; i++) {
        assert_null(ibv_alloc_pd(world->context));
        assert_int_equal(ibv_destroy_ah(ahs[i]), 0);
        assert_int_equal(ibv_dereg_mr(mrs[i]), 0);
    }
    assert_int_equal(lines[EFA_LOG_ERROR], 1);
    assert_int_equal(lines[EFA_LOG_WARN], 0);
}

static void row_41_a_negative_depth_is_logged_as_it_was_given(void **state)
{
    static const int depths[] = {-1, -4096, INT_MIN};
    struct world *world = *state;

    for (unsigned i = 0; i < EFA_ARRAY_SIZE(depths); i++) {
        char expected[64];

        log_forget();
        assert_null(ibv_create_cq(world->context, depths[i], NULL, NULL, 0));
        snprintf(expected, sizeof expected, "cqe %d; the adapter takes 1 to 32768", depths[i]);
        assert_log(expected);
    }
    log_forget();
    assert_null(ibv_create_cq(world->context, 4, NULL, NULL, -2));
    assert_log("comp_vector -2");
}

int defects_log(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(row_41_a_full_table_is_logged_once),
        cmocka_unit_test(row_41_so_are_the_other_full_tables),
        WORLD_TEST(row_41_an_adapter_that_is_gone_has_no_active_port),
        WORLD_TEST(row_41_a_peer_that_is_known_needs_the_adapter_too),
        WORLD_TEST(row_41_an_adapter_that_only_seemed_gone),
        WORLD_TEST(row_41_what_goes_with_the_adapter_is_logged_once),
        WORLD_TEST(row_41_a_negative_depth_is_logged_as_it_was_given),
    };

    return cmocka_run_group_tests_name("known defects, log lines", tests, NULL, NULL);
}
