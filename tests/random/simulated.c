/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The library and the simulated device in one process, in virtual time. */
#include "simulated.h"

#include <string.h>

#include "driver/default_transport.h"
#include "exec.h"
#include "os/log.h"
#include "sim/fronts/inprocess/inprocess.h"

enum { UNTIL_PEERS_ARE_GIVEN_UP = 20000000 }; /* ns */

static struct {
    struct efasim_inprocess *sim;
    struct walk_exec exec;
    char violation[256];
} simulated;

static void keep_violation(void *context, const char *line)
{
    (void)context;
    snprintf(simulated.violation, sizeof simulated.violation, "the device's rules: %s", line);
}

static void be_quiet(void *context, enum efa_log_level level, const char *line)
{
    (void)context;
    (void)level;
    (void)line;
}

static void device_is_quiet(void *context, enum efasim_log_level level, const char *line)
{
    (void)context;
    (void)level;
    (void)line;
}

static bool begin(void *context)
{
    struct efasim_inprocess_hooks hooks = {.violation = keep_violation, .log = device_is_quiet};
    struct efasim_config config;

    (void)context;
    efasim_config_second_generation(&config);
    config.abort_on_violation = true; /* calls the hook */
    config.reuse_numbers_at_once = true;
    config.devices[0].default_rnr_retry = 0;
    config.devices[0].max_pd = WALK_MAX_PD;
    config.devices[0].max_mr = WALK_MAX_MR;
    config.devices[0].max_ah = WALK_MAX_AH;
    config.devices[0].max_cq = WALK_MAX_CQ;
    config.devices[0].max_qp = WALK_MAX_QP;
    simulated.violation[0] = '\0';
    simulated.sim = efasim_inprocess_create(&config);
    if (!simulated.sim)
        return false;
    efasim_inprocess_set_hooks(simulated.sim, &hooks);
    efasim_inprocess_set_virtual_time(simulated.sim);
    efa_log_redirect(be_quiet, NULL);
    efa_set_default_transport(efasim_inprocess_transport(simulated.sim, 0));
    return walk_exec_init(&simulated.exec);
}

static const char *fault(void *context)
{
    (void)context;
    return simulated.violation[0] ? simulated.violation : NULL;
}

static const char *end(void *context)
{
    struct efasim_objects objects;
    bool good = walk_exec_end(&simulated.exec);

    efasim_get_objects(efasim_inprocess_model(simulated.sim), EFASIM_ALL_DEVICES, &objects);
    efasim_inprocess_destroy(simulated.sim);
    efa_set_default_transport(NULL);
    efa_log_redirect(NULL, NULL);
    if (!good)
        return "an unused object cannot be destroyed";
    if (objects.clients + objects.pds + objects.mrs + objects.cqs + objects.qps + objects.ahs != 0)
        return "the device still has objects";
    return fault(context);
}

static void exec(void *context, const struct walk_plan *plan, struct walk_result *result)
{
    (void)context;
    walk_exec(&simulated.exec, plan, result);
}

static void run(void *context)
{
    (void)context;
    efasim_inprocess_run(simulated.sim);
    efasim_inprocess_advance(simulated.sim, UNTIL_PEERS_ARE_GIVEN_UP);
}

struct walk_world walk_simulated(void)
{
    return (struct walk_world){
        .begin = begin,
        .end = end,
        .exec = exec,
        .run = run,
        .fault = fault,
    };
}
