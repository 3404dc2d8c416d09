/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* All rings of the device have a number of entries that is a power of two. */
#ifndef EFA_DEVICE_RING_H
#define EFA_DEVICE_RING_H

#include <stdint.h>

#include "os/compiler.h"

/* The smallest possible number of entries that is at least `wanted`; at most 2^31. */
EFA_INLINE uint32_t efa_ring_entries(uint32_t wanted)
{
    uint32_t entries = 1;

    while (entries < wanted)
        entries <<= 1;
    return entries;
}

#endif
