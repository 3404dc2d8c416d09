/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Making a failing script short: parts are left out, large ones first, for as long as anything can
 * go; then arguments are made small. Operations that mean nothing without others are skipped by the
 * walk, so that every part of a script is a script.
 */
#include <stdlib.h>
#include <string.h>

#include "walk.h"

struct shrinking {
    const struct walk_world *world;
    enum walk_wrong_rule wrong;
    struct walk_script *script, trial;
    struct walk_failure *failure;
};

/* The same thing goes wrong, though perhaps with other numbers. */
static bool is_alike(const struct walk_failure *a, const struct walk_failure *b)
{
    const char *end = strstr(a->what, " is ");
    size_t length = end ? (size_t)(end - a->what) : strlen(a->what);

    return a->kind == b->kind && strncmp(a->what, b->what, length) == 0;
}

/* Takes the trial over where it fails, too. */
static bool still_fails(struct shrinking *s)
{
    struct walk_failure failure;
    struct walk_script kept;

    if (walk_along(s->world, s->wrong, &s->trial, &failure) || !is_alike(&failure, s->failure))
        return false;
    /* What comes after the failure has no part in it. */
    if (failure.step + 1 < s->trial.count)
        s->trial.count = failure.step + 1;
    kept = *s->script;
    *s->script = s->trial;
    s->trial = kept;
    *s->failure = failure;
    return true;
}

static bool without(struct shrinking *s, size_t from, size_t count)
{
    s->trial.count = 0;
    for (size_t i = 0; i < s->script->count; i++)
        if ((i < from || i >= from + count) && !walk_append(&s->trial, &s->script->ops[i]))
            return false;
    return still_fails(s);
}

static bool leave_out(struct shrinking *s)
{
    bool any = false;

    for (size_t part = (s->script->count + 1) / 2; part != 0; part /= 2) {
        size_t from = 0;

        while (from < s->script->count) {
            if (without(s, from, part))
                any = true;
            else
                from += part;
        }
    }
    return any;
}

static void make_small(struct shrinking *s)
{
    for (size_t i = 0; i < s->script->count; i++) {
        for (int a = 0; a < WALK_ARGS && i < s->script->count; a++) {
            struct walk_op small = s->script->ops[i];

            while (small.a[a] > walk_least(small.kind, a)) {
                small.a[a]--;
                s->trial.count = 0;
                for (size_t j = 0; j < s->script->count; j++)
                    if (!walk_append(&s->trial, j == i ? &small : &s->script->ops[j]))
                        return;
                if (!still_fails(s))
                    break;
            }
        }
    }
}

void walk_shrink(const struct walk_world *world, enum walk_wrong_rule wrong,
                 struct walk_script *script, struct walk_failure *failure)
{
    struct shrinking s = {world, wrong, script, {NULL, 0, 0}, failure};

    if (failure->step + 1 < script->count)
        script->count = failure->step + 1;
    while (leave_out(&s))
        ;
    make_small(&s);
    while (leave_out(&s))
        ;
    walk_free(&s.trial);
}
