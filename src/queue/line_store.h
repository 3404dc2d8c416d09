/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Storing composed descriptors as the memory behind the ring wants them: a whole 64-byte line in
 * the widest stores that every x86-64 has, straight from registers. Composing in memory with 8-byte
 * stores and copying with 16-byte loads would stall on store forwarding.
 */
#ifndef EFA_QUEUE_LINE_STORE_H
#define EFA_QUEUE_LINE_STORE_H

#include "os/compiler.h"

EFA_INLINE void efa_store_pair(void *destination, uint64_t low, uint64_t high)
{
#if EFA_X86_64
    _mm_store_si128((__m128i *)destination, _mm_set_epi64x((long long)high, (long long)low));
#else
    uint64_t *words = destination;

    words[0] = low;
    words[1] = high;
#endif
}

/* `line` is 64-byte aligned device memory, written in ascending order and never read. */
EFA_INLINE void efa_store_line(void *line, const uint64_t words[8])
{
    unsigned char *bytes = line;

    efa_store_pair(bytes, words[0], words[1]);
    efa_store_pair(bytes + 16, words[2], words[3]);
    efa_store_pair(bytes + 32, words[4], words[5]);
    efa_store_pair(bytes + 48, words[6], words[7]);
}

#endif
