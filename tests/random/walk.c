/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Walking at random and along a script. */
#include "walk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The number of polls before a completion of a live device counts as missing. */
enum { LOOKS = 200000, TRIES = 100, ONE_IN = 40 };

bool walk_append(struct walk_script *script, const struct walk_op *op)
{
    if (script->count == script->room) {
        size_t room = script->room ? 2 * script->room : 64;
        struct walk_op *ops = realloc(script->ops, room * sizeof *ops);

        if (!ops)
            return false;
        script->ops = ops;
        script->room = room;
    }
    script->ops[script->count++] = *op;
    return true;
}

void walk_free(struct walk_script *script)
{
    free(script->ops);
    memset(script, 0, sizeof *script);
}

struct walk_tally walk_tally;

static void tally(const struct walk_result *result)
{
    walk_tally.rejected += result->error != 0;
    for (int i = 0; i < result->count && i < WALK_MOST_POLLED; i++) {
        walk_tally.completions += result->wc[i].wr_id != 0;
        walk_tally.failed += result->wc[i].status != 0;
    }
}

static bool fail(struct walk_failure *failure, const struct walk_script *script, size_t step,
                 const char *what)
{
    failure->step = step;
    failure->kind = step < script->count ? (int)script->ops[step].kind : WALK_KINDS;
    snprintf(failure->what, sizeof failure->what, "%s", what);
    return false;
}

/* One poll of a CQ of a live device; NULL, or what is wrong with the completions. */
static const char *look(const struct walk_world *world, struct walk_oracle *oracle, int client,
                        int cq, bool has_session)
{
    struct walk_op op = {has_session ? WALK_NEXT_POLL : WALK_POLL, {client, cq, WALK_MOST_POLLED}};
    struct walk_result result;
    struct walk_plan plan;

    if (!walk_oracle_plan(oracle, &op, &plan))
        return "a CQ with completions cannot be polled";
    world->exec(world->context, &plan, &result);
    if (result.count == 0)
        return result.error == 0 || result.error == ENOENT ? NULL : "a poll failed";
    tally(&result);
    plan.count = result.count;
    return walk_oracle_check(oracle, &plan, &result);
}

/* For a live device: waits until everything that must complete has completed. */
static const char *drain(const struct walk_world *world, struct walk_oracle *oracle)
{
    for (int client = 0; client < WALK_CLIENTS; client++) {
        for (int cq = 0; cq < WALK_CQS; cq++) {
            for (unsigned looks = 0; walk_oracle_ready(oracle, client, cq) != 0; looks++) {
                struct walk_op next = {WALK_NEXT_POLL, {client, cq}};
                struct walk_plan plan;
                bool has_session = walk_oracle_plan(oracle, &next, &plan);
                const char *what = look(world, oracle, client, cq, has_session);

                if (what)
                    return what;
                if (looks == LOOKS)
                    return "a completion that must come does not";
                if (looks % 64 == 63)
                    world->run(world->context); /* gives it time */
            }
        }
    }
    return NULL;
}

static void run_device(const struct walk_world *world, struct walk_oracle *oracle)
{
    if (!world->is_live)
        world->run(world->context);
    walk_oracle_run(oracle);
}

/* NULL, or what is wrong. */
static const char *step(const struct walk_world *world, struct walk_oracle *oracle,
                        const struct walk_plan *plan)
{
    struct walk_result result;
    const char *what;

    walk_tally.ops[plan->op.kind]++;
    if (plan->op.kind == WALK_RUN) {
        run_device(world, oracle);
    } else {
        if (plan->run_first)
            run_device(world, oracle);
        world->exec(world->context, plan, &result);
        tally(&result);
        what = walk_oracle_check(oracle, plan, &result);
        if (what)
            return what;
    }
    if (world->is_live) {
        walk_oracle_run(oracle);
        what = drain(world, oracle);
        if (what)
            return what;
    }
    return world->fault(world->context);
}

static bool finish(const struct walk_world *world, const struct walk_script *script,
                   struct walk_failure *failure, bool good)
{
    const char *what = world->end(world->context);

    return good && what ? fail(failure, script, script->count, what) : good;
}

/* One that means something, and mostly one that leads somewhere. */
static void choose(struct walk_oracle *oracle, uint64_t *random, struct walk_plan *plan)
{
    for (unsigned tries = 0; tries < TRIES; tries++) {
        struct walk_op op = walk_random_op(random);

        if (!walk_oracle_plan(oracle, &op, plan))
            continue;
        if (walk_oracle_likes(oracle, plan) || walk_below(random, ONE_IN) == 0)
            return;
        walk_oracle_drop(oracle, plan);
    }
    memset(plan, 0, sizeof *plan);
    plan->op.kind = WALK_RUN;
}

bool walk_at_random(const struct walk_world *world, enum walk_wrong_rule wrong, uint64_t seed,
                    size_t steps, struct walk_script *script, struct walk_failure *failure)
{
    /* Neighbouring seeds shall not begin alike. */
    uint64_t random = (seed + 1) * 0x9e3779b97f4a7c15u | 1;
    struct walk_oracle *oracle = walk_oracle_create(wrong, world->separate, world->is_live);
    bool good = true;

    script->count = 0;
    if (!oracle || !world->begin(world->context)) {
        walk_oracle_destroy(oracle);
        return fail(failure, script, 0, "a world cannot begin");
    }
    while (good && script->count < steps) {
        struct walk_plan plan;

        choose(oracle, &random, &plan);
        if (!walk_append(script, &plan.op)) {
            good = fail(failure, script, script->count, "no memory for the script");
            break;
        }
        const char *what = step(world, oracle, &plan);

        if (what)
            good = fail(failure, script, script->count - 1, what);
    }
    good = finish(world, script, failure, good);
    walk_oracle_destroy(oracle);
    return good;
}

bool walk_along(const struct walk_world *world, enum walk_wrong_rule wrong,
                const struct walk_script *script, struct walk_failure *failure)
{
    struct walk_oracle *oracle = walk_oracle_create(wrong, world->separate, world->is_live);
    bool good = true;

    if (!oracle || !world->begin(world->context)) {
        walk_oracle_destroy(oracle);
        return fail(failure, script, 0, "a world cannot begin");
    }
    for (size_t i = 0; i < script->count && good; i++) {
        struct walk_plan plan;
        const char *what;

        if (!walk_oracle_plan(oracle, &script->ops[i], &plan))
            continue; /* it means nothing any more */
        what = step(world, oracle, &plan);
        if (what)
            good = fail(failure, script, i, what);
    }
    good = finish(world, script, failure, good);
    walk_oracle_destroy(oracle);
    return good;
}

bool walk_read(const char *path, struct walk_script *script)
{
    FILE *file = fopen(path, "r");
    char line[256];
    int number = 0;
    bool good = file != NULL;

    if (!good)
        fprintf(stderr, "%s: cannot be read: %s\n", path, strerror(errno));
    while (good && fgets(line, sizeof line, file)) {
        struct walk_op op;

        number++;
        if (line[0] == '#' || line[strspn(line, " \r\n")] == '\0')
            continue;
        good = walk_parse(line, &op) && walk_append(script, &op);
        if (!good)
            fprintf(stderr, "%s:%d: no operation: %s", path, number, line);
    }
    if (file)
        fclose(file);
    return good;
}

void walk_write(FILE *file, const struct walk_script *script)
{
    char text[256];

    for (size_t i = 0; i < script->count; i++) {
        walk_print(&script->ops[i], text, sizeof text);
        fprintf(file, "%s\n", text);
    }
}
