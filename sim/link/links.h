/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Links to instances on other machines. Linked instances form one fabric: each reaches the adapters
 * of the instances that it has a link to.
 */
#ifndef EFASIM_LINK_LINKS_H
#define EFASIM_LINK_LINKS_H

#include "../client/protocol.h"
#include "links_options.h"

struct links;

/*
 * The default GIDs are the same on every machine. This replaces them by GIDs that are derived from
 * the machine's name and the address. False: `message` says why.
 */
bool links_make_gids(const struct links_options *options, struct efasim_config *config,
                     char *message, size_t message_size);

/* NULL: `message` says why, and everything was released. */
struct links *links_start(const struct links_options *options, struct efasim *sim, char *message,
                          size_t message_size);
/*
 * Lists links from number `first` on: those of the options' peers in that order, then those that
 * other instances have made.
 */
void links_list(struct links *links, uint32_t first, struct efasim_service_links *listed);
/* Call it before the simulation is destroyed. */
void links_stop(struct links *links);

#endif
