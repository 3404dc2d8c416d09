/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The moving of payloads. Memory that the model can address is copied straight from source to
 * target. The rest goes through a staging area, many messages at a time, so that the platform can
 * join their ranges: reads of each client, then writes to each client, then the completions.
 */
#include "model.h"

struct moving {
    struct efasim_message *message;
    struct efasim_qp *receiver; /* NULL: an RDMA read */
    uint16_t recv_request_id;
    bool source_ok;
    bool target_ok;
    struct efasim_received received;
    uint8_t *staged;
    struct efasim_segments source;
    struct efasim_segments target;
};

#define MAX_COPIES (EFASIM_BATCH_MESSAGES * EFASIM_MAX_SEGMENTS)

struct efasim_batch {
    uint32_t count;
    uint32_t staged; /* bytes */
    struct moving list[EFASIM_BATCH_MESSAGES];
    struct efasim_copy copies[MAX_COPIES];
    struct moving *copied_for[MAX_COPIES];
    uint8_t *staging;
};

struct efasim_batch *efasim_batch_create(struct efasim *sim)
{
    /* Where everything is addressable the staging area costs address space at most. */
    struct efasim_batch *batch = efasim_allocate(sim, sizeof(*batch) + EFASIM_STAGING_SIZE);
    if (batch != NULL)
        batch->staging = (uint8_t *)(batch + 1);
    return batch;
}

static void finish(struct moving *moving)
{
    struct efasim_message *message = moving->message;
    struct efasim_qp *receiver = moving->receiver;
    uint32_t size = moving->target.size;
    uint8_t sender_status = EFA_STATUS_OK;
    uint8_t receiver_status = EFA_STATUS_OK;

    if (receiver == NULL) {
        efasim_read_moved(message, size, moving->source_ok, moving->target_ok);
        return;
    }
    if (!moving->source_ok) {
        sender_status = EFA_STATUS_BAD_LKEY;
        receiver_status = EFA_STATUS_REMOTE_ABORT;
    } else if (!moving->target_ok) {
        sender_status = EFA_STATUS_BAD_RESPONSE;
        receiver_status = EFA_STATUS_BAD_LKEY;
    } else {
        receiver->device->counters.receives++;
        receiver->device->counters.receive_bytes += size;
        receiver->counters.receives++;
        receiver->counters.receive_bytes += size;
    }
    efasim_complete_recv(receiver, moving->recv_request_id, receiver_status, &moving->received);
    if (message->qp->type == EFA_DRIVER_QP_UD && sender_status == EFA_STATUS_BAD_RESPONSE)
        sender_status = EFA_STATUS_OK;
    efasim_transit_answer(message, sender_status);
}

/* Both sides addressable. Source and target may be the same memory: a client may send to itself. */
static void copy_directly(const struct efasim_segments *source,
                          const struct efasim_segments *target)
{
    uint32_t s = 0, t = 0, s_done = 0, t_done = 0;

    while (s < source->count && t < target->count) {
        uint32_t s_left = source->list[s].size - s_done;
        uint32_t t_left = target->list[t].size - t_done;
        uint32_t size = s_left < t_left ? s_left : t_left;
        memmove(target->list[t].direct + t_done, source->list[s].direct + s_done, size);
        s_done += size;
        t_done += size;
        if (s_done == source->list[s].size) {
            s++;
            s_done = 0;
        }
        if (t_done == target->list[t].size) {
            t++;
            t_done = 0;
        }
    }
}

/* Both alter what arrives, never where it came from. */
static EFA_NOINLINE void patch_target(const struct efasim_message *message,
                                      const struct efasim_segments *target)
{
    uint64_t first = message->done;

    for (uint32_t i = 0; i < target->count; i++) {
        efasim_patch(target->list[i].direct, first, target->list[i].size, &message->patch);
        first += target->list[i].size;
    }
}

static void patch_staged(struct efasim_batch *batch)
{
    for (uint32_t i = 0; i < batch->count; i++) {
        const struct moving *moving = &batch->list[i];
        const struct efasim_message *message = moving->message;
        if (message->is_patched)
            efasim_patch(moving->staged, message->done, moving->source.size, &message->patch);
    }
}

