/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The flush of a lost adapter. A removed adapter flushes posted requests; here the process of the
 * adapter has died, so its client does it.
 */
#ifndef EFASIM_PRELOAD_LOST_ADAPTER_H
#define EFASIM_PRELOAD_LOST_ADAPTER_H

#include "queue/completion_queue.h"

/*
 * Writes flushed completions of the outstanding requests into the completion queue, as many as fit.
 * Nothing else writes there any more. Does nothing if the queue is not empty or is in use.
 */
void lost_adapter_flush(struct efa_completion_queue *cq);

#endif
