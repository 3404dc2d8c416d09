/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * One profile for each public EFA part. docs/simulated-efa.md says for every value where it comes
 * from, or that it is assumed.
 */
#include "profile.h"

#include <string.h>

#include "../../src/driver/protocol.h"
#include "../../src/os/compiler.h"

/* Descriptors between two doorbells: as many as the queue has but one, and of later parts. */
#define MAX_BATCH_OF_THE_FIRST 32767
#define MAX_BATCH 16

#define LATER_FEATURES (EFA_FEATURE_RDMA_READ | EFA_FEATURE_RNR_RETRY)

/* The first profile of a part has the name that messages use. */
static const struct efasim_profile profiles[] = {
    {"efa-0xefa0", 0xefa0, 0, 2, MAX_BATCH_OF_THE_FIRST},
    {"efa-0xefa1", 0xefa1, LATER_FEATURES, 1, MAX_BATCH},
    {"efa-0xefa2", 0xefa2, LATER_FEATURES, 1, MAX_BATCH},
    {"efa-0xefa3", 0xefa3, LATER_FEATURES, 1, MAX_BATCH},
    {"efa-0xefa4", 0xefa4, LATER_FEATURES, 1, MAX_BATCH},
    /* Names of earlier configurations. */
    {"first_generation", 0xefa0, 0, 2, MAX_BATCH_OF_THE_FIRST},
    {"second_generation", 0xefa1, LATER_FEATURES, 1, MAX_BATCH},
};

const struct efasim_profile *efasim_profile_at(unsigned index)
{
    return index < EFA_ARRAY_SIZE(profiles) ? &profiles[index] : NULL;
}

const struct efasim_profile *efasim_profile_named(const char *name, size_t size)
{
    for (size_t i = 0; i < EFA_ARRAY_SIZE(profiles); i++) {
        if (strlen(profiles[i].name) == size && memcmp(profiles[i].name, name, size) == 0)
            return &profiles[i];
    }
    return NULL;
}

const struct efasim_profile *efasim_profile_of_part(uint64_t device_version)
{
    for (size_t i = 0; i < EFA_ARRAY_SIZE(profiles); i++) {
        if (profiles[i].device_version == device_version)
            return &profiles[i];
    }
    return NULL;
}

void efasim_profile_apply(const struct efasim_profile *profile, struct efasim_device_config *device)
{
    device->device_version = profile->device_version;
    device->features = profile->features;
    device->num_sub_cqs = profile->num_sub_cqs;
    device->max_batch = profile->max_batch;
}
