/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * 16-byte values in a register, of which descriptors are composed. A 64-byte line of device memory
 * takes four such stores, straight from registers. Composing in memory with 8-byte stores and
 * copying with 16-byte loads would stall on store forwarding.
 */
#ifndef EFA_QUEUE_U128_H
#define EFA_QUEUE_U128_H

#include <string.h>

#include "device/send_descriptor.h"
#include "infiniband/verbs.h"
#include "os/compiler.h"

#if EFA_X86_64

typedef __m128i efa_u128;

EFA_INLINE efa_u128 efa_u128_of(uint64_t low, uint64_t high)
{
    return _mm_set_epi64x((long long)high, (long long)low);
}

/* The 32-bit value at `source`, the rest 0. As a float: GCC has one instruction for that. */
EFA_INLINE efa_u128 efa_u128_load_u32(const uint32_t *source)
{
    float bits;

    memcpy(&bits, source, sizeof bits);
    return _mm_castps_si128(_mm_set_ss(bits));
}

EFA_INLINE efa_u128 efa_u128_zero(void)
{
    return _mm_setzero_si128();
}

EFA_INLINE efa_u128 efa_u128_xor(efa_u128 a, efa_u128 b)
{
    return _mm_xor_si128(a, b);
}

/* `destination` is 16-byte aligned. */
EFA_INLINE void efa_u128_store(void *destination, efa_u128 pair)
{
    _mm_store_si128((__m128i *)destination, pair);
}

EFA_INLINE efa_u128 efa_u128_load(const void *source)
{
    return _mm_load_si128((const __m128i *)source);
}

/* The same without alignment. */
EFA_INLINE void efa_u128_store_anywhere(void *destination, efa_u128 pair)
{
    _mm_storeu_si128((__m128i *)destination, pair);
}

EFA_INLINE efa_u128 efa_u128_load_anywhere(const void *source)
{
    return _mm_loadu_si128((const __m128i *)source);
}

#else

typedef struct efa_u128 {
    uint64_t low, high;
} efa_u128;

EFA_INLINE efa_u128 efa_u128_of(uint64_t low, uint64_t high)
{
    efa_u128 pair = {low, high};

    return pair;
}

EFA_INLINE efa_u128 efa_u128_load_u32(const uint32_t *source)
{
    return efa_u128_of(*source, 0);
}

EFA_INLINE efa_u128 efa_u128_zero(void)
{
    return efa_u128_of(0, 0);
}

EFA_INLINE efa_u128 efa_u128_xor(efa_u128 a, efa_u128 b)
{
    return efa_u128_of(a.low ^ b.low, a.high ^ b.high);
}

EFA_INLINE void efa_u128_store(void *destination, efa_u128 pair)
{
    *(efa_u128 *)destination = pair;
}

EFA_INLINE efa_u128 efa_u128_load(const void *source)
{
    return *(const efa_u128 *)source;
}

EFA_INLINE void efa_u128_store_anywhere(void *destination, efa_u128 pair)
{
    memcpy(destination, &pair, sizeof pair);
}

EFA_INLINE efa_u128 efa_u128_load_anywhere(const void *source)
{
    efa_u128 pair;

    memcpy(&pair, source, sizeof pair);
    return pair;
}

#endif

/*
 * Stores a queue's position: the address of its next descriptor, the base of its counter, and the
 * value that shares their 16 bytes. One store: a thread that ends with the process then leaves a
 * producer counter that is correct, which matters where one thread is promised: the next call does
 * not notice that a thread ended.
 */
EFA_INLINE void efa_store_position(void *position, const unsigned char *line, uint32_t counter_base,
                                   uint32_t third)
{
    efa_u128_store_anywhere(
        position, efa_u128_of((uint64_t)(uintptr_t)line, counter_base | (uint64_t)third << 32));
}

/* A buffer descriptor. Two shifts clear the high eight bits, which a key does not have. */
EFA_INLINE efa_u128 efa_u128_of_buffer(uint64_t address, uint32_t length, uint32_t lkey)
{
    static_assert(EFA_LKEY_MASK == UINT32_MAX >> 8, "24 bits");
    return efa_u128_of(length | (uint64_t)(lkey << 8) << 24, address);
}

/*
 * Member by member: the program may have stored them just now, and one load of all would wait until
 * they are out of the processor's store buffer.
 */
EFA_INLINE efa_u128 efa_u128_of_sge(const struct ibv_sge *sge)
{
    return efa_u128_of_buffer(sge->addr, sge->length, sge->lkey);
}

#endif
