/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Levels, formatting and the choice of sink. The operating system's part writes the bytes. */
#include "log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "os.h"
#include "trace.h"

/* Each line begins with it. Another build of the library may have another name. */
#ifndef EFA_LOG_NAME
#define EFA_LOG_NAME "efawin"
#endif
#define LINE_LENGTH 512
#define LEVEL_UNKNOWN UINT32_MAX

static const char *const level_names[] = {"error", "warn", "info", "debug"};

static uint32_t threshold = LEVEL_UNKNOWN;
static efa_log_sink *redirected;
static void *redirected_argument;
static uint32_t file_was_told; /* not 0 once it was said that the log file cannot be written */

static void write_line(const char *line, size_t length)
{
    char why[LINE_LENGTH];
    uint32_t error = efa_os_write_log(line, length);
    int size;

    if (error == 0 || efa_exchange_acquire_u32(&file_was_told, 1) != 0)
        return;
    size = snprintf(why, sizeof why,
                    EFA_LOG_NAME
                    ": warn: the file that EFAWIN_LOG_FILE names cannot be written (error "
                    "%u): use a file, not a pipe, with a path of up to %d characters, in a folder "
                    "that exists and may be written (the log goes to stderr)\n",
                    error, EFA_OS_LOG_PATH_LIMIT);
    (void)efa_os_write_log(why, (size_t)size);
}

static uint32_t read_threshold(void)
{
    char text[128], line[LINE_LENGTH];
    int length;

    if (!efa_os_getenv("EFAWIN_LOG_LEVEL", text, sizeof text))
        return EFA_LOG_WARN;
    for (uint32_t level = 0; level < EFA_ARRAY_SIZE(level_names); level++)
        if (strcmp(text, level_names[level]) == 0)
            return level;
    length = snprintf(line, sizeof line,
                      EFA_LOG_NAME
                      ": warn: EFAWIN_LOG_LEVEL is \"%s\"; use one of error, warn, info, "
                      "debug (warn is in force)\n",
                      text);
    write_line(line, (size_t)length);
    return EFA_LOG_WARN;
}

/* Two threads may read the environment at the same time; they read the same value. */
static bool is_enabled(enum efa_log_level level)
{
    uint32_t limit = efa_load_relaxed_u32(&threshold);

    if (limit == LEVEL_UNKNOWN) {
        limit = read_threshold();
        efa_store_relaxed_u32(&threshold, limit);
    }
    return (uint32_t)level <= limit;
}

static void log_line(enum efa_log_level level, const char *format, va_list arguments)
{
    char line[LINE_LENGTH];
    int saved = errno;

    if (redirected) {
        vsnprintf(line, sizeof line, format, arguments);
        redirected(redirected_argument, level, line);
        errno = saved;
        return;
    }

    bool is_traced = efa_trace_wants(level);

    if (!is_enabled(level) && !is_traced)
        return;

    int prefix = snprintf(line, sizeof line, EFA_LOG_NAME ": %s: ", level_names[level]);
    int length = vsnprintf(line + prefix, sizeof line - (size_t)prefix - 1, format, arguments);

    if (length < 0)
        length = 0;
    if (is_traced)
        efa_trace_message(level, line + prefix);
    if (!is_enabled(level)) {
        errno = saved;
        return;
    }
    length += prefix;
    if (length > LINE_LENGTH - 2)
        length = LINE_LENGTH - 2;
    line[length++] = '\n';
    line[length] = '\0';
    write_line(line, (size_t)length);
    errno = saved;
}

void efa_log(enum efa_log_level level, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    log_line(level, format, arguments);
    va_end(arguments);
}

static enum efa_log_level level_of_rejection(int error)
{
    return error == EOPNOTSUPP ? EFA_LOG_INFO : EFA_LOG_WARN;
}

int efa_reject(int error, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    log_line(level_of_rejection(error), format, arguments);
    va_end(arguments);
    return error;
}

void *efa_reject_null(int error, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    log_line(level_of_rejection(error), format, arguments);
    va_end(arguments);
    return efa_null(error);
}

void *efa_null(int error)
{
    errno = error;
    return NULL;
}

void efa_log_redirect(efa_log_sink *sink, void *argument)
{
    redirected = sink;
    redirected_argument = argument;
    efa_store_relaxed_u32(&threshold, LEVEL_UNKNOWN);
    efa_store_relaxed_u32(&file_was_told, 0);
}
