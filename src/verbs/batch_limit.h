/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * How many send descriptors an adapter can stage between two doorbells. The driver does not report
 * it: it follows from the device version, unless the environment says otherwise.
 */
#ifndef EFA_VERBS_BATCH_LIMIT_H
#define EFA_VERBS_BATCH_LIMIT_H

#include <stdint.h>

#define EFA_NO_BATCH_LIMIT 0u

/* The limit in force, or EFA_NO_BATCH_LIMIT. Logs it, and a wrong EFAWIN_MAX_BATCH. */
uint32_t efa_batch_limit(uint32_t device_version);

#endif