/* Hands the platform all ranges of one client, and notes which messages did not get theirs. */
static void copy_for_client(struct efasim *sim, struct efasim_client *client,
                            enum efasim_copy_direction direction)
{
    struct efasim_batch *batch = sim->batch;
    bool reading = direction == EFASIM_COPY_FROM_CLIENT;
    uint32_t count = 0;

    for (uint32_t i = 0; i < batch->count; i++) {
        struct moving *moving = &batch->list[i];
        const struct efasim_segments *segments = reading ? &moving->source : &moving->target;
        uint8_t *staged = moving->staged;
        if (segments->owner != client || (!reading && !moving->source_ok))
            continue;
        for (uint32_t k = 0; k < segments->count; k++) {
            const struct efasim_segment *segment = &segments->list[k];
            if (segment->direct == NULL) {
                batch->copies[count].client = segment->client;
                batch->copies[count].model = staged;
                batch->copies[count].size = segment->size;
                batch->copies[count].done = false;
                batch->copied_for[count++] = moving;
            } else if (reading) {
                memcpy(staged, segment->direct, segment->size);
            } else {
                memcpy(segment->direct, staged, segment->size);
            }
            staged += segment->size;
        }
    }
    if (count == 0)
        return;
    sim->platform.copy(sim->platform.context, client->front_client, direction, batch->copies,
                       count);
    for (uint32_t i = 0; i < count; i++) {
        if (batch->copies[i].done)
            continue;
        if (reading)
            batch->copied_for[i]->source_ok = false;
        else
            batch->copied_for[i]->target_ok = false;
    }
}

static void copy_all(struct efasim *sim, enum efasim_copy_direction direction)
{
    struct efasim_batch *batch = sim->batch;
    bool reading = direction == EFASIM_COPY_FROM_CLIENT;

    for (uint32_t i = 0; i < batch->count; i++) {
        struct efasim_client *client =
            reading ? batch->list[i].source.owner : batch->list[i].target.owner;
        bool is_first = true;
        for (uint32_t k = 0; k < i && is_first; k++)
            is_first =
                client != (reading ? batch->list[k].source.owner : batch->list[k].target.owner);
        if (is_first)
            copy_for_client(sim, client, direction);
    }
}

void efasim_batch_flush(struct efasim *sim)
{
    struct efasim_batch *batch = sim->batch;
    if (batch->count == 0)
        return;
    copy_all(sim, EFASIM_COPY_FROM_CLIENT);
    patch_staged(batch);
    copy_all(sim, EFASIM_COPY_TO_CLIENT);
    uint32_t count = batch->count;
    batch->count = 0;
    batch->staged = 0;
    for (uint32_t i = 0; i < count; i++)
        finish(&batch->list[i]);
}

static void finish_now(struct efasim_message *message, uint32_t size, struct efasim_qp *receiver,
                       uint16_t recv_request_id, const struct efasim_received *received)
{
    if (receiver == NULL) {
        efasim_read_moved(message, size, true, true);
        return;
    }
    receiver->device->counters.receives++;
    receiver->device->counters.receive_bytes += size;
    receiver->counters.receives++;
    receiver->counters.receive_bytes += size;
    efasim_complete_recv(receiver, recv_request_id, EFA_STATUS_OK, received);
    efasim_transit_answer(message, EFA_STATUS_OK);
}

void efasim_move(struct efasim_message *message, const struct efasim_segments *source,
                 const struct efasim_segments *target, struct efasim_qp *receiver,
                 uint16_t recv_request_id, const struct efasim_received *received)
{
    struct efasim *sim = message->qp->device->sim;
    struct efasim_batch *batch = sim->batch;

    if (EFA_LIKELY(source->all_direct && target->all_direct)) {
        copy_directly(source, target);
        if (EFA_UNLIKELY(message->is_patched))
            patch_target(message, target);
        finish_now(message, target->size, receiver, recv_request_id, received);
        return;
    }
    if (batch->count == EFASIM_BATCH_MESSAGES || batch->staged + source->size > EFASIM_STAGING_SIZE)
        efasim_batch_flush(sim);
    struct moving *moving = &batch->list[batch->count++];
    moving->message = message;
    moving->receiver = receiver;
    moving->recv_request_id = recv_request_id;
    moving->source_ok = true;
    moving->target_ok = true;
    if (received != NULL)
        moving->received = *received;
    moving->source = *source;
    moving->target = *target;
    moving->staged = batch->staging + batch->staged;
    batch->staged += source->size;
}
