/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Ordering towards the device. Each barrier is named for its place. The kind of memory on its two
 * sides decides how strong it must be: see docs/architecture.md.
 */
#ifndef EFA_OS_BARRIER_H
#define EFA_OS_BARRIER_H

#include "compiler.h"

/*
 * Between descriptors stored to write-combining device memory and the doorbell: x86-64 may hold
 * such stores in its combining buffers past a later store, and only sfence empties them.
 */
EFA_INLINE void efa_flush_write_combining(void)
{
#if EFA_X86_64
    _mm_sfence();
#elif EFA_GNU_LIKE
    __asm__ __volatile__("dsb st" ::: "memory");
#else
    __dsb(_ARM64_BARRIER_ST);
#endif
}

/*
 * Between a doorbell and the descriptors of the next batch, which must not reach the device before
 * it. Where a lock was taken in between, x86-64 needs nothing more: its locked instruction empties
 * the store buffer and the combining buffers. Elsewhere, and without a lock, this does.
 */
EFA_INLINE void efa_order_after_doorbell(bool has_locked)
{
    if (!EFA_X86_64 || !has_locked)
        efa_flush_write_combining();
}

/*
 * The doorbell itself: one 32-bit store after everything before it. For descriptors in cached host
 * memory (the receive ring) this alone is enough on x86-64, which keeps stores in order; Arm64
 * needs a barrier that device memory observes.
 */
EFA_INLINE void efa_ring_doorbell(uint32_t *doorbell, uint32_t value)
{
#if !EFA_X86_64 && EFA_GNU_LIKE
    __asm__ __volatile__("dmb oshst" ::: "memory");
#elif !EFA_X86_64
    __dmb(_ARM64_BARRIER_OSHST);
#endif
    efa_store_release_u32(doorbell, value);
}

#endif
