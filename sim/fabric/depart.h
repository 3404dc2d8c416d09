/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Messages to adapters of other instances: off over the link, held back, or given up. */
#ifndef EFASIM_FABRIC_DEPART_H
#define EFASIM_FABRIC_DEPART_H

#include "link_window.h"

/* Sends a message to an adapter of another instance. */
void efasim_depart(struct efasim_message *message);
/* There may be room again, or the link is up again. */
void efasim_link_let_go(struct efasim_link *link);
/* The timer of a message on a link expired. */
void efasim_link_overdue(struct efasim_message *message);

#endif
