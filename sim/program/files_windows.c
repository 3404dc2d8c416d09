/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Files on Windows: lines end as on Linux, so a trace is the same everywhere. */
#include "program.h"

FILE *program_open(const char *path, bool writes)
{
    return fopen(path, writes ? "wbN" : "rbN");
}
