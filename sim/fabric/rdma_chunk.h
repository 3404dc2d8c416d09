/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* How much of an RDMA read moves at a time, so that a step stays short. */
#ifndef EFASIM_FABRIC_RDMA_CHUNK_H
#define EFASIM_FABRIC_RDMA_CHUNK_H

#include "link_packet.h"
#include "state.h"

EFA_INLINE uint32_t efasim_rdma_chunk(const struct efasim_message *message)
{
    uint32_t left = message->size - message->done;

    return left < EFASIM_PACKET_LARGEST ? left : EFASIM_PACKET_LARGEST;
}

#endif
