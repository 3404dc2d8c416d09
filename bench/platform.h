/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* What the benchmark needs of its platform: platform_native.c, platform_windows.c. */
#ifndef BENCH_PLATFORM_H
#define BENCH_PLATFORM_H

#include <stdint.h>

/* Puts the stand-in device behind the library. 0, or the reason is on stderr. */
int platform_install_standin(void);

double platform_now_ns(void);

/* Zeroed, page-aligned, for the life of the process. */
void *platform_pages(uint64_t size);

/* Marks what is to be counted for the tool that runs the program and counts. */
void platform_count_begin(void);
void platform_count_end(void);

#endif
