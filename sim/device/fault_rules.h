/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Decides when a fault takes effect. */
#ifndef EFASIM_DEVICE_FAULT_RULES_H
#define EFASIM_DEVICE_FAULT_RULES_H

#include "device.h"

/*
 * Returns the rule that takes effect on this occasion, or NULL. `target` is the number of the
 * request, or of the queue pair.
 */
const struct efasim_fault *efasim_fault_strikes(struct efasim_device *device,
                                                enum efasim_fault_occasion occasion,
                                                uint32_t target);

#endif
