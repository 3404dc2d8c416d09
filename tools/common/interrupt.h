/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Ctrl-C as a wish to end with the results so far. A second one ends the program at once. */
#ifndef EFA_TOOLS_INTERRUPT_H
#define EFA_TOOLS_INTERRUPT_H

#include <stdbool.h>

void tool_watch_interrupt(void);
bool tool_interrupted(void);

#endif
