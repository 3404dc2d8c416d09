/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The adapters that can be simulated by name: what `preset =` understands. */
#ifndef EFASIM_PROFILE_H
#define EFASIM_PROFILE_H

#include "config.h"

/* The differences between the parts that the driver's interface shows. */
struct efasim_profile {
    const char *name;
    uint32_t device_version;
    uint32_t features;
    uint32_t num_sub_cqs;
    uint32_t max_batch;
};

/* NULL beyond the last one. */
const struct efasim_profile *efasim_profile_at(unsigned index);

/* The one with this name, which is not terminated, or NULL. */
const struct efasim_profile *efasim_profile_named(const char *name, size_t size);

/* The one of a part, or NULL. */
const struct efasim_profile *efasim_profile_of_part(uint64_t device_version);

/* Sets the keys of the device that differ between parts. */
void efasim_profile_apply(const struct efasim_profile *profile,
                          struct efasim_device_config *device);

#endif
