/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Messages to adapters of other instances: off over the link, held back, or given up. */
#ifndef EFASIM_FABRIC_DEPART_H
#define EFASIM_FABRIC_DEPART_H

#include "../device/memory_region.h"
#include "link_window.h"

/* The sender's buffers. False: a key does not cover one of them. */
bool efasim_find_source(struct efasim_message *message, struct efasim_segments *source);

/* It has crossed this instance's fabric, and is for an adapter at the other end of a link. */
void efasim_depart(struct efasim_message *message);
/* There may be room again, or the link is up again. */
void efasim_link_let_go(struct efasim_link *link);
/* The timer of a message that is at a link has run out. */
void efasim_link_overdue(struct efasim_message *message);

#endif
