/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * What a removed adapter still does, done in its place: the process that was the adapter has died, and
 * cannot flush what was posted.
 */
#ifndef EFASIM_PRELOAD_LOST_ADAPTER_H
#define EFASIM_PRELOAD_LOST_ADAPTER_H

#include "queue/completion_queue.h"

/*
 * Writes flushed completions of the outstanding requests into the completion queue, as many as it
 * holds. Nothing else writes there any more. Does nothing where the queue is not empty, or in use.
 */
void lost_adapter_flush(struct efa_completion_queue *cq);

#endif
