/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Address handles. Each device numbers its own; each belongs to a protection domain. The key
 * duplicate_ah configures what a second ALLOC_AH for the same GID returns. DEALLOC_AH is in model/,
 * because it flushes requests.
 */
#ifndef EFASIM_DEVICE_ADDRESS_HANDLE_H
#define EFASIM_DEVICE_ADDRESS_HANDLE_H

#include "../../src/driver/protocol.h"
#include "protection.h"

struct efasim_remote_device;

struct efasim_ah {
    struct efasim_pd *pd;
    uint32_t number;
    uint32_t references; /* ALLOC_AH for a GID that the PD has again names the same AH */
    uint8_t gid[EFA_GID_SIZE];
    struct efasim_device *peer;          /* NULL: no adapter of this instance has the GID */
    struct efasim_remote_device *remote; /* nor one of another, as far as is known */
    bool peer_answered;
};

/* The adapter of this simulation that has the GID, or NULL. */
struct efasim_device *efasim_find_device(struct efasim *sim, const uint8_t gid[EFA_GID_SIZE]);

uint32_t efasim_alloc_ah(struct efasim_client *client, const void *input, void *output);
void efasim_release_ah(struct efasim_ah *ah);
/* An adapter has become known: handles of its GID lead there from now on. */
void efasim_lead_handles_to(struct efasim *sim, struct efasim_remote_device *remote);

#endif
