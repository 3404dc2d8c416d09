/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The port's tables of partition keys and addresses. Each has one entry. */
#ifndef EFA_VERBS_TABLES_H
#define EFA_VERBS_TABLES_H

#include "infiniband/verbs.h"

int efa_query_pkey(struct ibv_context *context, uint8_t port_num, int index, uint16_t *pkey);
int efa_query_gid_ex(struct ibv_context *context, uint32_t port_num, uint32_t gid_index,
                     struct ibv_gid_entry *entry, uint32_t flags);
/* Returns the number of entries written, or a negative errno value. */
intptr_t efa_query_gid_table(struct ibv_context *context, struct ibv_gid_entry *entries,
                             size_t max_entries, uint32_t flags);

#endif
