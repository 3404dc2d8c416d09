/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The first Ctrl-C asks the program to end with the results so far. The second one ends it at
 * once. */
#ifndef EFA_TOOLS_INTERRUPT_H
#define EFA_TOOLS_INTERRUPT_H

#include <stdbool.h>

void tool_watch_interrupt(void);
bool tool_interrupted(void);

#endif
