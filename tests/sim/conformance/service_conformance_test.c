/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Runs the conformance cases over the service, in real time. Without arguments it starts an
 * instance of its own; with --connect SUITE it runs one suite on the one that the environment
 * names, where a case may fail on a machine too busy for the service to look in time. After each
 * case nothing may be left of it. The last line has the counts.
 */
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include "client/service_transport.h"
#include "fronts/service/service.h"
#include "fronts/service/system.h"
#include "service_place.h"
#include "sim_case.h"

/* A service elsewhere works by itself; this long it takes at most to look at what was rung. */
#define LOOK_MILLISECONDS 5u
#define MILLISECOND 1000000u
#define STEP_BUDGET 256u
#define FULL_PART 0xefa1u /* has all that the cases are about */

static jmp_buf leave_case;
static struct efasim_service *service;

void sim_case_failed(const char *file, int line, const char *what, unsigned long long left,
                     unsigned long long right)
{
    printf("%s:%d: %s: %llu and %llu\n", file, line, what, left, right);
    longjmp(leave_case, 1);
}

/*
 * On a busy machine the engine may not have run meanwhile: the adapters work in this thread as
 * well.
 */
static void progress(void *context)
{
    (void)context;
    if (!service) {
        system_sleep(LOOK_MILLISECONDS * MILLISECOND);
        return;
    }
    while (efasim_step(efasim_service_model(service), STEP_BUDGET).more)
        ;
    system_sleep(MILLISECOND);
}

static void report(const char *line)
{
    printf("client: %s\n", line);
}

/* Sessions are closed by their threads, after the client has gone on. */
static bool nothing_is_left(void)
{
    struct efasim_objects objects;

    for (int i = 0; i < 2000 && service; i++) {
        efasim_get_objects(efasim_service_model(service), EFASIM_ALL_DEVICES, &objects);
        if ((objects.clients | objects.pds | objects.mrs | objects.cqs | objects.qps | objects.ahs |
             objects.messages) == 0)
            return true;
        system_sleep(MILLISECOND);
    }
    return !service;
}

static bool run_case(const struct sim_case *test)
{
    static struct service_transport transport;
    static struct sim_world world;
    bool passed;

    memset(&world, 0, sizeof world);
    service_transport_init(&transport, NULL, 0, report);
    world.transport = &transport.transport;
    world.progress = progress;
    passed = setjmp(leave_case) == 0;
    if (passed)
        test->run(&world, test->argument);
    sim_world_close(&world);
    if (nothing_is_left())
        return passed;
    printf("objects are left in the service\n");
    return false;
}

static bool start_service(void)
{
    struct efasim_service_options options = {0};
    struct efasim_instance instance;
    struct efasim_config config;
    char message[256];

    if (!service_place_make())
        return false;
    efasim_config_part(&config, FULL_PART);
    config.poison_send_ring = true;
    options.config = &config;
    options.instance = &instance;
    if (efasim_instance_find(NULL, &instance, message, sizeof message))
        service = efasim_service_start(&options, message, sizeof message);
    if (!service)
        printf("%s\n", message);
    return service != NULL;
}

static bool stop_service(void)
{
    if (!service)
        return true;
    efasim_service_stop(service);
    return service_place_remove();
}

int main(int argc, char **argv)
{
    static const struct sim_suite *const suites[] = {
        &sim_request_suite,   &sim_object_suite, &sim_delivery_suite, &sim_batch_suite,
        &sim_violation_suite, &sim_state_suite,  &sim_status_suite,   &sim_rdma_suite};
    bool connects = argc == 3 && strcmp(argv[1], "--connect") == 0;
    unsigned passed = 0;
    unsigned failed = 0;

    if (!connects && !start_service())
        return 1;
    for (unsigned i = 0; i < sizeof suites / sizeof suites[0]; i++) {
        if (connects && strcmp(suites[i]->name, argv[2]) != 0)
            continue;
        for (size_t k = 0; k < suites[i]->count; k++) {
            if (run_case(&suites[i]->cases[k])) {
                passed++;
            } else {
                failed++;
                printf("FAILED %s: %s\n", suites[i]->name, suites[i]->cases[k].name);
            }
            fflush(stdout);
        }
    }
    failed += !stop_service();
    printf("%u passed, %u failed\n", passed, failed);
    return failed != 0 || passed == 0;
}
