/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Start and end of every program, and where its messages go. */
#ifndef EFA_TOOLS_PROGRAM_H
#define EFA_TOOLS_PROGRAM_H

#include <stdbool.h>

/*
 * Runs the program and returns its exit status. On Windows its arguments are UTF-8, whatever the
 * code page of the system is, and a console shows what it prints as UTF-8 until it ends.
 */
int tool_run(int argc, char **argv, int (*program)(int argc, char **argv));

/* True if standard error is a terminal, so that a program can show its progress there. */
bool tool_shows_progress(void);

#endif
