/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The batch limit of an adapter, which the library reports only for a queue pair. */
#ifndef EFA_TOOLS_BATCH_H
#define EFA_TOOLS_BATCH_H

#include <stdint.h>

struct ibv_context;

/*
 * How many sends of a queue of `depth` the library writes between two doorbells. Creates a queue
 * pair to ask and destroys it. Returns 0 if that fails, or if the DLL is too old to report it.
 */
uint32_t tool_max_batch(struct ibv_context *context, uint32_t depth);

#endif
