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
    int error;

    if (!transport)
        return ENODEV;
    error = efa_driver_open(&driver, transport, &info, true);
    if (!error)
        efa_driver_close(&driver);
    return error;
}

static struct efa_device *create_device(const struct efa_transport *transport)
{
    struct efa_device *device = efa_os_alloc(sizeof *device);

    if (!device)
        return NULL;
    device->ibv.node_type = IBV_NODE_UNSPECIFIED;
    device->ibv.transport_type = IBV_TRANSPORT_UNSPECIFIED;
    snprintf(device->ibv.name, sizeof device->ibv.name, "%s", DEVICE_NAME);
    snprintf(device->ibv.dev_name, sizeof device->ibv.dev_name, "%s", DEVICE_NAME);
    snprintf(device->ibv.dev_path, sizeof device->ibv.dev_path, "%s", transport->name);
    device->transport = transport;
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
    return 0; /* the driver has one name, and so one adapter */
}

struct ibv_device **efa_get_device_list(int *num_devices)
{
    const struct efa_transport *transport = efa_default_transport();
    int count = 0;

    efa_trace_start();

    int error = probe(transport);
    struct ibv_device **list = efa_os_alloc(2 * sizeof(struct ibv_device *));

    if (!list)
        return efa_reject_null(ENOMEM, "ibv_get_device_list: out of memory");
    if (!error) {
        struct efa_device *device = create_device(transport);

        if (!device) {
            efa_os_free(list);
            return efa_reject_null(ENOMEM, "ibv_get_device_list: out of memory");
        }
        list[count++] = &device->ibv;
    }
    if (num_devices)
        *num_devices = count;
    /* An empty list is not a failure. errno tells a missing driver from one that cannot be used. */
    if (error)
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
