/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Runs the conformance cases over the service, in real time. Without arguments it starts an
 * instance of its own; with --connect SUITE it runs one suite on the one that the environment
 * names, where a case may fail on a machine too busy for the service to look in time. After each
 * case nothing may be left of it.
 */
#include <stdio.h>
#include <string.h>

#include "case_runner.h"
#include "client/service_transport.h"
#include "fronts/service/service.h"
#include "fronts/service/system.h"
#include "service_place.h"

/* A service elsewhere works by itself; this long it takes at most to look at what was rung. */
#define LOOK_MILLISECONDS 5u
#define MILLISECOND 1000000u
#define STEP_BUDGET 256u
#define FULL_PART 0xefa1u /* has all that the cases are about */

static struct efasim_service *service;

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

static void open_world(struct sim_world *world)
{
    static struct service_transport transport;

    service_transport_init(&transport, NULL, 0, report);
    world->transport = &transport.transport;
    world->progress = progress;
}

/* Sessions are closed by their threads, after the client has gone on. */
static bool nothing_is_left(void)
{
    struct efasim_objects objects;

    if (!service)
        return true;
    for (int i = 0; i < 2000; i++) {
        efasim_get_objects(efasim_service_model(service), EFASIM_ALL_DEVICES, &objects);
        if ((objects.clients | objects.pds | objects.mrs | objects.cqs | objects.qps | objects.ahs |
             objects.messages) == 0)
            return true;
        system_sleep(MILLISECOND);
    }
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
    static const struct case_front front = {open_world, nothing_is_left, stop_service};

    if (argc == 3 && strcmp(argv[1], "--connect") == 0)
        return run_cases(&front, 1, argv + 2);
    if (argc != 1) {
        fprintf(stderr, "usage: %s [--connect SUITE]\n", argv[0]);
        return 2;
    }
    return start_service() ? run_cases(&front, 0, NULL) : 1;
}
