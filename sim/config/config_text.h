/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* What the files of the configuration's text form share. */
#ifndef EFASIM_CONFIG_TEXT_H
#define EFASIM_CONFIG_TEXT_H

#include "../src/driver/protocol.h"
#include "config.h"
#include "config_value.h"

#define EFASIM_WORD_TEXT_SIZE 48

/* The rule behind `fault =`; adds it to the configuration. */
bool efasim_config_parse_fault(struct efasim_config *config, struct efasim_word rest,
                               struct efasim_text *message);

#endif
