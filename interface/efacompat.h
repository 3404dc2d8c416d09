/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Linux names that verbs programs use and Windows lacks. Each is defined only if it is not defined
 * yet, so an application's own unistd.h or pthread.h wins when it is included first. Included by
 * infiniband/verbs.h on Windows unless EFAWIN_NO_COMPAT is defined; empty elsewhere.
 *
 * The preprocessor cannot detect typedefs: an application with its own uid_t defines
 * EFAWIN_HAVE_UID_T.
 */
#ifndef EFACOMPAT_H
#define EFACOMPAT_H

#ifdef _WIN32

#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* ---- Compilers that are not GNU-like ---- */

#if !defined(__GNUC__) && !defined(__clang__)
#ifndef __attribute__
#define __attribute__(x)
#endif
#ifndef __builtin_constant_p
#define __builtin_constant_p(x) 0
#endif
#endif

/* ---- Types ---- */

#ifndef _LINUX_TYPES_H
typedef uint8_t __u8;
typedef uint16_t __u16;
typedef uint32_t __u32;
typedef uint64_t __u64;
typedef int32_t __s32;
typedef uint8_t __be8;
typedef uint16_t __be16;
typedef uint32_t __be32;
typedef uint64_t __be64;
#endif

#ifndef __aligned_u64
#define __aligned_u64 uint64_t
#endif

#ifndef _SSIZE_T_DEFINED
#define _SSIZE_T_DEFINED
typedef intptr_t ssize_t;
#endif

#if !defined(EFAWIN_HAVE_UID_T) && !defined(uid_t)
#define EFAWIN_HAVE_UID_T
typedef unsigned int uid_t;
#endif

/* Windows has no numeric user IDs: every user is 0. */
#ifndef getuid
#define getuid() ((uid_t)0)
#endif

/* ---- Limits ---- */

#ifndef PAGE_SIZE
#define PAGE_SIZE 4096
#endif
#ifndef NAME_MAX
#define NAME_MAX 256
#endif
/* Identical to libfabric's definitions for Windows, so that either may come first. windows.h
 * defines MAX_PATH to the same value. */
#ifndef MAX_PATH
#define MAX_PATH 260
#endif
#ifndef PATH_MAX
#define PATH_MAX MAX_PATH
#endif

/* The number of buffers that a send request of a first-generation EFA may have. */
#ifndef EFA_DEV_ATTR_MAX_SQ_SGE
#define EFA_DEV_ATTR_MAX_SQ_SGE 2
#endif
#ifndef EFA_DEV_ATTR_MAX_WR_SGE
#define EFA_DEV_ATTR_MAX_WR_SGE 2
#endif

/* ---- Byte order: all Windows machines are little-endian ---- */

static inline uint32_t efacompat_swap32(uint32_t value)
{
    return value << 24 | (value & 0xff00u) << 8 | (value >> 8 & 0xff00u) | value >> 24;
}

#ifndef htobe32
#define htobe32(x) efacompat_swap32(x)
#endif
#ifndef be32toh
#define be32toh(x) efacompat_swap32(x)
#endif

/* ---- Small macros; min_t and max_t evaluate one argument twice ---- */

#ifndef min_t
#define min_t(type, x, y) ((type)(x) < (type)(y) ? (type)(x) : (type)(y))
#endif
#ifndef max_t
#define max_t(type, x, y) ((type)(x) > (type)(y) ? (type)(x) : (type)(y))
#endif
#ifndef container_of
#define container_of(ptr, type, member) ((type *)(void *)((char *)(ptr) - offsetof(type, member)))
#endif

#endif

#endif
