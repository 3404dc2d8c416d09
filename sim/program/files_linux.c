/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Files on Linux. */
#include "program.h"

FILE *program_create(const char *path)
{
    return fopen(path, "we");
}
