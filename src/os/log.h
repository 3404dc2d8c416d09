/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Diagnostics. A line names the call, the value, the limit or the driver's reply, and the remedy.
 * EFAWIN_LOG_LEVEL (error, warn, info, debug; default warn) chooses what is written. The data path
 * logs only in its cold error branches, and only once per object.
 */
#ifndef EFA_OS_LOG_H
#define EFA_OS_LOG_H

#include "compiler.h"

enum efa_log_level {
    EFA_LOG_ERROR, /* the driver or the device failed, or its reply is invalid */
    EFA_LOG_WARN,  /* the call failed because of its arguments */
    EFA_LOG_INFO,  /* expected failures (EBUSY, EOPNOTSUPP), and what was opened */
    EFA_LOG_DEBUG  /* every control call */
};

void efa_log(enum efa_log_level level, const char *format, ...) EFA_PRINTF(2, 3);

/*
 * Logs and returns `error`: `return efa_reject(EINVAL, "ibv_...: ...")`. At EFA_LOG_WARN, apart
 * from EOPNOTSUPP: callers ask for optional features, often for each queue, and do without. Where
 * no caller can do without, efa_log warns.
 */
int efa_reject(int error, const char *format, ...) EFA_PRINTF(2, 3);

/* The same for functions that return a pointer: sets errno and returns NULL. */
void *efa_reject_null(int error, const char *format, ...) EFA_PRINTF(2, 3);

/* Sets errno and returns NULL. Logs nothing: the cause was logged where it was first seen. */
void *efa_null(int error);

/*
 * For tests: lines go to `sink` in place of the log, whatever the level; NULL restores. Reads the
 * level from the environment again, and forgets what it said of the log file. Not safe against
 * concurrent logging.
 */
typedef void efa_log_sink(void *argument, enum efa_log_level level, const char *line);
void efa_log_redirect(efa_log_sink *sink, void *argument);

#endif
