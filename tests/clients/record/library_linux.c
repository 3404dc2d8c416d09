/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The library that comes after the recorder in a process of Linux. */
#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#include "recorder.h"

void library_find(const char *name, void *place)
{
    void *found = dlsym(RTLD_NEXT, name);

    memcpy(place, &found, sizeof found); /* an object pointer may not be cast to a function's */
}

int library_errno(void)
{
    return errno;
}
