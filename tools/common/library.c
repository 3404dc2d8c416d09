/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Lists and opens devices; see library.h. */
#include "library.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include <infiniband/verbs.h>

#include "message.h"

struct ibv_device **tool_list_devices(int *count)
{
    struct ibv_device **list;

    errno = 0;
    list = ibv_get_device_list(count);
    if (list == NULL) {
        tool_error("listing the devices failed: %s", tool_errno_text(errno));
        return NULL;
    }
    if (list[0] == NULL) {
        ibv_free_device_list(list);
        tool_error(
            "no EFA driver: check that this instance has an EFA network interface, and that "
            "the service \"efa\" is installed and runs (sc query efa)");
        return NULL;
    }
    return list;
}

struct ibv_context *tool_open_device(const char *name)
{
    struct ibv_context *context = NULL;
    struct ibv_device **list = tool_list_devices(NULL);
    size_t i = 0;

    if (list == NULL)
        return NULL;
    while (name != NULL && list[i] != NULL && strcmp(list[i]->name, name) != 0)
        i++;
    if (list[i] == NULL) {
        tool_error("no device named '%s': there is '%s'", name, list[0]->name);
    } else {
        errno = 0;
        context = ibv_open_device(list[i]);
        if (context == NULL)
            tool_error("opening device %s failed: %s", list[i]->name, tool_errno_text(errno));
    }
    ibv_free_device_list(list);
    return context;
}
