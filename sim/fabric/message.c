/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Messages between fetch and completion: their pool, and the list of each queue pair. The pool
 * grows by chunks, so that a message usually needs no allocation.
 */
#include "message.h"

#include "../device/address_handle.h"
#include "../device/completion_queue.h"
#include "link_window.h"

#define CHUNK_MESSAGES 256u

struct chunk {
    struct chunk *before;
    uint64_t padding; /* messages start at a multiple of 16 */
    struct efasim_message messages[CHUNK_MESSAGES];
};

static bool grow(struct efasim *sim)
{
    struct chunk *chunk = efasim_allocate(sim, sizeof *chunk);
    if (!chunk)
        return false;
    chunk->before = sim->fabric->pool.chunks;
    sim->fabric->pool.chunks = chunk;
    for (unsigned i = CHUNK_MESSAGES; i > 0; i--) {
        chunk->messages[i - 1].next = sim->fabric->pool.free;
        sim->fabric->pool.free = &chunk->messages[i - 1];
    }
    return true;
}

void efasim_message_give_up(struct efasim_message *message)
{
    const struct efasim_ah *ah = message->qp->device->ahs.objects[message->ah];

    efasim_message_complete(message, ah->peer_answered ? EFA_STATUS_PEER_TIMEOUT
                                                       : EFA_STATUS_PEER_UNREACHABLE);
}

void efasim_messages_release_all(struct efasim *sim)
{
    struct chunk *chunk = sim->fabric->pool.chunks;
    while (chunk) {
        struct chunk *before = chunk->before;
        efasim_release(sim, chunk);
        chunk = before;
    }
    sim->fabric->pool.chunks = NULL;
    sim->fabric->pool.free = NULL;
}

struct efasim_message *efasim_message_take(struct efasim_qp *qp)
{
    struct efasim *sim = qp->device->sim;
    if (!sim->fabric->pool.free && !grow(sim))
        return NULL;
    struct efasim_message *message = sim->fabric->pool.free;
    sim->fabric->pool.free = message->next;

    message->qp = qp;
    message->previous = qp->last_message;
    message->next = NULL;
    if (qp->last_message)
        qp->last_message->next = message;
    else
        qp->first_message = message;
    qp->last_message = message;
    qp->in_flight++;
    message->in_fabric = false;
    message->fault_checked = false;
    message->is_patched = false;
    message->state = EFASIM_MESSAGE_UNDELIVERED;
    message->done = 0;
    message->link = NULL;
    message->rnr_left = qp->rnr_retry;
    return message;
}

void efasim_message_enter_fabric(struct efasim_message *message, bool delayed)
{
    message->in_fabric = true;
    efasim_waiting_insert(&message->qp->device->sim->fabric->waiting, &message->entry, delayed);
}

void efasim_message_leave_fabric(struct efasim_message *message)
{
    if (message->in_fabric)
        efasim_waiting_remove(&message->qp->device->sim->fabric->waiting, &message->entry);
    message->in_fabric = false;
}

void efasim_message_free(struct efasim_message *message)
{
    struct efasim_qp *qp = message->qp;
    struct efasim *sim = qp->device->sim;

    efasim_message_leave_fabric(message);
    if (EFA_UNLIKELY(message->link != NULL))
        efasim_link_forget(message);
    if (message->previous)
        message->previous->next = message->next;
    else
        qp->first_message = message->next;
    if (message->next)
        message->next->previous = message->previous;
    else
        qp->last_message = message->previous;
    qp->in_flight--;
    qp->send_sub_cq->outstanding--;
    message->next = sim->fabric->pool.free;
    sim->fabric->pool.free = message;
}

void efasim_message_complete(struct efasim_message *message, uint8_t status)
{
    struct efasim_qp *qp = message->qp;
    uint16_t request_id = message->request_id;
    uint8_t operation = message->operation;

    bool completes = message->is_signaled || status != EFA_STATUS_OK;

    efasim_message_free(message);
    if (completes)
        efasim_complete_send(qp, request_id, operation, status);
}
