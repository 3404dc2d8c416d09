/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Applies a fault's changes to bytes. */
#ifndef EFASIM_DEVICE_PATCH_H
#define EFASIM_DEVICE_PATCH_H

#include "../../src/os/compiler.h"
#include "../config/faults.h"

/* Little-endian, as many bytes of `value` as `size` says. */
struct efasim_patch {
    uint64_t offset; /* from the start of the whole range */
    uint64_t value;
    uint32_t size;
};

EFA_INLINE struct efasim_patch efasim_patch_of(const struct efasim_fault *fault)
{
    struct efasim_patch patch = {fault->offset, fault->value, fault->size};

    return patch;
}

/* Changes the part of the patch that lies in these bytes; the first byte has the offset `first`. */
void efasim_patch(uint8_t *bytes, uint64_t first, uint64_t size, const struct efasim_patch *patch);

#endif
