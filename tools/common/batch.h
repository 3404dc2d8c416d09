/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The batch limit of an adapter, which the library tells of a queue pair only. */
#ifndef EFA_TOOLS_BATCH_H
#define EFA_TOOLS_BATCH_H

#include <stdint.h>

struct ibv_context;

/*
 * How many sends of a queue of `depth` the library writes between two doorbells. Creates a queue
 * pair for the question and destroys it; 0 where that fails, or where the DLL is too old to tell.
 */
uint32_t tool_max_batch(struct ibv_context *context, uint32_t depth);

#endif
