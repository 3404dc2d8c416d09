/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Living a life with a fault. */
#include "trial.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/default_transport.h"
#include "os/log.h"

static unsigned lines_logged;
static char last_line[512];

static void keep_line(void *unused, enum efa_log_level level, const char *line)
{
    (void)unused;
    if (level == EFA_LOG_DEBUG)
        return;
    lines_logged++;
    snprintf(last_line, sizeof last_line, "%s", line);
}

static void violation(void *unused, const char *line)
{
    (void)unused;
    fprintf(stderr, "violation of the device's rules: %s\n", line);
    abort();
}

static void meanwhile(void *context)
{
    efasim_inprocess_run(((struct rig *)context)->sim);
}

static void set_removed(struct rig *rig, bool removed)
{
    assert_int_equal(efasim_set_removed(efasim_inprocess_model(rig->sim), 0, removed), 0);
}

static void remove_device(void *context)
{
    struct rig *rig = context;

    set_removed(rig, true);
    rig->life.is_gone = true;
}

struct rig *rig_create(uint32_t versions)
{
    struct efasim_inprocess_hooks hooks = {.violation = violation};
    struct rig *rig = calloc(1, sizeof *rig);
    struct efasim_config config;

    assert_non_null(rig);
    efasim_config_second_generation(&config);
    config.abort_on_violation = true;
    config.reuse_numbers_at_once = true;
    config.devices[0].versions = versions;
    rig->has_no_states = versions == EFASIM_VERSION_BIT(1);
    rig->sim = efasim_inprocess_create(&config);
    assert_non_null(rig->sim);
    efasim_inprocess_set_hooks(rig->sim, &hooks);
    fault_transport_init(&rig->transport, efasim_inprocess_transport(rig->sim, 0));
    rig->transport.context = rig;
    rig->transport.meanwhile = meanwhile;
    rig->transport.remove = remove_device;
    efa_log_redirect(keep_line, NULL);
    efa_set_default_transport(&rig->transport.transport);
    rig->live_before = fault_memory_live();
    return rig;
}

void rig_destroy(struct rig *rig)
{
    efa_set_default_transport(NULL);
    efa_log_redirect(NULL, NULL);
    efasim_inprocess_destroy(rig->sim);
    free(rig);
}

/* ---- one life ---- */

static void go_wrong(const struct rig *rig, const struct trial *trial, size_t step,
                     const char *what, int got)
{
    unsigned nth = trial->nth_request;

    fail_msg(
        "%s: %s (%d); step %zu, %s; fault %d (value %llu, offset %u) in request %u (0x%x), "
        "allocation %u; last log line: %s",
        rig->life.has_no_states ? "version 1" : "version 3", what, got, step, life_steps[step].call,
        (int)trial->fault.kind, (unsigned long long)trial->fault.value, trial->fault.offset, nth,
        nth ? rig->transport.seen[nth - 1].code : 0, trial->nth_allocation, last_line);
}

static struct efasim_objects objects_of(struct rig *rig)
{
    struct efasim_objects objects;

    efasim_get_objects(efasim_inprocess_model(rig->sim), EFASIM_ALL_DEVICES, &objects);
    objects.messages = 0;
    return objects;
}

static bool has_struck(const struct rig *rig)
{
    return rig->transport.struck || fault_memory_failures() != 0;
}

static int run_step(struct rig *rig, size_t step)
{
    return life_steps[step].run(&rig->life, life_steps[step].argument);
}

/* The call said what it had to; now it must work, and so must all the rest. */
static void try_again(struct rig *rig, const struct trial *trial, size_t step)
{
    int error = run_step(rig, step);

    if (error == EINVAL && trial->may_need_reset)
        error = life_recover(&rig->life, life_steps[step].argument);
    if (error)
        go_wrong(rig, trial, step, "the next attempt fails", error);
}

static void meet_fault(struct rig *rig, const struct trial *trial, size_t step, int error,
                       const struct efasim_objects *before)
{
    struct efasim_objects after = objects_of(rig);

    rig->points++;
    if (error != trial->error)
        go_wrong(rig, trial, step, "not the errno that is documented", error);
    if (!error)
        return;
    if (lines_logged == 0)
        go_wrong(rig, trial, step, "no line was logged", error);
    if (trial->unchanged && memcmp(before, &after, sizeof after) != 0)
        go_wrong(rig, trial, step, "the device's objects are not those of before", error);
    try_again(rig, trial, step);
}

/* Of a device that is gone: no call does worse than say so. */
static void live_on_without(struct rig *rig, const struct trial *trial, size_t step)
{
    rig->points++;
    if (!trial->stays_away) {
        set_removed(rig, false);
        step = life_first_teardown - 1;
    }
    for (step++; step < life_step_count; step++) {
        int error = run_step(rig, step);
        bool is_teardown = step >= life_first_teardown;

        if (error == 0 || error == LIFE_SKIPPED)
            continue;
        /* EINVAL: a queue pair that is not in the state that the step begins with. */
        if (is_teardown || (error != ENODEV && error != ENOMEM && error != EINVAL))
            go_wrong(rig, trial, step, "the device being gone", error);
    }
    if (trial->stays_away)
        set_removed(rig, false);
}

static void check_nothing_is_left(struct rig *rig, const struct trial *trial)
{
    static const struct efasim_objects none;
    struct efasim_objects objects = objects_of(rig);

    if (memcmp(&objects, &none, sizeof none) != 0)
        go_wrong(rig, trial, life_step_count - 1, "the device still has objects",
                 (int)objects.clients);
    if (fault_memory_live() != rig->live_before)
        go_wrong(rig, trial, life_step_count - 1, "the library leaked",
                 (int)(fault_memory_live() - rig->live_before));
}

void rig_live(struct rig *rig, const struct trial *trial)
{
    struct life *life = &rig->life;
    bool met = false;

    memset(life, 0, sizeof *life);
    life->sim = rig->sim;
    life->has_no_states = rig->has_no_states;
    fault_transport_arm(&rig->transport, trial->nth_request, trial->fault);
    fault_memory_arm(trial->nth_allocation);
    for (size_t step = 0; step < life_step_count; step++) {
        struct efasim_objects before = objects_of(rig);
        int error;

        lines_logged = 0;
        last_line[0] = '\0';
        error = run_step(rig, step);
        if (!met && has_struck(rig)) {
            met = true;
            if (life->is_gone) {
                if (error && error != ENODEV)
                    go_wrong(rig, trial, step, "the device being removed", error);
                live_on_without(rig, trial, step);
                break;
            }
            meet_fault(rig, trial, step, error, &before);
        } else if (error) {
            go_wrong(rig, trial, step, "a call fails without a fault", error);
        }
    }
    check_nothing_is_left(rig, trial);
}
