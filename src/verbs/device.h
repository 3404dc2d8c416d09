/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* A device as ibv_get_device_list returns it. It exists while a list or a context refers to it. */
#ifndef EFA_VERBS_DEVICE_H
#define EFA_VERBS_DEVICE_H

#include "driver/transport.h"
#include "infiniband/verbs.h"
#include "os/compiler.h"

struct efa_device {
    struct ibv_device ibv;
    const struct efa_transport *transport;
    int index;
    uint32_t references;
};

EFA_INLINE struct efa_device *efa_device_of(struct ibv_device *device)
{
    return EFA_CONTAINER_OF(device, struct efa_device, ibv);
}

void efa_device_acquire(struct efa_device *device);
void efa_device_release(struct efa_device *device);

struct ibv_device **efa_get_device_list(int *num_devices);
const char *efa_get_device_name(struct ibv_device *device);
int efa_get_device_index(struct ibv_device *device);
void efa_free_device_list(struct ibv_device **list);

#endif
