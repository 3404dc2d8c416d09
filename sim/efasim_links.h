/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Links: other simulations whose adapters this one's reach, over whatever the caller has. Like
 * efasim.h, for fronts. All calls may come from several threads at once, but those about one link
 * from one at a time. What a link is given to send is sent in order and once; an answer that never
 * comes is made up for by the peer's timeout, once the link is down or has been silent for so long.
 */
#ifndef EFASIM_EFASIM_LINKS_H
#define EFASIM_EFASIM_LINKS_H

#include "efasim.h"
#include "fabric/link_packet.h"

struct efasim_link;

/* Of other simulations, all links together. */
#define EFASIM_LINK_ADAPTERS 64u

/* A link that is down; it lasts as long as the simulation. NULL: not enough memory. */
struct efasim_link *efasim_link_create(struct efasim *sim, efasim_link_sender *send, void *context);

enum efasim_link_result {
    EFASIM_LINK_OK,
    EFASIM_LINK_OWN_GID,   /* *index is the peer's adapter whose GID an adapter here has, too */
    EFASIM_LINK_THEIR_GID, /* the same of another link that is up */
    EFASIM_LINK_TOO_MANY   /* adapters, of all links together, or no memory */
};

/* Whether the adapters of these GIDs could be reached by this link. */
enum efasim_link_result efasim_link_accepts(struct efasim_link *link, const uint8_t (*gids)[16],
                                            uint32_t count, uint32_t *index);
/*
 * The link is up and leads to these adapters. `is_new`: to a simulation that has not got what was
 * sent before; else all of that will still be answered.
 */
enum efasim_link_result efasim_link_up(struct efasim_link *link, const uint8_t (*gids)[16],
                                       uint32_t count, bool is_new, uint32_t *index);
void efasim_link_down(struct efasim_link *link);

/* Something came in over the link, if no more than a sign of life. */
void efasim_link_heard(struct efasim_link *link);

struct efasim_link_arrival {
    struct efasim_packet packet;
    uint8_t *payload;
};
enum efasim_link_taken { EFASIM_LINK_TAKEN, EFASIM_LINK_STALLED, EFASIM_LINK_NONSENSE };
/*
 * Carries out the packets in order. STALLED: none yet, since the adapters stand still. NONSENSE:
 * the first *count of them were right.
 */
enum efasim_link_taken efasim_link_receive(struct efasim_link *link,
                                           struct efasim_link_arrival *arrivals, uint32_t *count);

/* Whether the message of this packet still waits for its answer. */
bool efasim_link_is_awaited(struct efasim_link *link, const struct efasim_packet *packet);
/* Whether any does. Takes no lock. */
bool efasim_link_awaits_any(const struct efasim_link *link);

#endif
