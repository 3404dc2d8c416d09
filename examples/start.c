/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* On Windows the kit loads efawin.dll. A native build has a simulated EFA. */
#include "start.h"

#include <stdio.h>

#ifdef _WIN32
#include <efawin.h>
#else
#include "common/library.h"
#include "common/message.h"

const char *const tool_name = "example"; /* in front of messages about the simulated EFA */
#endif

static bool load(void)
{
#ifdef _WIN32
    return efa_load_efawin_lib() == 0; /* which says on stderr what went wrong */
#else
    return tool_load_library();
#endif
}

static void unload(void)
{
#ifdef _WIN32
    efa_free_efawin_lib();
#else
    tool_unload_library();
#endif
}

struct ibv_context *example_open(void)
{
    struct ibv_context *context = NULL;
    struct ibv_device **list;

    if (!load())
        return NULL;
    list = ibv_get_device_list(NULL);
    if (list && list[0])
        context = ibv_open_device(list[0]);
    ibv_free_device_list(list);
    if (!context) {
        fprintf(stderr, "no EFA device could be opened\n");
        unload();
    }
    return context;
}

void example_close(struct ibv_context *context)
{
    ibv_close_device(context);
    unload();
}
