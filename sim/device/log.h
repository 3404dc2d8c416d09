/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Log lines of the model. */
#ifndef EFASIM_DEVICE_LOG_H
#define EFASIM_DEVICE_LOG_H

#include "simulation.h"

/* Small, because the stack of a kernel driver is small. */
#define EFASIM_LINE_SIZE 512

EFA_COLD void efasim_log(struct efasim *sim, enum efasim_log_level level, const char *format, ...)
    EFA_PRINTF(3, 4);
/* Logs a complete line. */
EFA_COLD void efasim_log_line(struct efasim *sim, enum efasim_log_level level, const char *line);

#endif
