/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Values that the driver does not report, by device version. The rows are filled from
 * measured profiles (docs/probe.md); the environment overrides each value.
 */
#ifndef EFA_VERBS_ADAPTER_TABLE_H
#define EFA_VERBS_ADAPTER_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#define EFA_NO_BATCH_LIMIT 0u

struct efa_adapter_values {
    uint32_t device_version; /* 0: all that have no row of their own */
    uint32_t max_batch;      /* send descriptors between two doorbells, or EFA_NO_BATCH_LIMIT */
    uint32_t max_rdma_size;  /* bytes of one RDMA read, where the adapter reads */
};

const struct efa_adapter_values *efa_find_adapter_values(uint32_t device_version);

/* EFAWIN_MAX_RDMA_SIZE, or what the table has. Logs an invalid value. */
uint32_t efa_max_rdma_size(uint32_t device_version);

/* Reads decimal digits up to `most`. False, with *number unchanged, for anything else. */
bool efa_read_override(const char *text, uint32_t most, uint32_t *number);

#endif
