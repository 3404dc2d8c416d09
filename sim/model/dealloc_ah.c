/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* DEALLOC_AH: drops a reference. The last one destroys the address handle and flushes its
 * requests. */
#include "dealloc_ah.h"

#include "../../src/device/completion_entry.h"
#include "../../src/driver/win32_error.h"
#include "../device/address_handle.h"
#include "../device/qp.h"
#include "../fabric/message.h"
#include "../fabric/send.h"

/* Requests that were announced before the AH was destroyed complete as flushed. */
static void flush_users(struct efasim_ah *ah)
{
    struct efasim *sim = ah->pd->owner->sim;
    for (uint32_t i = 0; i < sim->live_count; i++) {
        struct efasim_qp *qp = sim->live[i];
        bool more = true;
        if (qp->pd != ah->pd)
            continue;
        while (more && qp->state == EFA_DRIVER_QP_RTS && !sim->stalled)
            efasim_fetch_sends(qp, EFASIM_MAX_RING_ENTRIES, &more);
        for (struct efasim_message *message = qp->first_message, *next; message; message = next) {
            next = message->next;
            if (message->ah == ah->number)
                efasim_message_complete(message, EFA_STATUS_FLUSHED);
        }
    }
}

uint32_t efasim_dealloc_ah(struct efasim_client *client, const void *input, void *output)
{
    const struct efa_destroy_ah_params *params = input;
    struct efasim_pd *pd = efasim_find_pd(client, params->pdn);
    struct efasim_ah *ah = efasim_slots_get(&client->device->ahs, params->ah);
    (void)output;

    if (!pd || !ah || ah->pd != pd)
        return EFA_WIN32_NOT_FOUND;
    if (--ah->references != 0)
        return EFA_WIN32_SUCCESS;
    flush_users(ah);
    efasim_release_ah(ah);
    return EFA_WIN32_SUCCESS;
}
