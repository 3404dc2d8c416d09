/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Additions in builds of the library for a simulated adapter. That adapter is a process: it sleeps
 * when there is nothing to do, needs the processor that a client polls on, and may die.
 */
#ifndef EFA_QUEUE_ADAPTER_HOOKS_H
#define EFA_QUEUE_ADAPTER_HOOKS_H

#include "completion_queue.h"
#include "recv_queue.h"
#include "send_queue.h"

#ifdef EFAWIN_SIMULATED_ADAPTER
/* After a poll that found nothing released the lock. */
void efa_cq_found_empty(struct efa_completion_queue *cq);
/* After the doorbell was stored. */
void efa_send_queue_rung(struct efa_send_queue *sq);
void efa_recv_queue_rung(struct efa_recv_queue *rq);
#else
EFA_INLINE void efa_cq_found_empty(struct efa_completion_queue *cq)
{
    (void)cq;
}

EFA_INLINE void efa_send_queue_rung(struct efa_send_queue *sq)
{
    (void)sq;
}

EFA_INLINE void efa_recv_queue_rung(struct efa_recv_queue *rq)
{
    (void)rq;
}
#endif

#endif
