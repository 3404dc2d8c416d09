/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Time and rest, for programs that poll. */
#ifndef EFA_TOOLS_CLOCK_H
#define EFA_TOOLS_CLOCK_H

#include <stdint.h>

/* Nanoseconds of a clock that only goes forward. */
uint64_t tool_now_ns(void);

/* Lets another thread have the processor. */
void tool_yield(void);

void tool_sleep_ms(unsigned milliseconds);

#endif
