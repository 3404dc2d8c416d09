/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * A recording: the verbs calls of a program's processes, in their order, a call a line:
 *
 *     SIDE CALL NAME=VALUE... {KIND NAME=VALUE...}*COUNT:STEP,... -> RESULT
 *
 * SIDE is the number of a process. Objects are kind and number (cq0), those of another process
 * with its number (1.qp0). Data are mr0+OFFSET:LENGTH. A group is a work request or a completion;
 * COUNT says how many follow each other, each with its data STEP bytes further on (a step for each
 * of the data). Lines between `repeat N` and `end` are made N times. tests/clients/record makes
 * recordings.
 *
 * The call `await` is not the program's: a completion has come, which a later line takes.
 */
#ifndef RECORDING_H
#define RECORDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAX_PAIRS 20
#define MAX_SIDES 4
#define MAX_DATA 8 /* of a work request */

struct pair {
    const char *name, *value;
};

struct group {
    const char *kind;
    const char *text; /* all of it, without the braces */
    struct pair pairs[MAX_PAIRS];
    unsigned pair_count;
    unsigned count;
    int64_t steps[MAX_DATA];
};

struct line {
    unsigned number; /* in the file */
    unsigned side;
    const char *call;
    struct pair pairs[MAX_PAIRS];
    unsigned pair_count;
    struct group *groups;
    unsigned group_count;
    const char *result;
};

struct recording {
    const char *path;
    unsigned sides;
    struct line *lines;
    unsigned line_count;
    unsigned *steps; /* indices of lines, with repetitions written out */
    unsigned step_count;
};

/* Complains on stderr and returns false if the file cannot be read or a line is malformed. */
bool recording_read(struct recording *recording, const char *path);

/* The value of a name, or NULL. */
const char *pair_value(const struct pair *pairs, unsigned count, const char *name);
/* The number of a name, 0 without it. */
uint64_t line_number_of(const struct line *line, const char *name);

#endif
