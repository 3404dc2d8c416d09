/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* What tools say on standard error: one line a failure, that tells what failed and what to do. */
#ifndef EFA_TOOLS_MESSAGE_H
#define EFA_TOOLS_MESSAGE_H

#include "os/compiler.h"

/* Each program defines its own name. */
extern const char *const tool_name;

/* Prints "NAME: ..." and a line end. */
void tool_error(const char *format, ...) EFA_PRINTF(1, 2);

/* The text for an errno value. */
const char *tool_errno_text(int error);

#endif
