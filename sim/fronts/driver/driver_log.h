/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The driver's log and trace: text files named in the service's registry key. Each line is written
 * at once, so that it is not lost if the driver crashes, and starts with its level.
 */
#ifndef EFASIM_DRIVER_DRIVER_LOG_H
#define EFASIM_DRIVER_DRIVER_LOG_H

#include "nt.h"

struct driver_log {
    HANDLE file; /* NULL: lines are dropped */
    uint32_t lines;
    uint32_t limit; /* the limit of lines, after which the log stops; 0: no limit */
};

/* Creates or empties the file. With an empty path the log stays closed. */
NTSTATUS driver_log_open(struct driver_log *log, UNICODE_STRING *path, uint32_t limit);
void driver_log_close(struct driver_log *log);
/* Writes "LEVEL: LINE"; with `level` NULL the line alone. */
void driver_log_line(struct driver_log *log, const char *level, const char *line);
void driver_log_status(struct driver_log *log, const char *what, NTSTATUS status);

#endif
