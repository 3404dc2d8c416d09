/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Moves payloads. Memory that the model can address is copied directly from source to target. Other
 * payloads go through a staging area, many messages at a time, so that the platform can join their
 * ranges: first the reads from each client, then the writes to each client, then the completions.
 */
#include "mover.h"

#include <string.h>

#include "arrival.h"
#include "state.h"

/* The size of the staging area: one batch of payloads. */
#define STAGING_SIZE 0x100000u
#define BATCH_MESSAGES 64u

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
    struct efasim_link_move over_link;
};

#define MAX_COPIES (BATCH_MESSAGES * EFASIM_MAX_SEGMENTS)

struct efasim_mover {
    uint32_t count;
    uint32_t staged; /* bytes */
    struct moving list[BATCH_MESSAGES];
    struct efasim_copy copies[MAX_COPIES];
    struct moving *copied_for[MAX_COPIES];
    uint8_t *staging;
};

struct efasim_mover *efasim_mover_create(struct efasim *sim)
{
    /* If all memory is addressable, the staging area is not touched and costs only address
     * space. */
    struct efasim_mover *mover = efasim_allocate(sim, sizeof *mover + STAGING_SIZE);
    if (mover)
        mover->staging = (uint8_t *)(mover + 1);
    return mover;
}

static void finish(const struct moving *moving)
{
    if (EFA_UNLIKELY(moving->over_link.way != EFASIM_NOT_OVER_LINK))
        efasim_link_moved(&moving->over_link, moving->staged,
                          moving->source_ok && moving->target_ok);
    else if (!moving->receiver)
        efasim_read_arrived(moving->message, moving->target.size, moving->source_ok,
                            moving->target_ok);
    else if (EFA_LIKELY(moving->source_ok && moving->target_ok))
        efasim_send_arrived(moving->message, moving->target.size, moving->receiver,
                            moving->recv_request_id, &moving->received);
    else
        efasim_send_failed(moving->message, moving->receiver, moving->recv_request_id,
                           &moving->received, moving->source_ok);
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

/* Both change the target, never the source. */
static EFA_NOINLINE void patch_target(const struct efasim_message *message,
                                      const struct efasim_segments *target)
{
    uint64_t first = message->done;

    for (uint32_t i = 0; i < target->count; i++) {
        efasim_patch(target->list[i].direct, first, target->list[i].size, &message->patch);
        first += target->list[i].size;
    }
}

static void patch_staged(struct efasim_mover *mover)
{
    for (uint32_t i = 0; i < mover->count; i++) {
        const struct moving *moving = &mover->list[i];
        const struct efasim_message *message = moving->message;
        if (message && message->is_patched)
            efasim_patch(moving->staged, message->done, moving->source.size, &message->patch);
    }
}

/* Passes all ranges of one client to the platform, and marks the messages whose ranges failed. */
static void copy_for_client(struct efasim *sim, struct efasim_client *client,
                            enum efasim_copy_direction direction)
{
    struct efasim_mover *mover = sim->fabric->mover;
    bool reading = direction == EFASIM_COPY_FROM_CLIENT;
    uint32_t count = 0;

    for (uint32_t i = 0; i < mover->count; i++) {
        struct moving *moving = &mover->list[i];
        const struct efasim_segments *segments = reading ? &moving->source : &moving->target;
        uint8_t *staged = moving->staged;
        if (segments->owner != client || (!reading && !moving->source_ok))
            continue;
        for (uint32_t k = 0; k < segments->count; k++) {
            const struct efasim_segment *segment = &segments->list[k];
            if (!segment->direct) {
                mover->copies[count].client = segment->client;
                mover->copies[count].model = staged;
                mover->copies[count].size = segment->size;
                mover->copies[count].done = false;
                mover->copied_for[count++] = moving;
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
    sim->platform.copy(sim->platform.context, client->front_client, direction, mover->copies,
                       count);
    for (uint32_t i = 0; i < count; i++) {
        if (mover->copies[i].done)
            continue;
        if (reading)
            mover->copied_for[i]->source_ok = false;
        else
            mover->copied_for[i]->target_ok = false;
    }
}

static void copy_all(struct efasim *sim, enum efasim_copy_direction direction)
{
    struct efasim_mover *mover = sim->fabric->mover;
    bool reading = direction == EFASIM_COPY_FROM_CLIENT;

    for (uint32_t i = 0; i < mover->count; i++) {
        struct efasim_client *client =
            reading ? mover->list[i].source.owner : mover->list[i].target.owner;
        bool is_first = true;
        for (uint32_t k = 0; k < i && is_first; k++)
            is_first =
                client != (reading ? mover->list[k].source.owner : mover->list[k].target.owner);
        if (is_first)
            copy_for_client(sim, client, direction);
    }
}

void efasim_mover_flush(struct efasim *sim)
{
    struct efasim_mover *mover = sim->fabric->mover;
    if (mover->count == 0)
        return;
    copy_all(sim, EFASIM_COPY_FROM_CLIENT);
    patch_staged(mover);
    copy_all(sim, EFASIM_COPY_TO_CLIENT);
    uint32_t count = mover->count;
    mover->count = 0;
    mover->staged = 0;
    for (uint32_t i = 0; i < count; i++)
        finish(&mover->list[i]);
}

/* A place in the batch, and in the staging area. */
static struct moving *stage(struct efasim *sim, const struct efasim_segments *source,
                            const struct efasim_segments *target)
{
    struct efasim_mover *mover = sim->fabric->mover;

    if (mover->count == BATCH_MESSAGES || mover->staged + source->size > STAGING_SIZE)
        efasim_mover_flush(sim);
    struct moving *moving = &mover->list[mover->count++];
    moving->source_ok = true;
    moving->target_ok = true;
    moving->source = *source;
    moving->target = *target;
    moving->staged = mover->staging + mover->staged;
    mover->staged += source->size;
    return moving;
}

void efasim_move(struct efasim_message *message, const struct efasim_segments *source,
                 const struct efasim_segments *target, struct efasim_qp *receiver,
                 uint16_t recv_request_id, const struct efasim_received *received)
{
    struct efasim *sim = message->qp->device->sim;

    if (EFA_LIKELY(source->all_direct && target->all_direct)) {
        copy_directly(source, target);
        if (EFA_UNLIKELY(message->is_patched))
            patch_target(message, target);
        if (!receiver)
            efasim_read_arrived(message, target->size, true, true);
        else
            efasim_send_arrived(message, target->size, receiver, recv_request_id, received);
        return;
    }
    struct moving *moving = stage(sim, source, target);
    moving->message = message;
    moving->receiver = receiver;
    moving->recv_request_id = recv_request_id;
    if (received)
        moving->received = *received;
    moving->over_link.way = EFASIM_NOT_OVER_LINK;
}

void efasim_move_over_link(const struct efasim_link_move *move,
                           const struct efasim_segments *source,
                           const struct efasim_segments *target)
{
    struct moving *moving = stage(move->link->sim, source, target);

    moving->message = move->message;
    moving->over_link = *move;
}
