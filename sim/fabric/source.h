/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Where a message's bytes are. */
#ifndef EFASIM_FABRIC_SOURCE_H
#define EFASIM_FABRIC_SOURCE_H

#include "../device/memory_region.h"
#include "state.h"

/* Adds the sender's buffers to `source`. False: a key does not cover one of them. */
bool efasim_find_source(struct efasim_message *message, struct efasim_segments *source);

#endif
