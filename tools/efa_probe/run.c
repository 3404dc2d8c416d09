/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Runs the points in order of danger. Each has a time limit and sessions of its own, and leaves
 * nothing behind. After a failed one a message shows whether the adapter still works.
 */
#include "probe.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "checked.h"
#include "common/clock.h"
#include "common/interrupt.h"
#include "common/message.h"

/* How long an adapter takes at most to start what a doorbell announced. Assumed. */
#define LOOK_MS 5
/* A point that checks its time exceeds it by less. Assumed. */
#define GRACE_MS 3000u
#define HEALTH_MS 3000u
/* Closing sessions, which destroys up to 100000 objects; more is taken for a hang. Assumed. */
#define CLOSE_MS 120000u

/* What is run: a case or a measurement. */
struct task {
    char name[PROBE_NAME_SIZE];
    enum sim_danger danger;
    const struct sim_case *test;
    const struct sim_suite *suite;
    const struct probe_measurement *measurement;
};

enum { MOST_TASKS = 640 };

/* The batch limit before what sends batches. */
static const struct probe_measurement *const measurements[] = {
    &probe_versions, &probe_reported,  &probe_sub_cqs, &probe_numbers, &probe_unsignaled,
    &probe_flush,    &probe_destroyed, &probe_single,  &probe_errors,  &probe_addresses,
    &probe_beyond,   &probe_messages,  &probe_rdma,    &probe_rnr,     &probe_counts,
    &probe_batch,    &probe_peer,      &probe_costs,   &probe_speed};

/* Of the thread that runs a point. */
static struct probe *running;
static struct sim_world world;
static struct checked_transport checked;

void sim_case_failed(const char *file, int line, const char *what, unsigned long long left,
                     unsigned long long right)
{
    (void)file;
    (void)line;
    if (!running->failure[0])
        snprintf(running->failure, sizeof running->failure, "%s: %llu and %llu", what, left, right);
    guard_leave();
}

static void reply_is_wrong(const char *what)
{
    snprintf(running->failure, sizeof running->failure, "%s", what);
    guard_leave();
}

static void let_time_pass(void *context)
{
    const struct probe *probe = context;

    if (tool_now_ns() > probe->deadline_ns) {
        snprintf(running->failure, sizeof running->failure, "no reply within the time limit");
        guard_leave();
    }
    tool_sleep_ms(LOOK_MS);
}

/* The work of a guarded thread. */
struct call {
    probe_function *function;
    void *argument;
};

static void make_call(void *argument)
{
    const struct call *call = argument;

    call->function(&world, call->argument);
}

static void run_task(struct sim_world *used, void *argument)
{
    const struct task *task = argument;

    if (task->test) {
        checked.kills = true; /* cases close sessions to let a peer die */
        task->test->run(used, task->test->argument);
    } else {
        task->measurement->run(used, running);
    }
}

static void close_world(void *argument)
{
    (void)argument;
    checked.kills = false;
    sim_world_close(&world);
}

static void open_world(struct probe *probe, unsigned limit_ms)
{
    memset(&world, 0, sizeof world);
    world.transport = &checked.transport;
    world.progress = let_time_pass;
    world.context = probe;
    probe->failure[0] = '\0';
    probe->deadline_ns = tool_now_ns() + (uint64_t)limit_ms * 1000000u;
}

/* GUARD_STUCK: the thread is still there. */
static enum guard_end run_guarded(struct probe *probe, probe_function *function, void *argument,
                                  unsigned limit_ms)
{
    static struct call call; /* a thread that is stuck still has it */
    enum guard_end end;

    running = probe;
    checked_init(&checked, probe->transport, reply_is_wrong);
    call.function = function;
    call.argument = argument;
    open_world(probe, limit_ms);
    end = guard_run(make_call, &call, limit_ms + GRACE_MS);
    if (end == GUARD_STUCK || end == GUARD_NO_THREAD)
        return end;
    return guard_run(close_world, NULL, CLOSE_MS) == GUARD_STUCK ? GUARD_STUCK : end;
}

bool probe_run_guarded(struct probe *probe, probe_function *function, void *argument,
                       unsigned limit_ms)
{
    return run_guarded(probe, function, argument, limit_ms) != GUARD_STUCK;
}

/* Sends a message to itself, like a correct client. */
static void check_health(struct sim_world *used, void *argument)
{
    const struct raw_options options = probe_options(running, EFA_DRIVER_QP_UD);
    struct efa_send_descriptor d;
    struct raw_endpoint e;
    (void)argument;

    raw_endpoint_open(used, &e, &options);
    d = raw_send_descriptor(&e, &e, 0, 0, 8);
    CHECK(probe_send_status(&e, &d) >= 0);
}

static bool is_healthy(struct probe *probe)
{
    for (unsigned i = 0; i < 3; i++) {
        if (run_guarded(probe, check_health, NULL, HEALTH_MS) == GUARD_RETURNED)
            return true;
    }
    return false;
}

/* NULL: the task can be run. */
static const char *obstacle(const struct probe *probe, const struct task *task)
{
    const uint32_t both = EFA_FEATURE_RDMA_READ | EFA_FEATURE_RNR_RETRY;

    if (task->measurement) {
        if (task->measurement == &probe_peer && !probe->server.host)
            return "needs a second instance: --peer";
        if (probe->version < task->measurement->version)
            return "needs interface version 2 of the driver, for MODIFY_QP";
        if ((task->measurement->features & ~probe->info.supported_features) != 0)
            return "the adapter lacks the feature";
        return NULL;
    }
    if (probe->version < EFA_INTERFACE_VERSION_3)
        return "needs interface version 3 of the driver";
    if ((task->suite == &sim_state_suite || task->suite == &sim_status_suite ||
         task->suite == &sim_rdma_suite) &&
        (probe->info.supported_features & both) != both)
        return "needs RDMA read and RNR retry";
    return NULL;
}

