/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Fault rules in the configuration's text form. */
#ifndef EFASIM_FAULT_TEXT_H
#define EFASIM_FAULT_TEXT_H

#include "config.h"
#include "value.h"

/* Parses the rule after `fault =` and adds it to the configuration. */
bool efasim_config_parse_fault(struct efasim_config *config, struct efasim_word rest,
                               struct efasim_text *message);

#endif
