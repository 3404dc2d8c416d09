/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The random walk as a program: any number of steps, and replay of the scripts that it writes. */
#include <inttypes.h>
#include <stdio.h>

#include "common/message.h"
#include "common/options.h"
#include "os/compiler.h"
#include "simulated.h"

/* A walk begins anew after so many steps, so that a failing one can be shortened. */
#define STEPS_AT_A_TIME 2000

const char *const tool_name = "walk";

static const char examples[] =
    "  walk\n"
    "  walk --seed 1000000 --steps 100000000\n"
    "  walk --script failure.txt\n";

static void report(const struct walk_world *world, enum walk_wrong_rule wrong,
                   struct walk_script *script, struct walk_failure *failure)
{
    printf("%s\n", failure->what);
    walk_shrink(world, wrong, script, failure);
    printf(
        "\nShortened to %zu operations, of which the last goes wrong: %s\n"
        "Save them in a file, and replay them by: walk --script FILE\n\n",
        script->count, failure->what);
    walk_write(stdout, script);
}

int main(int argc, char **argv)
{
    uint64_t seed = 1, steps = 100000, wrong = WALK_ALL_RIGHT;
    const char *path = NULL;
    bool verbose = false;
    const struct tool_option options[] = {
        {'s', "seed", TOOL_NUMBER, &seed, 0, UINT64_MAX, "N", "of the first walk (default 1)"},
        {'n', "steps", TOOL_NUMBER, &steps, 1, UINT64_MAX, "N", "over all walks (default 100000)"},
        {0, "script", TOOL_TEXT, &path, 0, 0, "FILE", "operations instead of chance"},
        {0, "wrong-rule", TOOL_NUMBER, &wrong, 0, WALK_WRONG_RULES - 1, "N",
         "use an oracle with a wrong rule, which the walk must detect"},
        {'v', "verbose", TOOL_FLAG, &verbose, 0, 0, NULL, "name each walk as it begins"},
    };
    const struct tool_command_line line = {
        .synopsis = "[options]",
        .summary =
            "Calls of the library at random, each checked against an oracle of what it must "
            "do.",
        .examples = examples,
        .options = options,
        .option_count = EFA_ARRAY_SIZE(options),
    };
    struct walk_world world = walk_simulated();
    struct walk_script script = {NULL, 0, 0};
    struct walk_failure failure;
    uint64_t done = 0;
    bool good = true;
    int status;

    if (!tool_parse_options(&line, argc, argv, &status))
        return status;
    if (path) {
        if (!walk_read(path, &script))
            return TOOL_USAGE;
        good = walk_along(&world, (enum walk_wrong_rule)wrong, &script, &failure);
        done = script.count;
        if (!good)
            printf("step %zu: %s\n", failure.step + 1, failure.what);
    }
    for (; !path && good && done < steps; seed++) {
        size_t now = steps - done < STEPS_AT_A_TIME ? (size_t)(steps - done) : STEPS_AT_A_TIME;

        if (verbose)
            printf("walk --seed %" PRIu64 " --steps %zu\n", seed, now);
        good = walk_at_random(&world, (enum walk_wrong_rule)wrong, seed, now, &script, &failure);
        done += script.count;
        if (!good) {
            printf("walk --seed %" PRIu64 " --steps %zu fails: ", seed, now);
            report(&world, (enum walk_wrong_rule)wrong, &script, &failure);
        }
    }
    walk_free(&script);
    for (int kind = 0; verbose && kind < WALK_KINDS; kind++)
        printf("%10" PRIu64 " %s\n", walk_tally.ops[kind], walk_name((enum walk_kind)kind));
    if (!good)
        return TOOL_FAILED;
    printf("%" PRIu64 " steps, all as the oracle says: %" PRIu64 " rejections, %" PRIu64
           " completions, %" PRIu64 " of them with an error\n",
           done, walk_tally.rejected, walk_tally.completions, walk_tally.failed);
    return TOOL_OK;
}
