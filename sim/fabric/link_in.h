/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Packets that came in over a link. */
#ifndef EFASIM_FABRIC_LINK_IN_H
#define EFASIM_FABRIC_LINK_IN_H

#include "link_window.h"

/*
 * Carries out what the packet says; the payload, of packet->size bytes, stays where it is until the
 * mover was flushed. False: no instance of this version sends such a packet.
 */
bool efasim_link_take_packet(struct efasim_link *link, const struct efasim_packet *packet,
                             uint8_t *payload);

#endif
