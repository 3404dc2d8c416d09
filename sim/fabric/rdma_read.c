/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * RDMA read: checks and reads the responder's memory without involving the responder's process. A
 * long read moves in chunks. Each chunk is checked again, because keys and queue pairs may be
 * destroyed in between.
 */
#include "rdma_read.h"

#include "../../src/driver/protocol.h"
#include "../device/memory_region.h"
#include "mover.h"
#include "rdma_chunk.h"
#include "transit.h"

void efasim_read_remote(struct efasim_message *message, struct efasim_qp *responder)
{
    struct efasim_qp *reader = message->qp;
    const struct efa_remote_address *remote = &message->payload.rdma.remote;
    const struct efa_buffer_descriptor *local = &message->payload.rdma.local;
    struct efasim_segments source, target;
    uint64_t from = efasim_address(remote->address_low, remote->address_high) + message->done;
    uint64_t to = efasim_address(local->address_low, local->address_high) + message->done;
    uint32_t chunk = message->size - message->done;

    efasim_segments_init(&source, responder->owner);
    efasim_segments_init(&target, reader->owner);
    if ((responder->device->config.features & EFA_FEATURE_RDMA_READ) == 0) {
        efasim_transit_answer(message, EFA_STATUS_FEATURE_MISMATCH);
        return;
    }
    if (!responder->pd->ah_of_device[reader->device->index]) {
        efasim_transit_answer(message, EFA_STATUS_UNKNOWN_PEER);
        return;
    }
    /* Checks everything that is left, so that a read that must fail moves nothing. */
    if (message->size != 0 && !efasim_resolve_rkey(responder->pd, remote->rkey, from, chunk,
                                                   EFA_MR_REMOTE_READ, &source)) {
        efasim_transit_answer(message, EFA_STATUS_BAD_REMOTE_ADDRESS);
        return;
    }
    if (message->size != 0 &&
        !efasim_resolve_lkey(reader->pd, local->lkey, to, chunk, EFA_MR_LOCAL_WRITE, &target)) {
        efasim_message_complete(message, EFA_STATUS_BAD_LKEY);
        return;
    }
    chunk = efasim_rdma_chunk(message->size - message->done);
    source.size = chunk;
    source.list[0].size = chunk;
    target.size = chunk;
    target.list[0].size = chunk;
    message->state = EFASIM_MESSAGE_READING;
    efasim_move(message, &source, &target, NULL, 0, NULL);
}
