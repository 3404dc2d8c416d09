/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Runs this program a second time, in another role. */
#ifndef EFAWIN_TESTS_CHILD_PROCESS_H
#define EFAWIN_TESTS_CHILD_PROCESS_H

#include <windows.h>

#include <stdbool.h>

/* Starts "THIS_PROGRAM ARGUMENTS"; NULL on failure. */
HANDLE child_start(const char *arguments);
/* Exit code within `seconds`; a child that takes longer is ended and the result is -1. */
int child_wait(HANDLE process, unsigned seconds);
void child_kill(HANDLE process);

#endif
