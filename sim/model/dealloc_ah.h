/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* DEALLOC_AH. */
#ifndef EFASIM_MODEL_DEALLOC_AH_H
#define EFASIM_MODEL_DEALLOC_AH_H

#include "../device/device.h"

uint32_t efasim_dealloc_ah(struct efasim_client *client, const void *input, void *output);

#endif
