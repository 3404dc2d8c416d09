/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Hooks of the data path for the simulated adapter: they wake it, let it run, and detect its
 * death. */
#include "queue/adapter_hooks.h"

#include "client/protocol.h"
#include "client/service_transport.h"
#include "lost_adapter.h"
#include "os/os.h"
#include "queue/queue_pair.h"
#include "verbs/context.h"

static void *session_of(struct ibv_context *context)
{
    return efa_context_of(context)->driver.session;
}

void efa_cq_found_empty(struct efa_completion_queue *cq)
{
    if (service_transport_is_lost(session_of(cq->verbs.cq.context)))
        lost_adapter_flush(cq);
    else /* the adapter may need the processor that the client polls on */
        efa_os_yield();
}

static void wake(const uint32_t *doorbell, struct ibv_context *context)
{
    uintptr_t page = (uintptr_t)doorbell & ~(uintptr_t)(EFASIM_BELL_PAGE - 1);
    uint32_t *bell = (uint32_t *)(page + EFASIM_BELL_OFFSET);

    if (EFA_LIKELY(!efa_load_relaxed_u32(bell)))
        return;
    efa_store_relaxed_u32(bell, 0);
    service_transport_ring(session_of(context));
}

void efa_send_queue_rung(struct efa_send_queue *sq)
{
    wake(sq->doorbell, EFA_CONTAINER_OF(sq, struct efa_queue_pair, sq)->verbs.qp.context);
}

void efa_recv_queue_rung(struct efa_recv_queue *rq)
{
    wake(rq->doorbell, EFA_CONTAINER_OF(rq, struct efa_queue_pair, rq)->verbs.qp.context);
}
