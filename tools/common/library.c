/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Lists and opens devices; see library.h. */
#include "library.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include <infiniband/verbs.h>

#include "cause.h"
#include "message.h"

struct ibv_device **tool_list_devices(int *count)
{
    struct ibv_device **list;
    int error;

    errno = 0;
    list = ibv_get_device_list(count);
    error = errno;
    if (!list) {
        tool_error("listing the devices failed: %s", tool_errno_text(error));
        return NULL;
    }
    if (!list[0]) {
        ibv_free_device_list(list);
        tool_report_cause(NULL, error);
        return NULL;
    }
    return list;
}

struct ibv_context *tool_open(struct ibv_device *device)
{
    struct ibv_context *context;

    errno = 0;
    context = ibv_open_device(device);
    if (!context)
        tool_report_cause(device->name, errno);
    return context;
}

struct ibv_context *tool_open_device(const char *name)
{
    struct ibv_context *context = NULL;
    struct ibv_device **list = tool_list_devices(NULL);
    size_t i = 0;

    if (!list)
        return NULL;
    while (name && list[i] && strcmp(list[i]->name, name) != 0)
        i++;
    if (!list[i]) {
        tool_error("no device named '%s': there is '%s'", name, list[0]->name);
    } else {
        context = tool_open(list[i]);
    }
    ibv_free_device_list(list);
    return context;
}
