/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Opening and removing the files that a program's command line names. */
#ifndef EFA_TOOLS_OPEN_FILE_H
#define EFA_TOOLS_OPEN_FILE_H

#include <stdio.h>

/*
 * As fopen with "r", "w" or "a", errno included. On Windows the name may have 260 characters or
 * more, and the server of a pipe of that name cannot impersonate this process.
 */
FILE *tool_open_file(const char *path, const char *mode);

/* Like remove. */
void tool_remove_file(const char *path);

#endif
