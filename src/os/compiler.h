/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The one file that names a compiler: hints, alignment, atomics and barriers for GCC, Clang,
 * clang-cl and MSVC 2019 or later, on x86-64 and Arm64.
 *
 * Atomics act on plain objects (no _Atomic, no <stdatomic.h>). Each name says its ordering; nothing
 * stronger is implied. Barriers towards the device are in barrier.h.
 */
#ifndef EFA_OS_COMPILER_H
#define EFA_OS_COMPILER_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__) || defined(__clang__)
#define EFA_GNU_LIKE 1
#else
#define EFA_GNU_LIKE 0
#include <intrin.h>
#include <stdlib.h> /* _byteswap_ulong */
#endif

/* _M_X64 is defined there as well, but memory accesses are ordered as on Arm64. */
#if defined(_M_ARM64EC)
#error "efawin is for 64-bit x86 only: build it for x64, not for ARM64EC"
#endif

#if defined(__x86_64__) || defined(_M_X64)
#define EFA_X86_64 1
#else
#define EFA_X86_64 0
#endif

#if EFA_X86_64
#include <emmintrin.h>
#endif

#if EFA_GNU_LIKE
#define EFA_LIKELY(x) __builtin_expect(!!(x), 1)
#define EFA_UNLIKELY(x) __builtin_expect(!!(x), 0)
#define EFA_NOINLINE __attribute__((noinline))
#define EFA_COLD __attribute__((noinline, cold))
#define EFA_INLINE static inline __attribute__((always_inline, unused))
#define EFA_ALIGNED(n) __attribute__((aligned(n)))
#if defined(__MINGW32__) && !defined(__clang__)
/* Its "printf" means the old msvcrt, which has no %zu. The library does not use that runtime. */
#define EFA_PRINTF(text, first) __attribute__((format(gnu_printf, text, first)))
#else
#define EFA_PRINTF(text, first) __attribute__((format(printf, text, first)))
#endif
#define EFA_UNUSED __attribute__((unused))
#define EFA_PREFETCH(address) __builtin_prefetch(address)
#else
#define EFA_LIKELY(x) (x)
#define EFA_UNLIKELY(x) (x)
#define EFA_NOINLINE __declspec(noinline)
#define EFA_COLD __declspec(noinline)
#define EFA_INLINE static __forceinline
#define EFA_ALIGNED(n) __declspec(align(n))
#define EFA_PRINTF(text, first)
#define EFA_UNUSED
#if EFA_X86_64
#define EFA_PREFETCH(address) _mm_prefetch((const char *)(address), _MM_HINT_T0)
#else
#define EFA_PREFETCH(address) __prefetch(address)
#endif
#endif

#if defined(__SANITIZE_THREAD__)
#define EFA_THREAD_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define EFA_THREAD_SANITIZER 1
#endif
#endif
#ifndef EFA_THREAD_SANITIZER
#define EFA_THREAD_SANITIZER 0
#endif

/* The thread sanitizer does not check the plain reads of such a function, only its atomic ones. */
#if EFA_THREAD_SANITIZER
#define EFA_RACING_READ static __attribute__((noinline, unused, no_sanitize("thread")))
#else
#define EFA_RACING_READ EFA_INLINE
#endif

/*
 * GCC makes two or more instructions of some atomic accesses where one would do; assembly text
 * avoids that. The sanitizers do not see accesses in assembly text.
 */
#if EFA_X86_64 && defined(__GNUC__) && !defined(__clang__) && !EFA_THREAD_SANITIZER && \
    !defined(__SANITIZE_ADDRESS__)
#define EFA_GCC_X86_64 1
#else
#define EFA_GCC_X86_64 0
#endif

#define EFA_CACHE_LINE 64

#define EFA_CONTAINER_OF(pointer, type, member) \
    ((type *)(void *)((char *)(pointer) - offsetof(type, member)))

#define EFA_ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* Keeps the compiler from moving memory accesses across; costs no instruction. */
EFA_INLINE void efa_compiler_barrier(void)
{
#if EFA_GNU_LIKE
    __asm__ __volatile__("" ::: "memory");
#else
    _ReadWriteBarrier();
#endif
}

EFA_INLINE uint32_t efa_swap_bytes_u32(uint32_t value)
{
#if EFA_GNU_LIKE
    return __builtin_bswap32(value);
#else
    return _byteswap_ulong(value);
#endif
}

/* Tells the processor that this is a spin loop. */
EFA_INLINE void efa_cpu_relax(void)
{
#if EFA_X86_64
    _mm_pause();
#elif EFA_GNU_LIKE
    __asm__ __volatile__("yield" ::: "memory");
#else
    __yield();
#endif
}

/* clang-tidy misses that the builtins write. NOLINTBEGIN(readability-non-const-parameter) */
#if EFA_GNU_LIKE

#define EFA_DEFINE_ATOMIC_ACCESS(name, type)                      \
    EFA_INLINE type efa_load_relaxed_##name(const type *p)        \
    {                                                             \
        return __atomic_load_n(p, __ATOMIC_RELAXED);              \
    }                                                             \
    EFA_INLINE type efa_load_acquire_##name(const type *p)        \
    {                                                             \
        return __atomic_load_n(p, __ATOMIC_ACQUIRE);              \
    }                                                             \
    EFA_INLINE void efa_store_relaxed_##name(type *p, type value) \
    {                                                             \
        __atomic_store_n(p, value, __ATOMIC_RELAXED);             \
    }                                                             \
    EFA_INLINE void efa_store_release_##name(type *p, type value) \
    {                                                             \
        __atomic_store_n(p, value, __ATOMIC_RELEASE);             \
    }

