/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* On other systems the arguments need no conversion; see program.h. */
#include "program.h"

#include <unistd.h>

int tool_run(int argc, char **argv, int (*program)(int argc, char **argv))
{
    return program(argc, argv);
}

bool tool_shows_progress(void)
{
    return isatty(STDERR_FILENO) != 0;
}
