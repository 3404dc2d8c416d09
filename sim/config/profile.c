/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * One profile for each public EFA part. docs/simulated-efa.md says for every value where it comes
 * from, or that it is assumed.
 */
#include "profile.h"

#include "../../src/driver/protocol.h"
#include "../../src/os/compiler.h"

/* Descriptors between two doorbells: as many as the queue has but one, and of later parts. */
#define MAX_BATCH_OF_THE_FIRST 32767
#define MAX_BATCH 16

#define LATER_FEATURES (EFA_FEATURE_RDMA_READ | EFA_FEATURE_RNR_RETRY)

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

void efasim_profile_apply(const struct efasim_profile *profile, struct efasim_device_config *device)
{
    device->device_version = profile->device_version;
    device->features = profile->features;
    device->num_sub_cqs = profile->num_sub_cqs;
    device->max_batch = profile->max_batch;
}
