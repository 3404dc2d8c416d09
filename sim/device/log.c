/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Log lines of the model. */
#include "log.h"

#include "../base/format.h"

void efasim_log_line(struct efasim *sim, enum efasim_log_level level, const char *line)
{
    if (sim->platform.log)
        sim->platform.log(sim->platform.context, level, line);
}

void efasim_log(struct efasim *sim, enum efasim_log_level level, const char *format, ...)
{
    char line[EFASIM_LINE_SIZE];
    struct efasim_text text;
    va_list arguments;

    efasim_text_init(&text, line, sizeof line);
    va_start(arguments, format);
    efasim_text_addv(&text, format, arguments);
    va_end(arguments);
    efasim_log_line(sim, level, line);
}
