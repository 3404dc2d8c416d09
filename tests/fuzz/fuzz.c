/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Broken properties, and the log that goes nowhere. */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>

#include "os/log.h"

static unsigned lines;

void fuzz_broken(const char *file, int line, const char *function, const char *condition)
{
    fprintf(stderr, "%s:%d: %s: broken property: %s\n", file, line, function, condition);
    abort();
}

static void count(void *argument, enum efa_log_level level, const char *line)
{
    (void)argument;
    /* A line is text that is not empty and contains no line end. */
    FUZZ_REQUIRE(level <= EFA_LOG_DEBUG && line[0] != '\0' && !strchr(line, '\n'));
    lines++;
}

void fuzz_count_log(void)
{
    efa_log_redirect(count, NULL);
}

unsigned fuzz_log_lines(void)
{
    return lines;
}
