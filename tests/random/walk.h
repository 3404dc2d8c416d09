/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Walking: operations at random or from a script, each planned by the oracle, carried out, and
 * checked. A script that fails is made shorter for as long as it still fails.
 */
#ifndef WALK_WALK_H
#define WALK_WALK_H

#include "oracle.h"

/* Where the operations are carried out. */
struct walk_world {
    void *context;
    bool (*begin)(void *context);      /* a new one, with nothing in it */
    const char *(*end)(void *context); /* NULL, or what is left or went wrong */
    void (*exec)(void *context, const struct walk_plan *plan, struct walk_result *result);
    void (*run)(void *context);          /* the device does all that it has to */
    const char *(*fault)(void *context); /* NULL, or what the device complains of */
    bool is_live;  /* the device works on its own: completions are polled immediately */
    bool separate; /* the clients have nothing of one another's at hand */
};

struct walk_script {
    struct walk_op *ops;
    size_t count, room;
};

struct walk_failure {
    size_t step; /* of the script; its count: at the end */
    int kind;    /* of the operation there; WALK_KINDS: at the end */
    char what[512];
};

/* Over all walks of the process. */
struct walk_tally {
    uint64_t ops[WALK_KINDS];
    uint64_t rejected;            /* calls that failed as expected */
    uint64_t completions, failed; /* and those with a status other than success */
};
extern struct walk_tally walk_tally;

bool walk_append(struct walk_script *script, const struct walk_op *op);
void walk_free(struct walk_script *script);

/* `steps` operations from `seed`, kept in `script`; false where something is not right. */
bool walk_at_random(const struct walk_world *world, enum walk_wrong_rule wrong, uint64_t seed,
                    size_t steps, struct walk_script *script, struct walk_failure *failure);
bool walk_along(const struct walk_world *world, enum walk_wrong_rule wrong,
                const struct walk_script *script, struct walk_failure *failure);

/* Of a script that fails: shorter and simpler, and still failing. */
void walk_shrink(const struct walk_world *world, enum walk_wrong_rule wrong,
                 struct walk_script *script, struct walk_failure *failure);

/* One operation a line; lines that begin with # are not. False where the file is not good. */
bool walk_read(const char *path, struct walk_script *script);
void walk_write(FILE *file, const struct walk_script *script);

#endif
