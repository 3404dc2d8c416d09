/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The DLL behind the recorder: efawin_real.dll. It has another C runtime, and so another errno. */
#include <windows.h>

#include <stdlib.h>
#include <string.h>

#include "recorder.h"

void library_find(const char *name, void *place)
{
    HMODULE dll = LoadLibraryA("efawin_real.dll");
    FARPROC found = dll ? GetProcAddress(dll, name) : NULL;

    if (!found)
        abort();
    memcpy(place, &found, sizeof found);
}

int library_errno(void)
{
    int (*get_errno)(void);

    library_find("efawin_get_errno", &get_errno);
    return get_errno();
}