static void record_case(struct probe *probe, const struct task *task, enum guard_end end)
{
    const bool passed = end == GUARD_RETURNED;

    probe_note(probe_add(probe, passed ? PROBE_AS_ASSUMED : PROBE_DIFFERS, task->name,
                         passed ? "holds" : "does not hold"),
               "%s", probe->failure);
}

static void record_failure(struct probe *probe, const struct task *task)
{
    probe_note(probe_add(probe, PROBE_NO_RESULT, task->name, "ended early"), "%s", probe->failure);
}

/* False to end the run. */
static bool run_one(struct probe *probe, const struct task *task, unsigned limit_ms, bool *stuck)
{
    const char *hindered = obstacle(probe, task);
    enum guard_end end;

    probe->danger = task->danger;
    if (hindered) {
        probe_add(probe, PROBE_NOT_RUN, task->name, "%s", hindered);
        return true;
    }
    end = run_guarded(probe, run_task, (void *)(uintptr_t)task, limit_ms);
    if (end == GUARD_NO_THREAD) {
        tool_error("a thread cannot be started: end other programs, then try again");
        return false;
    }
    if (end == GUARD_STUCK) {
        *stuck = true;
        probe_note(probe_add(probe, PROBE_NO_RESULT, task->name, "a request never returned"),
                   "no reply within %u ms", limit_ms + GRACE_MS);
        tool_error(
            "%s: the driver does not reply to a request; Windows frees the objects when this "
            "process ends",
            task->name);
        return false;
    }
    if (task->test)
        record_case(probe, task, end);
    else if (end == GUARD_LEFT)
        record_failure(probe, task);
    if (end == GUARD_RETURNED || is_healthy(probe))
        return true;
    tool_error(
        "the adapter stopped working at %s (%s): end other programs that use it, disable and "
        "enable it in the Device Manager, then try again",
        task->name, probe->failure);
    return false;
}

static void name_case(struct task *task)
{
    snprintf(task->name, sizeof task->name, "case.%s.%s", task->suite->name, task->test->name);
    for (char *p = task->name; *p; p++)
        *p = *p == ' ' ? '_' : (char)tolower((unsigned char)*p);
}

static bool is_chosen(const struct task *task, const struct probe_choice *choice)
{
    if (choice->only && strncmp(task->name, choice->only, strlen(choice->only)) != 0 &&
        strncmp(task->name, choice->only, strlen(task->name)) != 0)
        return false;
    if (task->danger > choice->most)
        return false;
    if (task->test)
        return !choice->no_cases;
    return !choice->quick || task->measurement->is_quick;
}

/* In order of danger; at equal danger the measurements first. */
static unsigned choose(struct task *chosen, const struct probe_choice *choice)
{
    unsigned count = 0;

    for (int danger = 0; danger < SIM_DANGERS; danger++) {
        for (size_t i = 0; i < EFA_ARRAY_SIZE(measurements); i++) {
            struct task task = {{0}, measurements[i]->danger, NULL, NULL, measurements[i]};

            snprintf(task.name, sizeof task.name, "%s", measurements[i]->name);
            if ((int)task.danger == danger && is_chosen(&task, choice) && count < MOST_TASKS)
                chosen[count++] = task;
        }
        for (size_t i = 0; i < SIM_SUITES; i++) {
            for (size_t k = 0; k < sim_suites[i]->count; k++) {
                const struct sim_case *test = &sim_suites[i]->cases[k];
                struct task task = {{0}, sim_suites[i]->danger, test, sim_suites[i], NULL};

                if (test->danger > task.danger)
                    task.danger = test->danger;
                name_case(&task);
                if ((int)task.danger == danger && is_chosen(&task, choice) && count < MOST_TASKS)
                    chosen[count++] = task;
            }
        }
    }
    return count;
}

/* Static, because it is large; only the main thread uses it. */
static struct task tasks[MOST_TASKS];

bool probe_check_choice(const struct probe_choice *choice)
{
    struct probe_choice all = {0};

    if (choose(tasks, choice) != 0)
        return true;
    all.most = SIM_BREAKS_RULES;
    all.only = choice->only;
    if (choose(tasks, &all) == 0)
        tool_error("no point begins with '%s': efa_probe --all --list shows the names",
                   choice->only);
    else if (choice->no_cases || choice->quick)
        tool_error("--%s leaves out all points that begin with '%s': leave it out",
                   choice->no_cases ? "no-cases" : "quick", choice->only);
    else
        tool_error("the points that begin with '%s' need --%s: they are of the kind \"%s\"",
                   choice->only, tasks[0].danger < SIM_BREAKS_RULES ? "exclusive" : "all",
                   probe_danger_names[tasks[0].danger]);
    return false;
}

void probe_list(const struct probe_choice *choice)
{
    const unsigned count = choose(tasks, choice);

    for (unsigned i = 0; i < count; i++)
        printf("%-14s  %s\n", probe_danger_names[tasks[i].danger], tasks[i].name);
}

bool probe_run(struct probe *probe, const struct probe_choice *choice, bool *stuck)
{
    const unsigned count = choose(tasks, choice);
    char line[128];

    for (unsigned i = 0; i < count; i++) {
        if (tool_interrupted()) {
            tool_error("interrupted before %s", tasks[i].name);
            return false;
        }
        snprintf(line, sizeof line, "%u of %u: %.*s", i + 1, count, PROBE_NAME_SIZE - 1,
                 tasks[i].name);
        report_progress(line);
        if (!run_one(probe, &tasks[i], choice->limit_ms, stuck))
            return false;
    }
    return true;
}
