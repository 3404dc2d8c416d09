/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Links to instances on other machines. All instances that are linked have one fabric: each reaches
 * the adapters of those that it has a link to.
 */
#ifndef EFASIM_LINK_LINKS_H
#define EFASIM_LINK_LINKS_H

#include "links_options.h"
struct links;

/*
 * Gives adapters whose GIDs are those that every machine's adapters have without a configuration
 * others, which come from the machine's name and the address. False: `message` says why.
 */
bool links_make_gids(const struct links_options *options, struct efasim_config *config,
                     char *message, size_t message_size);

/* NULL: `message` says why, and nothing is left. */
struct links *links_start(const struct links_options *options, struct efasim *sim, char *message,
                          size_t message_size);
/* Before the simulation is destroyed. */
void links_stop(struct links *links);

#endif
