/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Opening and removing the files that a program's command line names. */
#ifndef EFA_TOOLS_OPEN_FILE_H
#define EFA_TOOLS_OPEN_FILE_H

#include <stdbool.h>
#include <stdio.h>

/*
 * As fopen with "r", "w" or "a", errno included. On Windows the name may have 260 characters or
 * more, and the server of a pipe of that name cannot impersonate this process.
 */
FILE *tool_open_file(const char *path, const char *mode);

/*
 * False, with a message, if the file cannot be written: to be called before the work whose result
 * it shall hold. Leaves no new file, and an old one as it was.
 */
bool tool_check_writable(const char *path);

/* Like remove. */
void tool_remove_file(const char *path);

#endif
