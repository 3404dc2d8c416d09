/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The versions of program, library and driver. */
#ifndef EFA_TOOLS_VERSION_H
#define EFA_TOOLS_VERSION_H

#include <stddef.h>

/* The program's own. */
extern const char *const tool_version;

/* "3, 2, 1" */
void tool_describe_versions(unsigned spoken, char *text, size_t size);

/* The output of --version. */
void tool_print_versions(void);

#endif
