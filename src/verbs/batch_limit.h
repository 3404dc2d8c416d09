/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * How many send descriptors an adapter can hold between two doorbells. The driver does not report
 * it: the device version decides, unless the environment overrides it.
 */
#ifndef EFA_VERBS_BATCH_LIMIT_H
#define EFA_VERBS_BATCH_LIMIT_H

#include <stdint.h>

#include "adapter_table.h"

/* Returns the limit in force, or EFA_NO_BATCH_LIMIT. Logs it, and an invalid EFAWIN_MAX_BATCH. */
uint32_t efa_batch_limit(uint32_t device_version);

#endif
