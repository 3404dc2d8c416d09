/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Clock and yield, for programs that poll. */
#ifndef EFA_TOOLS_CLOCK_H
#define EFA_TOOLS_CLOCK_H

#include <stdint.h>

/* Nanoseconds of a monotonic clock. */
uint64_t tool_now_ns(void);

/* Yields the processor to another thread. */
void tool_yield(void);

void tool_sleep_ms(unsigned milliseconds);

#endif
