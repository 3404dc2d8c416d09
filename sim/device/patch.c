/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Applies a fault's changes to bytes. */
#include "patch.h"

void efasim_patch(uint8_t *bytes, uint64_t first, uint64_t size, const struct efasim_patch *patch)
{
    for (uint32_t i = 0; i < patch->size; i++) {
        uint64_t at = patch->offset + i;
        if (at >= first && at - first < size)
            bytes[at - first] = (uint8_t)(patch->value >> (8 * i));
    }
}
