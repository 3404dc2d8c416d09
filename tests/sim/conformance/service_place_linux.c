/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* A folder of its own, which is empty once the service has stopped. */
#define _GNU_SOURCE
#include "service_place.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char folder[] = "/tmp/efasim-test-XXXXXX";

bool service_place_make(void)
{
    return mkdtemp(folder) && setenv("XDG_RUNTIME_DIR", folder, 1) == 0;
}

bool service_place_remove(void)
{
    if (rmdir(folder) == 0)
        return true;
    printf("the service left something in %s\n", folder);
    return false;
}
