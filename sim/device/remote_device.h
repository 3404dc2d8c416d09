/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Adapters of other instances, known by their GIDs once a link to their instance was up. */
#ifndef EFASIM_DEVICE_REMOTE_DEVICE_H
#define EFASIM_DEVICE_REMOTE_DEVICE_H

#include "../../src/driver/protocol.h"
#include "device.h"

struct efasim_link;

struct efasim_remote_device {
    uint8_t gid[EFA_GID_SIZE];
    uint32_t index; /* in efasim.remotes */
    struct efasim_link *link;
    uint64_t wire_free_at; /* as of a device: for what RDMA reads bring */
};

/* NULL: no adapter of this GID is known. */
struct efasim_remote_device *efasim_find_remote(struct efasim *sim,
                                                const uint8_t gid[EFA_GID_SIZE]);
/* NULL: there are too many, or no memory. */
struct efasim_remote_device *efasim_add_remote(struct efasim *sim, const uint8_t gid[EFA_GID_SIZE]);
void efasim_release_remotes(struct efasim *sim);

#endif
