/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Elsewhere the arguments are what they are; see program.h. */
#include "program.h"

int tool_run(int argc, char **argv, int (*program)(int argc, char **argv))
{
    return program(argc, argv);
}
