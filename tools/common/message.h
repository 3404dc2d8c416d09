/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* What tools say on standard error: one line a failure: what failed, and what to do. */
#ifndef EFA_TOOLS_MESSAGE_H
#define EFA_TOOLS_MESSAGE_H

#include "os/compiler.h"

/* Each program defines its own name. */
extern const char *const tool_name;

/* Prints "NAME: ..." and a line end, or keeps the text where messages are being kept. */
void tool_error(const char *format, ...) EFA_PRINTF(1, 2);

/*
 * From here on messages go into `text` instead of to standard error; the first one stays, later ones
 * follow from it. NULL: to standard error again.
 */
void tool_keep_errors(char *text, size_t size);

/*
 * From here on only the first message is printed, by whichever thread; later ones follow from it. It
 * stays in `first` (empty: there was none). NULL: all are printed again.
 */
void tool_print_first_only(char *first, size_t size);

/* The text for an errno value. */
const char *tool_errno_text(int error);

#endif
