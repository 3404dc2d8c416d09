/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Completes messages after their payload was moved, or could not be moved. */
#include "arrival.h"

#include "../../src/driver/protocol.h"
#include "transit.h"

void efasim_count_receive(struct efasim_qp *receiver, uint32_t size)
{
    receiver->device->counters.receives++;
    receiver->device->counters.receive_bytes += size;
    receiver->counters.receives++;
    receiver->counters.receive_bytes += size;
}

void efasim_send_arrived(struct efasim_message *message, uint32_t size, struct efasim_qp *receiver,
                         uint16_t recv_request_id, const struct efasim_received *received)
{
    efasim_count_receive(receiver, size);
    efasim_complete_recv(receiver, recv_request_id, EFA_STATUS_OK, received);
    efasim_transit_answer(message, EFA_STATUS_OK);
}

void efasim_send_failed(struct efasim_message *message, struct efasim_qp *receiver,
                        uint16_t recv_request_id, const struct efasim_received *received,
                        bool source_ok)
{
    uint8_t sender_status = source_ok ? EFA_STATUS_BAD_RESPONSE : EFA_STATUS_BAD_LKEY;
    uint8_t receiver_status = source_ok ? EFA_STATUS_BAD_LKEY : EFA_STATUS_REMOTE_ABORT;

    efasim_complete_recv(receiver, recv_request_id, receiver_status, received);
    if (message->qp->type == EFA_DRIVER_QP_UD && source_ok)
        sender_status = EFA_STATUS_OK;
    efasim_transit_answer(message, sender_status);
}

void efasim_read_arrived(struct efasim_message *message, uint32_t size, bool source_ok,
                         bool target_ok)
{
    struct efasim_counters *counters = &message->qp->device->counters;

    if (!source_ok) {
        efasim_transit_answer(message, EFA_STATUS_BAD_REMOTE_ADDRESS);
        return;
    }
    if (!target_ok) {
        efasim_message_complete(message, EFA_STATUS_BAD_LKEY);
        return;
    }
    message->done += size;
    counters->rdma_read_bytes += size;
    if (message->done == message->size) {
        counters->rdma_reads++;
        efasim_transit_answer_read(message, size);
    } else {
        efasim_transit_continue(message, size);
    }
}
