/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The platform calls of the benchmark: platform_native.c, platform_windows.c. */
#ifndef BENCH_PLATFORM_H
#define BENCH_PLATFORM_H

#include <stdbool.h>
#include <stdint.h>

/* Connects the stand-in device to the library. Returns 0, or prints the reason on stderr. */
int platform_install_standin(void);

double platform_now_ns(void);

/* Allocates zeroed, page-aligned memory for the life of the process. */
void *platform_pages(uint64_t size);

/* Starts a thread that runs `body(argument)`; waits for its end. */
void *platform_start_thread(void (*body)(void *argument), void *argument);
void platform_join_thread(void *thread);
void platform_yield(void);

/* Bytes that the library has asked the system for so far; false on Windows, which counts none. */
bool platform_memory_asked(uint64_t *bytes);

/* Marks the code to be counted, for the tool that runs the program. */
void platform_count_begin(void);
void platform_count_end(void);

#endif
