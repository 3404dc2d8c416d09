/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Stands for the unistd.h that an application brings along on Windows: names that the kit's
 * efacompat.h would define, with other values. */
#ifndef CLIENT_UNISTD_H
#define CLIENT_UNISTD_H

#include <stddef.h>
#include <stdint.h>

#ifndef _SSIZE_T_DEFINED
#define _SSIZE_T_DEFINED
typedef ptrdiff_t ssize_t;
#endif

#undef NAME_MAX
#undef PAGE_SIZE
#define NAME_MAX 255
#define PAGE_SIZE 65536
#define EFAWIN_HAVE_UID_T
typedef unsigned short uid_t;
#define getuid() ((uid_t)500)
#define container_of(ptr, type, member) ((type *)(void *)((char *)(ptr) - offsetof(type, member)))

#endif
