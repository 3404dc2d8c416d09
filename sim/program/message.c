/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Messages to the user. */
#include "program.h"

#include <stdarg.h>
#include <stdio.h>

void program_say(const char *format, ...)
{
    char line[1024];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    fprintf(stderr, "efasim: %s\n", line);
    fflush(stderr); /* some C runtimes hold lines back where it is a file */
}

int program_end(int status)
{
    static bool is_reported;

    if (is_reported || (fflush(stdout) == 0 && !ferror(stdout)))
        return status;
    is_reported = true;
    program_say(
        "writing to standard output failed: see where it goes, and whether the disk is full");
    return status == PROGRAM_OK || status == PROGRAM_DIFFERS ? PROGRAM_FAILED : status;
}

int program_usage(const char *what, const char *argument)
{
    program_say("%s%s%s%s; see efasim --help", what, argument ? ": '" : "",
                argument ? argument : "", argument ? "'" : "");
    return PROGRAM_USAGE;
}

bool program_is_option(const char *argument)
{
    return argument[0] == '-' && argument[1] != '\0';
}

const char *program_value(int argc, char **argv, int *i)
{
    const char *value = *i + 1 < argc ? argv[*i + 1] : NULL;

    if (!value) {
        program_usage("the option needs a value", argv[*i]);
        return NULL;
    }
    if (program_is_option(value)) {
        program_say("%s needs a value, not '%s'; see efasim --help", argv[*i], value);
        return NULL;
    }
    *i += 1;
    return value;
}
