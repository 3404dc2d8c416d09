/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The table of adapters, and EFAWIN_MAX_RDMA_SIZE. EFAWIN_MAX_BATCH is in batch_limit.c. */
#include "adapter_table.h"

#include "os/log.h"
#include "os/os.h"

#define GIB (1u << 30)

/*
 * max_batch: it is public that 0xefa0 has no limit and that later parts have one. 16 is the only
 * public figure; it is assumed for all of them. max_rdma_size: 1 GiB is public for a part with RDMA
 * read, and assumed for the others. No row is measured yet.
 */
static const struct efa_adapter_values values[] = {
    {0xefa0, EFA_NO_BATCH_LIMIT, GIB},
    {0, 16, GIB},
};

const struct efa_adapter_values *efa_find_adapter_values(uint32_t device_version)
{
    const struct efa_adapter_values *row = values;

    while (row->device_version && row->device_version != device_version)
        row++;
    return row;
}

bool efa_read_override(const char *text, uint32_t most, uint32_t *number)
{
    uint64_t value = 0;

    if (!*text)
        return false;
    for (; *text; text++) {
        if (*text < '0' || *text > '9')
            return false;
        value = value * 10 + (uint32_t)(*text - '0');
        if (value > most)
            return false;
    }
    *number = (uint32_t)value;
    return true;
}

uint32_t efa_max_rdma_size(uint32_t device_version)
{
    uint32_t size = efa_find_adapter_values(device_version)->max_rdma_size;
    uint32_t other;
    char value[128];

    if (!efa_os_getenv("EFAWIN_MAX_RDMA_SIZE", value, sizeof value))
        return size;
    if (efa_read_override(value, UINT32_MAX, &other) && other)
        return other;
    efa_log(EFA_LOG_WARN,
            "EFAWIN_MAX_RDMA_SIZE is \"%s\"; use a number of bytes from 1 to %u (in force: %u, by "
            "device version 0x%x)",
            value, UINT32_MAX, size, device_version);
    return size;
}
