/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Files on Linux. */
#include "program.h"

FILE *program_open(const char *path, bool writes)
{
    return fopen(path, writes ? "we" : "re");
}
