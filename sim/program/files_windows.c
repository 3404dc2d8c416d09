/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Files on Windows: lines end as on Linux, so a trace is the same everywhere. */
#include "program.h"

FILE *program_create(const char *path)
{
    return fopen(path, "wbN");
}
