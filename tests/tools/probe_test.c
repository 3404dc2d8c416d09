/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * What efa_probe makes of an adapter that no simulated one can be. What it makes of those is tested
 * in test_probe.py.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "efa_probe/checked.h"
#include "efa_probe/probe.h"
#include "inprocess/inprocess.h"

#define LARGE_LIMIT (1u << 24) /* the largest that the library accepts */

const char *const tool_name = "probe_test";

void sim_case_failed(const char *file, int line, const char *what, unsigned long long left,
                     unsigned long long right)
{
    print_error("%s: %llu and %llu\n", what, left, right);
    _fail(file, line);
    abort(); /* cmocka does not declare that _fail does not return */
}

static const struct efa_transport *simulated;

static uint32_t open_simulated(const struct efa_transport *transport, void **session)
{
    (void)transport;
    return simulated->open(simulated, session);
}

static void close_simulated(const struct efa_transport *transport, void *session)
{
    (void)transport;
    simulated->close(simulated, session);
}

/* A simulated adapter that never runs out of protection domains. */
static uint32_t domains; /* of the session */

static uint32_t open_large(const struct efa_transport *transport, void **session)
{
    domains = 0;
    return open_simulated(transport, session);
}

/* Only the first protection domain of a session exists. */
static uint32_t request_large(const struct efa_transport *transport, void *session, uint32_t code,
                              const void *input, uint32_t input_size, void *output,
                              uint32_t output_size, uint32_t *returned)
{
    (void)transport;
    if (code == EFA_ALLOC_PD && domains++ != 0) {
        memset(output, 0, output_size);
        *returned = output_size;
        return EFA_WIN32_SUCCESS;
    }
    return simulated->request(simulated, session, code, input, input_size, output, output_size,
                              returned);
}

static const struct efa_transport large = {"large", open_large, request_large, close_simulated};

/* A simulated adapter whose driver reports a limit that cannot be right. */
static uint32_t request_wrong(const struct efa_transport *transport, void *session, uint32_t code,
                              const void *input, uint32_t input_size, void *output,
                              uint32_t output_size, uint32_t *returned)
{
    const uint32_t error = simulated->request(simulated, session, code, input, input_size, output,
                                              output_size, returned);
    struct efa_device_info *info = output;

    (void)transport;
    if (code == EFA_QUERY_DEVICE && error == EFA_WIN32_SUCCESS)
        info->max_qp = 70000;
    return error;
}

static const struct efa_transport wrong = {"wrong", open_simulated, request_wrong, close_simulated};

static void no_progress(void *context)
{
    (void)context;
    fail_msg("the time limit is over");
}

static struct efasim_config config;
static struct efasim_inprocess *inprocess;
static struct probe probe;
static struct sim_world world;

static const struct probe_point *point_named(const char *name)
{
    for (uint32_t i = 0; i < probe.count; i++) {
        if (strcmp(probe.points[i].name, name) == 0)
            return &probe.points[i];
    }
    return NULL;
}

static void learn_limits(void)
{
    struct raw_client client;

    raw_open(&world, &client);
    assert_int_equal(raw_query_device(&client, EFA_INTERFACE_VERSION_NEWEST), 0);
    raw_close(&client);
    probe.version = EFA_INTERFACE_VERSION_NEWEST;
    probe.info = client.info;
}

static int begin(void **state)
{
    (void)state;
    efasim_config_default(&config);
    inprocess = efasim_inprocess_create(&config);
    assert_non_null(inprocess);
    simulated = efasim_inprocess_transport(inprocess, 0);
    memset(&world, 0, sizeof world);
    world.transport = simulated;
    world.progress = no_progress;
    world.context = &probe;
    memset(&probe, 0, sizeof probe);
    probe.assumed = &config;
    probe.deadline_ns = UINT64_MAX;
    learn_limits();
    return 0;
}

static int end(void **state)
{
    (void)state;
    sim_world_close(&world);
    efasim_inprocess_destroy(inprocess);
    return 0;
}

static void limit_that_is_too_large_to_count_has_no_result(void **state)
{
    const struct probe_point *point;

    (void)state;
    world.transport = &large;
    probe.info.max_pd = LARGE_LIMIT;
    probe_counts.run(&world, &probe);
    point = point_named("limit.max_pd");
    assert_non_null(point);
    assert_int_equal(point->state, PROBE_NO_RESULT);
    assert_string_equal(point->found, "at least 131073");
    assert_null(point_named("beyond.max_pd"));
    point = point_named("limit.max_cq");
    assert_non_null(point);
    assert_int_equal(point->state, PROBE_AS_ASSUMED);
}

/* A measurement adds a note to its own point only. */
static void point_beyond_a_full_table_changes_no_other(void **state)
{
    const struct probe_point *last = &probe.points[PROBE_MOST_POINTS - 1];

    (void)state;
    while (probe.count < PROBE_MOST_POINTS)
        probe_note(probe_add(&probe, PROBE_MEASURED, "another", "1"), "of another");
    probe_addresses.run(&world, &probe);
    assert_string_equal(last->name, "another");
    assert_string_equal(last->note, "of another");
}

static char complaint[256];

static void keep_complaint(const char *what)
{
    snprintf(complaint, sizeof complaint, "%s", what);
}

static void limits_that_the_library_rejects_are_not_used(void **state)
{
    struct checked_transport checked;
    struct raw_client client;

    (void)state;
    checked_init(&checked, &wrong, keep_complaint);
    world.transport = &checked.transport;
    raw_open(&world, &client);
    raw_query_device(&client, EFA_INTERFACE_VERSION_NEWEST);
    raw_close(&client);
    assert_non_null(strstr(complaint, "max_qp is 70000, valid are 1 to 65536"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(limit_that_is_too_large_to_count_has_no_result, begin, end),
        cmocka_unit_test_setup_teardown(limits_that_the_library_rejects_are_not_used, begin, end),
        cmocka_unit_test_setup_teardown(point_beyond_a_full_table_changes_no_other, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
