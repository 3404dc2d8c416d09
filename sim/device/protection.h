/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Protection domains. Each device numbers its own; each belongs to the client that created it. */
#ifndef EFASIM_DEVICE_PROTECTION_H
#define EFASIM_DEVICE_PROTECTION_H

#include "device.h"

struct efasim_ah;

struct efasim_pd {
    struct efasim_client *owner;
    uint32_t pdn;
    uint32_t children; /* memory regions, address handles, queue pairs */
    /* For the sender's AH of a receive: of this instance's adapters, and of others'. */
    struct efasim_ah *ah_of_device[EFASIM_MAX_DEVICES];
    struct efasim_ah *ah_of_remote[EFASIM_MAX_REMOTES];
};

uint32_t efasim_alloc_pd(struct efasim_client *client, const void *input, void *output);
uint32_t efasim_dealloc_pd(struct efasim_client *client, const void *input, void *output);
struct efasim_pd *efasim_find_pd(struct efasim_client *client, uint32_t pdn);
void efasim_release_pd(struct efasim_pd *pd);

#endif
