/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The batch limit by device version, and EFAWIN_MAX_BATCH, which overrides it. */
#include "batch_limit.h"

#include <stdio.h>

#include "os/log.h"
#include "os/os.h"
#include "queue/request_table.h"

/* A send queue is never deeper. */
#define LARGEST EFA_REQUEST_TABLE_MAX_DEPTH

static const char *describe(char *text, size_t size, uint32_t max_batch)
{
    if (max_batch == EFA_NO_BATCH_LIMIT)
        return "only the queue's depth less one";
    snprintf(text, size, "at most %u sends between two doorbells", max_batch);
    return text;
}

uint32_t efa_batch_limit(uint32_t device_version)
{
    uint32_t max_batch = efa_find_adapter_values(device_version)->max_batch;
    char value[128], own[64], other[64];
    const char *words = describe(own, sizeof own, max_batch);

    if (!efa_os_getenv("EFAWIN_MAX_BATCH", value, sizeof value)) {
        efa_log(EFA_LOG_INFO,
                "batch limit: %s, by device version 0x%x (EFAWIN_MAX_BATCH sets another)", words,
                device_version);
    } else if (!efa_read_override(value, LARGEST, &max_batch)) {
        efa_log(EFA_LOG_WARN,
                "EFAWIN_MAX_BATCH is \"%s\"; use a number of sends from 1 to %u, or 0 for no "
                "limit (in force: %s, by device version 0x%x)",
                value, LARGEST, words, device_version);
    } else {
        efa_log(EFA_LOG_INFO,
                "batch limit: %s, set by EFAWIN_MAX_BATCH (by device version 0x%x: %s)",
                describe(other, sizeof other, max_batch), device_version, words);
    }
    return max_batch;
}
