/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Error messages of the tools: one line for each failure, with what failed and what to do. */
#ifndef EFA_TOOLS_MESSAGE_H
#define EFA_TOOLS_MESSAGE_H

#include <stdarg.h>

#include "os/compiler.h"

/* Each program defines its own name. */
extern const char *const tool_name;

/* Prints "NAME: ..." and a line end, or stores the text if messages are being stored. */
void tool_error(const char *format, ...) EFA_PRINTF(1, 2);
void tool_error_list(const char *format, va_list arguments) EFA_PRINTF(1, 0);

/*
 * From now on stores the first message in `text` instead of printing it. Later messages are
 * dropped, because they follow from the first. NULL: print again.
 */
void tool_keep_errors(char *text, size_t size);
bool tool_keeps_errors(void);

/*
 * From now on prints only the first message of all threads, and stores it in `first` (empty: no
 * message). Later messages are dropped, because they follow from the first. NULL: print all again.
 */
void tool_print_first_only(char *first, size_t size);

/* The text for an errno value. */
const char *tool_errno_text(int error);

#endif
