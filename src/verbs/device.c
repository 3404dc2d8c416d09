/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The device list. If the driver cannot be used, the list is empty and errno gives the reason. */
#include "device.h"

#include <errno.h>
#include <stdio.h>

#include "driver/default_transport.h"
#include "driver/driver.h"
#include "os/log.h"
#include "os/os.h"
#include "os/trace.h"

/* The adapter's name and device name. Clients show it and select adapters by it. */
#define DEVICE_NAME "EFA"

void efa_device_acquire(struct efa_device *device)
{
    efa_fetch_add_u32(&device->references, 1);
}

void efa_device_release(struct efa_device *device)
{
    if (efa_fetch_add_u32(&device->references, UINT32_MAX) == 1)
        efa_os_free(device);
}

/* Returns 0 if the driver replies sensibly in a version that the library speaks. */
static int probe(const struct efa_transport *transport)
{
    struct efa_driver driver;
    struct efa_device_info info;
    int error = efa_driver_open(&driver, transport, &info, true);

    if (!error)
        efa_driver_close(&driver);
    return error;
}

static struct efa_device *create_device(const struct efa_transport *transport, int index)
{
    const struct efa_device_names the_one = {DEVICE_NAME, DEVICE_NAME, transport->name, ""};
    const struct efa_device_names *names = efa_default_names((unsigned)index);
    struct efa_device *device = efa_os_alloc(sizeof *device);

    if (!device)
        return NULL;
    if (!names)
        names = &the_one;
    device->ibv.node_type = IBV_NODE_UNSPECIFIED;
    device->ibv.transport_type = IBV_TRANSPORT_UNSPECIFIED;
    snprintf(device->ibv.name, sizeof device->ibv.name, "%s", names->name);
    snprintf(device->ibv.dev_name, sizeof device->ibv.dev_name, "%s", names->dev_name);
    snprintf(device->ibv.dev_path, sizeof device->ibv.dev_path, "%s", names->dev_path);
    snprintf(device->ibv.ibdev_path, sizeof device->ibv.ibdev_path, "%s", names->ibdev_path);
    device->transport = transport;
    device->index = index;
    device->references = 1;
    return device;
}

const char *efa_get_device_name(struct ibv_device *device)
{
    if (!device)
        return efa_reject_null(EINVAL, "ibv_get_device_name: device is NULL");
    return device->name;
}

int efa_get_device_index(struct ibv_device *device)
{
    if (!device) {
        efa_log(EFA_LOG_WARN, "ibv_get_device_index: device is NULL");
        return -1;
    }
    return efa_device_of(device)->index;
}

/* The adapters that can be used, from list[0] on. Returns how many; -1 without memory. */
static int fill_list(struct ibv_device **list, unsigned adapters, int *error)
{
    int count = 0;

    *error = adapters ? 0 : ENODEV;
    for (unsigned i = 0; i < adapters; i++) {
        const struct efa_transport *transport = efa_default_transport(i);
        int problem = transport ? probe(transport) : ENODEV;
        struct efa_device *device;

        if (problem) {
            *error = problem;
            continue;
        }
        device = create_device(transport, (int)i);
        if (!device)
            return -1;
        list[count++] = &device->ibv;
    }
    return count;
}

struct ibv_device **efa_get_device_list(int *num_devices)
{
    unsigned adapters = 0;
    int error, count;

    efa_trace_start();
    while (efa_default_transport(adapters))
        adapters++;

    struct ibv_device **list = efa_os_alloc((adapters + 1) * sizeof(struct ibv_device *));

    if (!list)
        return efa_reject_null(ENOMEM, "ibv_get_device_list: out of memory");
    count = fill_list(list, adapters, &error);
    if (count < 0) {
        efa_free_device_list(list);
        return efa_reject_null(ENOMEM, "ibv_get_device_list: out of memory");
    }
    if (num_devices)
        *num_devices = count;
    /* An empty list is not a failure. errno tells a missing driver from one that cannot be used. */
    if (!count)
        errno = error;
    return list;
}

void efa_free_device_list(struct ibv_device **list)
{
    if (!list)
        return;
    for (struct ibv_device **device = list; *device; device++)
        efa_device_release(efa_device_of(*device));
    efa_os_free(list);
}