#else

#if EFA_X86_64
/* x86-64 orders loads with loads and stores with stores; only the compiler must be held back. */
#define EFA_MSVC_ACQUIRE() _ReadWriteBarrier()
#define EFA_MSVC_RELEASE() _ReadWriteBarrier()
#else
#define EFA_MSVC_ACQUIRE() __dmb(_ARM64_BARRIER_ISHLD)
#define EFA_MSVC_RELEASE() __dmb(_ARM64_BARRIER_ISH)
#endif

#define EFA_DEFINE_ATOMIC_ACCESS(name, type)                      \
    EFA_INLINE type efa_load_relaxed_##name(const type *p)        \
    {                                                             \
        return *(const volatile type *)p;                         \
    }                                                             \
    EFA_INLINE type efa_load_acquire_##name(const type *p)        \
    {                                                             \
        type value = *(const volatile type *)p;                   \
        EFA_MSVC_ACQUIRE();                                       \
        return value;                                             \
    }                                                             \
    EFA_INLINE void efa_store_relaxed_##name(type *p, type value) \
    {                                                             \
        *(volatile type *)p = value;                              \
    }                                                             \
    EFA_INLINE void efa_store_release_##name(type *p, type value) \
    {                                                             \
        EFA_MSVC_RELEASE();                                       \
        *(volatile type *)p = value;                              \
    }

#endif

EFA_DEFINE_ATOMIC_ACCESS(u8, uint8_t)
EFA_DEFINE_ATOMIC_ACCESS(u16, uint16_t)
EFA_DEFINE_ATOMIC_ACCESS(u32, uint32_t)
EFA_DEFINE_ATOMIC_ACCESS(u64, uint64_t)

typedef void *efa_pointer;
EFA_DEFINE_ATOMIC_ACCESS(ptr, efa_pointer)

/* Whether a relaxed load is not 0: one instruction with the branch's compare, also with GCC. */
#if EFA_GCC_X86_64
#define EFA_DEFINE_IS_SET(name, type, suffix)                                      \
    EFA_INLINE bool efa_is_set_relaxed_##name(const type *p)                       \
    {                                                                              \
        bool is_set;                                                               \
                                                                                   \
        __asm__ __volatile__("cmp" suffix " $0, %1" : "=@ccne"(is_set) : "m"(*p)); \
        return is_set;                                                             \
    }
#else
#define EFA_DEFINE_IS_SET(name, type, suffix)                \
    EFA_INLINE bool efa_is_set_relaxed_##name(const type *p) \
    {                                                        \
        return efa_load_relaxed_##name(p) != 0;              \
    }
#endif

EFA_DEFINE_IS_SET(u8, uint8_t, "b")
EFA_DEFINE_IS_SET(u32, uint32_t, "l")
EFA_DEFINE_IS_SET(ptr, efa_pointer, "q")

/* Each returns the value before the operation. */
EFA_INLINE uint32_t efa_exchange_acquire_u32(uint32_t *p, uint32_t value)
{
#if EFA_GNU_LIKE
    return __atomic_exchange_n(p, value, __ATOMIC_ACQUIRE);
#else
    return (uint32_t)_InterlockedExchange((volatile long *)p, (long)value);
#endif
}

EFA_INLINE uint32_t efa_fetch_add_u32(uint32_t *p, uint32_t value)
{
#if EFA_GNU_LIKE
    return __atomic_fetch_add(p, value, __ATOMIC_ACQ_REL);
#else
    return (uint32_t)_InterlockedExchangeAdd((volatile long *)p, (long)value);
#endif
}

/* Sets bit 0 of `*p`; returns whether it was set before. Full barrier. */
EFA_INLINE bool efa_test_and_set_bit0_u32(uint32_t *p)
{
#if EFA_GCC_X86_64
    bool was_set;

    __asm__ __volatile__("lock btsl $0, %0" : "+m"(*p), "=@ccc"(was_set) : : "memory");
    return was_set;
#elif EFA_GNU_LIKE
    return (__atomic_fetch_or(p, 1u, __ATOMIC_SEQ_CST) & 1u) != 0;
#else
    return _interlockedbittestandset((volatile long *)p, 0) != 0;
#endif
}

/* Stores `value` where `*p` equals `expected`; true where it did. Full barrier. */
EFA_INLINE bool efa_compare_exchange_u32(uint32_t *p, uint32_t expected, uint32_t value)
{
#if EFA_GNU_LIKE
    return __atomic_compare_exchange_n(p, &expected, value, false, __ATOMIC_SEQ_CST,
                                       __ATOMIC_RELAXED);
#else
    return (uint32_t)_InterlockedCompareExchange((volatile long *)p, (long)value, (long)expected) ==
           expected;
#endif
}

EFA_INLINE bool efa_compare_exchange_ptr(void **p, void *expected, void *value)
{
#if EFA_GNU_LIKE
    return __atomic_compare_exchange_n(p, &expected, value, false, __ATOMIC_SEQ_CST,
                                       __ATOMIC_RELAXED);
#else
    return _InterlockedCompareExchangePointer((void *volatile *)p, value, expected) == expected;
#endif
}

EFA_INLINE void *efa_exchange_ptr(void **p, void *value)
{
#if EFA_GNU_LIKE
    return __atomic_exchange_n(p, value, __ATOMIC_SEQ_CST);
#else
    return _InterlockedExchangePointer((void *volatile *)p, value);
#endif
}

/* NOLINTEND(readability-non-const-parameter) */

#endif
