/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The library behind a Windows program: efawin.dll, through the interface kit's loader. */
#include "library.h"

#include <errno.h>
#include <stdlib.h>

#include <efawin.h>

#include "message.h"

bool tool_load_library(void)
{
    const int result = efa_load_efawin_lib();

    if (result == 0 || result == -EALREADY)
        return true;
    if (result == -ENOENT)
        tool_error("efawin.dll was not found: put it into the folder of this program");
    else
        tool_error("efawin.dll cannot be used: %s (set EFAWIN_LOG_LEVEL=debug to see why)",
                   tool_errno_text(abs(result)));
    return false;
}

void tool_unload_library(void)
{
    efa_free_efawin_lib();
}
