/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* How much of an RDMA read moves at a time, so that a step stays short. */
#ifndef EFASIM_FABRIC_RDMA_CHUNK_H
#define EFASIM_FABRIC_RDMA_CHUNK_H

#include "link_packet.h"
#include "state.h"

/* `left` bytes of the read have not moved yet. */
EFA_INLINE uint32_t efasim_rdma_chunk(uint32_t left)
{
    return left < EFASIM_PACKET_LARGEST ? left : EFASIM_PACKET_LARGEST;
}

#endif
