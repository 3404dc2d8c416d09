/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The error state, and its flush of outstanding requests. */
#include "flush.h"

#include "../../src/device/completion_entry.h"
#include "../../src/driver/protocol.h"
#include "../device/completion_queue.h"
#include "../device/recv_ring.h"
#include "../device/send_ring.h"
#include "message.h"
#include "mover.h"

void efasim_drop_messages(struct efasim_qp *qp)
{
    while (qp->first_message)
        efasim_message_free(qp->first_message);
}

static void flush_messages(struct efasim_qp *qp)
{
    /* A payload that is being moved between two clients still arrives. */
    efasim_mover_flush(qp->device->sim);
    qp->state = EFA_DRIVER_QP_ERR;
    while (qp->first_message)
        efasim_message_complete(qp->first_message, EFA_STATUS_FLUSHED);
}

void efasim_enter_error(struct efasim_qp *qp)
{
    uint32_t from = qp->state;
    if (from == EFA_DRIVER_QP_ERR)
        return;
    flush_messages(qp);
    if (from != EFA_DRIVER_QP_RESET)
        efasim_flush_posted(qp);
}

void efasim_enter_error_by(struct efasim_qp *qp, const struct efa_send_descriptor *descriptor)
{
    flush_messages(qp);
    efasim_complete_send(qp, descriptor->request_id, descriptor->ctrl1 & EFA_SEND_OP_MASK,
                         EFA_STATUS_QP_INTERNAL_ERROR);
    efasim_flush_posted(qp);
}

uint32_t efasim_flush_posted(struct efasim_qp *qp)
{
    return efasim_flush_sends(qp) + efasim_flush_recvs(qp);
}
