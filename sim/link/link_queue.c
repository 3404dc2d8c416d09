/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* A list of packets, in the order of their numbers. */
#include "link_queue.h"

#include <stdlib.h>
#include <string.h>

#include "link_record.h"

struct link_queued {
    struct link_queued *next;
    struct efasim_packet packet;
    uint8_t payload[];
};

bool link_queue_put(struct link_queue *queue, const struct efasim_packet *packet,
                    const void *payload)
{
    struct link_queued *queued = malloc(sizeof *queued + packet->size);

    if (!queued)
        return false;
    queued->next = NULL;
    queued->packet = *packet;
    queued->packet.number = ++queue->numbered;
    if (packet->size != 0)
        memcpy(queued->payload, payload, packet->size);
    if (queue->last)
        queue->last->next = queued;
    else
        queue->first = queued;
    queue->last = queued;
    if (!queue->unsent)
        queue->unsent = queued;
    return true;
}

size_t link_queue_take(struct link_queue *queue, uint8_t *bytes)
{
    size_t used = 0;

    while (queue->unsent) {
        const struct link_queued *queued = queue->unsent;
        size_t size = sizeof queued->packet + queued->packet.size;

        if (used != 0 && used + size > LINK_RECORD_USUAL)
            break;
        memcpy(bytes + used, &queued->packet, sizeof queued->packet);
        memcpy(bytes + used + sizeof queued->packet, queued->payload, queued->packet.size);
        used += size;
        queue->unsent = queued->next;
    }
    return used;
}

static void drop_first(struct link_queue *queue)
{
    struct link_queued *queued = queue->first;

    queue->first = queued->next;
    if (!queue->first)
        queue->last = NULL;
    if (queue->unsent == queued)
        queue->unsent = queued->next;
    free(queued);
}

bool link_queue_arrived(struct link_queue *queue, uint64_t number)
{
    if (number > queue->numbered)
        return false;
    while (queue->first && queue->first->packet.number <= number)
        drop_first(queue);
    return true;
}

uint64_t link_queue_resume(struct link_queue *queue,
                           bool (*is_wanted)(void *context, const struct efasim_packet *packet),
                           void *context)
{
    struct link_queued **place = &queue->first;
    uint64_t removed = 0;

    queue->last = NULL;
    while (*place) {
        struct link_queued *queued = *place;

        if (is_wanted(context, &queued->packet)) {
            queue->last = queued;
            place = &queued->next;
        } else {
            *place = queued->next;
            free(queued);
            removed++;
        }
    }
    queue->unsent = queue->first;
    return removed;
}

uint64_t link_queue_clear(struct link_queue *queue)
{
    uint64_t removed = 0;

    for (; queue->first; removed++)
        drop_first(queue);
    return removed;
}
