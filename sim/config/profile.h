/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The adapters that can be simulated by name: what `preset =` understands. */
#ifndef EFASIM_PROFILE_H
#define EFASIM_PROFILE_H

#include "config.h"

/* In what the parts differ, as far as the driver's interface shows it. */
struct efasim_profile {
    const char *name;
    uint32_t device_version;
    uint32_t features;
    uint32_t num_sub_cqs;
    uint32_t max_batch;
};

/* NULL past the last. */
const struct efasim_profile *efasim_profile_at(unsigned index);

/* Sets those keys of the device in which the parts differ. */
void efasim_profile_apply(const struct efasim_profile *profile,
                          struct efasim_device_config *device);

#endif
