/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Command lines of all tools: one table of options serves the parser and --help. Each tool defines
 * its own options.
 */
#ifndef EFA_TOOLS_OPTIONS_H
#define EFA_TOOLS_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Exit statuses, the same in every tool. */
enum tool_exit { TOOL_OK = 0, TOOL_FAILED = 1, TOOL_USAGE = 2, TOOL_WARNINGS = 3 };

enum tool_option_kind {
    TOOL_FLAG,   /* value is a bool, set to true */
    TOOL_NUMBER, /* value is a uint64_t within min and max */
    TOOL_SIZE,   /* the same, and k, m and g multiply by powers of 1024 */
    TOOL_TEXT    /* value is a const char * that points into argv */
};

struct tool_option {
    char letter; /* 0: the long form only */
    const char *name;
    enum tool_option_kind kind;
    void *value;
    uint64_t min;
    uint64_t max;
    const char *argument; /* name of the value in --help */
    const char *help;
};

struct tool_command_line {
    const char *synopsis; /* what follows the program's name in the first line of --help */
    const char *summary;
    const char *examples; /* whole lines */
    const struct tool_option *options;
    size_t option_count;
    const char **operands; /* receives the argument that is not an option; cleared first */
    size_t operand_limit;
    const char *more_statuses; /* addition to the exit statuses in --help; may be NULL */
    size_t first_count;        /* options in --help, the others in --help more; 0: all in --help */
    const char *more;          /* whole lines at the end of --help more */
};

/*
 * Parses argv; --help, with "more" after it where there is more, and --version are understood
 * everywhere. False where the program shall end now, with *status; a usage error has then been
 * printed.
 */
bool tool_parse_options(const struct tool_command_line *line, int argc, char **argv, int *status);

/*
 * Parses a whole number, which may end with k, m or g for powers of `thousand`. False if the
 * `length` characters are not a number, or exceed 64 bits.
 */
bool tool_parse_figure(const char *text, size_t length, uint64_t thousand, uint64_t *figure);

/*
 * The last call of a program. Returns its exit status: TOOL_FAILED if writing to standard output
 * failed.
 */
int tool_end(int status);

#endif
