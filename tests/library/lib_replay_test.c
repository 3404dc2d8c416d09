/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The whole life of libfabric's provider on the simulated device, with every interface version,
 * both kinds of endpoint, and an adapter that reads remotely.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include "driver/default_transport.h"
#include "lib_support.h"
#include "replay/libfabric_life.h"

struct host {
    struct efasim_inprocess *sim; /* NULL: its engine has its own thread */
    void (*function)(void *argument);
    void *argument;
};

static void idle(void *argument)
{
    struct host *host = argument;

    if (host->sim)
        efasim_inprocess_run(host->sim);
    else
        sched_yield();
}

static void *call(void *argument)
{
    struct host *host = argument;

    host->function(host->argument);
    return NULL;
}

static bool run_elsewhere(void *argument, void (*function)(void *), void *function_argument)
{
    struct host *host = argument;
    pthread_t thread;

    host->function = function;
    host->argument = function_argument;
    return pthread_create(&thread, NULL, call, host) == 0 && pthread_join(thread, NULL) == 0;
}

static void complain(void *argument, const char *line)
{
    (void)argument;
    print_error("%s\n", line);
}

static void live(uint32_t version, bool datagram, bool second_generation, bool engine)
{
    struct efasim_config config;
    struct efasim_inprocess *sim;
    struct efasim_objects objects;
    struct host host = {0};
    struct life_options options = {
        .datagram = datagram,
        .rounds = 2,
        .messages = 700,
        .host = &host,
        .idle = idle,
        .run_elsewhere = run_elsewhere,
        .complain = complain,
    };

    if (second_generation)
        efasim_config_second_generation(&config);
    else
        efasim_config_default(&config);
    config.devices[0].versions = EFASIM_VERSION_BIT(version);
    sim = efasim_inprocess_create(&config);
    assert_non_null(sim);
    efa_set_default_transport(efasim_inprocess_transport(sim, 0));
    if (engine)
        assert_true(efasim_inprocess_start_engine(sim));
    else
        host.sim = sim;
    assert_true(libfabric_life(&options));
    efasim_inprocess_stop_engine(sim);
    efasim_get_objects(efasim_inprocess_model(sim), 0, &objects);
    assert_int_equal(objects.clients + objects.qps + objects.cqs + objects.mrs, 0);
    efa_set_default_transport(NULL);
    efasim_inprocess_destroy(sim);
}

static void reliable_endpoints(void **state)
{
    (void)state;
    for (uint32_t version = 1; version <= 3; version++)
        live(version, false, false, false);
}

static void datagram_endpoints(void **state)
{
    (void)state;
    for (uint32_t version = 1; version <= 3; version++)
        live(version, true, false, false);
}

static void where_the_device_reads(void **state)
{
    (void)state;
    for (uint32_t version = 1; version <= 3; version++)
        live(version, false, true, false);
}

static void with_a_device_at_its_own_pace(void **state)
{
    (void)state;
    live(3, false, true, true);
    live(3, true, true, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reliable_endpoints),
        cmocka_unit_test(datagram_endpoints),
        cmocka_unit_test(where_the_device_reads),
        cmocka_unit_test(with_a_device_at_its_own_pace),
    };

    return cmocka_run_group_tests_name("replay of libfabric", tests, NULL, NULL);
}
