/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* One step of the adapters: check the doorbells, deliver messages that are due. */
#include "../../src/driver/protocol.h"
#include "../device/batch_limit.h"
#include "../device/send_ring.h"
#include "../device/trace.h"
#include "../efasim.h"
#include "../fabric/deliver.h"
#include "../fabric/flush.h"
#include "../fabric/mover.h"
#include "../fabric/send.h"
#include "../fabric/state.h"

/* How many descriptors of a queue pair are handled at a time: few, so that other queue pairs do
 * not wait, but enough to keep the caches warm. */
#define FETCH_BURST 64u

static uint32_t serve_queue_pair(struct efasim_qp *qp, uint32_t budget, bool *more)
{
    *more = false;
    if (efasim_traced(qp->device->sim, EFASIM_TRACE_DOORBELLS))
        efasim_trace_recv_doorbell(qp);
    efasim_batch_look(qp);
    switch (qp->state) {
    case EFA_DRIVER_QP_RTS:
        if (efasim_sends_are_none(qp))
            return 0;
        return efasim_fetch_sends(qp, budget < FETCH_BURST ? budget : FETCH_BURST, more);
    case EFA_DRIVER_QP_ERR:
        return efasim_flush_posted(qp);
    case EFA_DRIVER_QP_INIT:
    case EFA_DRIVER_QP_RTR:
        return efasim_reject_sends(qp);
    default: /* doorbells are ignored in RESET, and descriptors wait in SQD */
        return 0;
    }
}

static uint32_t look_at_doorbells(struct efasim *sim, uint32_t budget, bool *more)
{
    uint32_t fetched = 0;
    uint32_t count = sim->live_count;

    if (count == 0)
        return 0;
    if (sim->next_live >= count)
        sim->next_live = 0;
    for (uint32_t i = 0; i < count && fetched < budget; i++) {
        struct efasim_qp *qp = sim->live[sim->next_live];
        bool qp_more;
        if (++sim->next_live == count)
            sim->next_live = 0;
        fetched += serve_queue_pair(qp, budget - fetched, &qp_more);
        *more = *more || qp_more;
    }
    *more = *more || fetched >= budget;
    return fetched;
}

static uint32_t deliver_due(struct efasim *sim, uint32_t budget)
{
    uint32_t delivered = 0;

    while (delivered < budget) {
        struct efasim_waiting_entry *entry = efasim_waiting_first(&sim->fabric->waiting);
        struct efasim_message *message;

        if (!entry || entry->due > sim->now)
            break;
        message = EFA_CONTAINER_OF(entry, struct efasim_message, entry);
        efasim_message_leave_fabric(message);
        efasim_deliver(message);
        delivered++;
    }
    efasim_mover_flush(sim);
    return delivered;
}

struct efasim_step_result efasim_step(struct efasim *sim, uint32_t budget)
{
    struct efasim_step_result result = {0, 0, false, EFASIM_NEVER};

    efasim_lock(sim);
    if (!sim->stalled) {
        uint32_t before = sim->completions_written;
        sim->now = sim->platform.now(sim->platform.context);
        result.work = look_at_doorbells(sim, budget, &result.more);
        result.work += deliver_due(sim, budget);
        result.completions = sim->completions_written - before;
        const struct efasim_waiting_entry *first = efasim_waiting_first(&sim->fabric->waiting);
        if (first) {
            result.next_deadline = first->due;
            result.more = result.more || first->due <= sim->now;
        }
    }
    efasim_unlock(sim);
    return result;
}
