/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The random walk of two Windows processes on the driver: each client is a separate process, and
 * one oracle, in the parent, knows what both must see. The child carries out operations that it
 * reads from a pipe. The device works on its own, so the walk waits for each message before the
 * next operation.
 */
#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <efawin.h>

#include "child_process.h"
#include "common/message.h"
#include "common/options.h"
#include "exec.h"
#include "os/compiler.h"
#include "sim_control.h"
#include "walk.h"

#define STEPS_AT_A_TIME 1000
#define CHILD_WAIT_S 30

const char *const tool_name = "walk_pair";

static struct {
    struct walk_exec exec;
    HANDLE child, to_child, from_child;
    bool is_lost; /* the child no longer replies */
} pair;

static bool read_all(HANDLE pipe, void *data, DWORD size)
{
    char *at = data;

    while (size != 0) {
        DWORD got = 0;

        if (!ReadFile(pipe, at, size, &got, NULL) || got == 0)
            return false;
        at += got;
        size -= got;
    }
    return true;
}

static bool write_all(HANDLE pipe, const void *data, DWORD size)
{
    DWORD written = 0;

    return WriteFile(pipe, data, size, &written, NULL) && written == size;
}

/* ---- the child ---- */

static int serve(HANDLE in, HANDLE out)
{
    struct walk_result result;
    struct walk_plan plan;

    if (!walk_exec_init(&pair.exec))
        return 1;
    while (read_all(in, &plan, sizeof plan)) {
        walk_exec(&pair.exec, &plan, &result);
        if (!write_all(out, &result, sizeof result))
            return 1;
    }
    return walk_exec_end(&pair.exec) ? 0 : 1;
}

/* ---- the parent ---- */

/* A pipe of which the child gets one end. */
static bool make_pipe(HANDLE *read_end, HANDLE *write_end, HANDLE *ours)
{
    SECURITY_ATTRIBUTES inherited = {sizeof inherited, NULL, TRUE};

    return CreatePipe(read_end, write_end, &inherited, 0) &&
           SetHandleInformation(*ours, HANDLE_FLAG_INHERIT, 0);
}

static bool begin(void *context)
{
    HANDLE child_in, child_out;
    char arguments[64];

    (void)context;
    pair.is_lost = false;
    if (!walk_exec_init(&pair.exec) || !make_pipe(&child_in, &pair.to_child, &pair.to_child) ||
        !make_pipe(&pair.from_child, &child_out, &pair.from_child))
        return false;
    snprintf(arguments, sizeof arguments, "child %llu %llu",
             (unsigned long long)(uintptr_t)child_in, (unsigned long long)(uintptr_t)child_out);
    pair.child = child_start(arguments);
    CloseHandle(child_in);
    CloseHandle(child_out);
    return pair.child != NULL;
}

static const char *end(void *context)
{
    bool good;

    (void)context;
    CloseHandle(pair.to_child);
    good = child_wait(pair.child, CHILD_WAIT_S) == 0;
    CloseHandle(pair.from_child);
    if (!walk_exec_end(&pair.exec) || !good)
        return "an unused object cannot be destroyed";
    return sim_becomes_clean() ? NULL : "the device still has objects";
}

static void exec(void *context, const struct walk_plan *plan, struct walk_result *result)
{
    (void)context;
    if (plan->op.a[0] == 0) {
        walk_exec(&pair.exec, plan, result);
        return;
    }
    if (pair.is_lost || !write_all(pair.to_child, plan, sizeof *plan) ||
        !read_all(pair.from_child, result, sizeof *result)) {
        pair.is_lost = true;
        memset(result, 0, sizeof *result);
        result->error = -1;
    }
}

/* The device works on its own: this waits for it. */
static void run(void *context)
{
    (void)context;
    Sleep(1);
}

static const char *fault(void *context)
{
    (void)context;
    return pair.is_lost ? "the other process does not reply" : NULL;
}

static const struct walk_world world = {
    .begin = begin,
    .end = end,
    .exec = exec,
    .run = run,
    .fault = fault,
    .is_live = true,
    .separate = true,
};

static void report(struct walk_script *script, struct walk_failure *failure, bool shrinks)
{
    printf("step %llu: %s\n", (unsigned long long)failure->step + 1, failure->what);
    if (!shrinks)
        return;
    walk_shrink(&world, WALK_ALL_RIGHT, script, failure);
    printf("Shortened; replay by: walk_pair --script FILE\n\n");
    walk_write(stdout, script);
}

int main(int argc, char **argv)
{
    uint64_t seed = 1, steps = 3000, done = 0;
    const char *path = NULL;
    bool shrinks = false, good = true;
    const struct tool_option options[] = {
        {'s', "seed", TOOL_NUMBER, &seed, 0, UINT64_MAX, "N", "of the first walk (default 1)"},
        {'n', "steps", TOOL_NUMBER, &steps, 1, UINT64_MAX, "N", "over all walks (default 3000)"},
        {0, "script", TOOL_TEXT, &path, 0, 0, "FILE", "operations instead of chance"},
        {0, "shrink", TOOL_FLAG, &shrinks, 0, 0, NULL, "shorten a failing walk: takes minutes"},
    };
    const struct tool_command_line line = {
        .synopsis = "[options]",
        .summary = "The random walk of two processes, on the simulated EFA with adapter.conf.",
        .examples = "  walk_pair --seed 7 --steps 100000\n",
        .options = options,
        .option_count = EFA_ARRAY_SIZE(options),
    };
    struct walk_script script = {NULL, 0, 0};
    struct walk_failure failure;
    int status;

    if (efa_load_efawin_lib() != 0) {
        tool_error("efawin.dll cannot be loaded: put it beside this program");
        return TOOL_FAILED;
    }
    if (argc == 4 && strcmp(argv[1], "child") == 0)
        return serve((HANDLE)(uintptr_t)strtoull(argv[2], NULL, 10),
                     (HANDLE)(uintptr_t)strtoull(argv[3], NULL, 10));
    if (!tool_parse_options(&line, argc, argv, &status))
        return status;
    if (path) {
        if (!walk_read(path, &script))
            return TOOL_USAGE;
        good = walk_along(&world, WALK_ALL_RIGHT, &script, &failure);
        if (!good)
            report(&script, &failure, shrinks);
        done = script.count;
    }
    for (; !path && good && done < steps; seed++) {
        size_t now = steps - done < STEPS_AT_A_TIME ? (size_t)(steps - done) : STEPS_AT_A_TIME;

        good = walk_at_random(&world, WALK_ALL_RIGHT, seed, now, &script, &failure);
        done += script.count;
        if (!good) {
            printf("walk_pair --seed %llu --steps %llu fails\n", (unsigned long long)seed,
                   (unsigned long long)now);
            report(&script, &failure, shrinks);
        }
    }
    walk_free(&script);
    if (!good)
        return TOOL_FAILED;
    printf(
        "%llu steps of two processes, all as the oracle says: %llu rejections, %llu completions, "
        "%llu of them with an error\n",
        (unsigned long long)done, (unsigned long long)walk_tally.rejected,
        (unsigned long long)walk_tally.completions, (unsigned long long)walk_tally.failed);
    return TOOL_OK;
}
