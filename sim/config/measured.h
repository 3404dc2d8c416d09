/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Reads measured profiles: what efa_probe found, from its JSON (docs/schemas/efa_probe.json). Keys
 * that it did not settle are as in the built-in profile of the same part.
 */
#ifndef EFASIM_MEASURED_H
#define EFASIM_MEASURED_H

#include "config.h"
#include "../base/format.h"

/* The newest format that is understood. */
#define EFASIM_MEASURED_FORMAT 1u

/*
 * Sets the keys of the first device and the behaviours in *config. False, with a message, if the
 * file is cut short, contradicts itself, or has a newer format.
 */
bool efasim_read_measured(struct efasim_config *config, const char *text, size_t size,
                          struct efasim_text *message);

/* Calls `line` for each key in which `measured` differs from `other`. Returns their number. */
typedef void efasim_measured_line(void *context, const char *line);
unsigned efasim_compare_measured(const struct efasim_config *measured,
                                 const struct efasim_config *other, efasim_measured_line *line,
                                 void *context);

#endif
