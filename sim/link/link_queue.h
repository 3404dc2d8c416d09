/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The packets that a link sends. Each is kept until the peer has confirmed it: after a connection
 * has failed, the next one sends the unconfirmed packets again. One thread at a time may use it.
 */
#ifndef EFASIM_LINK_QUEUE_H
#define EFASIM_LINK_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

#include "../efasim_links.h"

struct link_queued;

struct link_queue {
    struct link_queued *first;
    struct link_queued *last;
    struct link_queued *unsent; /* the first that this connection has not sent */
    uint64_t numbered;          /* the last number given */
};

/* Numbers the packet, and copies it with its payload. False: not enough memory. */
bool link_queue_put(struct link_queue *queue, const struct efasim_packet *packet,
                    const void *payload);
/* Copies unsent packets, as many as fit into the usual size, or one. Returns how many bytes. */
size_t link_queue_take(struct link_queue *queue, uint8_t *bytes);
/* All packets up to this number have arrived. False: no packet has that number. */
bool link_queue_arrived(struct link_queue *queue, uint64_t number);
/*
 * For a new connection: packets that have not arrived are unsent again. Packets for which
 * `is_wanted` returns false are removed. Returns how many.
 */
uint64_t link_queue_resume(struct link_queue *queue,
                           bool (*is_wanted)(void *context, const struct efasim_packet *packet),
                           void *context);
/* Removes all packets. Returns how many. */
uint64_t link_queue_clear(struct link_queue *queue);

#endif
