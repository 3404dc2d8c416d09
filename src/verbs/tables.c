/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Returns what the driver reported when the device was opened. EFA has no partitions. */
#include "tables.h"

#include <errno.h>
#include <string.h>

#include "context.h"
#include "os/log.h"

/* The default partition key, a full member; the same in both byte orders. */
#define DEFAULT_PKEY 0xffff

int efa_query_pkey(struct ibv_context *context, uint8_t port_num, int index, uint16_t *pkey)
{
    if (!context || !pkey)
        return efa_reject(EINVAL, "ibv_query_pkey: context or pkey is NULL");
    if (port_num != 1 || index != 0)
        return efa_reject(EINVAL,
                          "ibv_query_pkey: port_num %u, index %d; only port 1, index 0 is "
                          "supported",
                          port_num, index);
    *pkey = DEFAULT_PKEY;
    return 0;
}

static void fill_entry(const struct ibv_context *context, struct ibv_gid_entry *entry)
{
    const struct efa_context *own =
        EFA_CONTAINER_OF(context, const struct efa_context, verbs.context);

    memset(entry, 0, sizeof *entry);
    memcpy(entry->gid.raw, own->info.addr, sizeof entry->gid.raw);
    entry->port_num = 1;
    entry->gid_type = IBV_GID_TYPE_IB;
}

int efa_query_gid_ex(struct ibv_context *context, uint32_t port_num, uint32_t gid_index,
                     struct ibv_gid_entry *entry, uint32_t flags)
{
    if (!context || !entry)
        return efa_reject(EINVAL, "ibv_query_gid_ex: context or entry is NULL");
    if (port_num != 1 || gid_index != 0)
        return efa_reject(EINVAL,
                          "ibv_query_gid_ex: port_num %u, gid_index %u; only port 1, index 0 is "
                          "supported",
                          port_num, gid_index);
    if (flags)
        return efa_reject(EINVAL, "ibv_query_gid_ex: flags 0x%x; it must be 0", flags);
    fill_entry(context, entry);
    return 0;
}

intptr_t efa_query_gid_table(struct ibv_context *context, struct ibv_gid_entry *entries,
                             size_t max_entries, uint32_t flags)
{
    if (!context || !entries)
        return -efa_reject(EINVAL, "ibv_query_gid_table: context or entries is NULL");
    if (max_entries == 0)
        return -efa_reject(EINVAL, "ibv_query_gid_table: max_entries 0; the table has 1 entry");
    if (flags)
        return -efa_reject(EINVAL, "ibv_query_gid_table: flags 0x%x; it must be 0", flags);
    fill_entry(context, entries);
    return 1;
}
