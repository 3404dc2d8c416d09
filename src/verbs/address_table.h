/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The peers for which a protection domain has address handles. The device interface forbids a
 * second address handle for the same destination, so all handles of a destination share the
 * adapter's: the first creates it, the last destroys it.
 */
#ifndef EFA_VERBS_ADDRESS_TABLE_H
#define EFA_VERBS_ADDRESS_TABLE_H

#include "driver/protocol.h"
#include "os/os.h"

struct efa_address {
    struct efa_address *next; /* next in the bucket */
    uint8_t gid[EFA_GID_SIZE];
    uint32_t users;  /* address handles; never 0 in the table */
    uint16_t number; /* the adapter's number */
};

struct efa_address_table {
    /*
     * Callers of the functions below hold it, apart from the first two. It stays held during the
     * command to the driver, so that two threads never create the same address handle.
     */
    struct efa_mutex mutex;
    struct efa_address **buckets; /* hash chains; NULL before the first address */
    uint32_t bucket_count;        /* a power of two */
    uint32_t address_count;
};

/* Returns 0 or an errno value. */
int efa_address_table_init(struct efa_address_table *table);
/* The table must be empty. */
void efa_address_table_fini(struct efa_address_table *table);

/* Returns NULL if the GID is not in the table. */
struct efa_address *efa_address_find(const struct efa_address_table *table,
                                     const uint8_t gid[EFA_GID_SIZE]);
/* Makes room for one more address. Returns false if there is no memory. */
bool efa_address_reserve(struct efa_address_table *table);
void efa_address_add(struct efa_address_table *table, struct efa_address *address);
void efa_address_remove(struct efa_address_table *table, struct efa_address *address);

#endif
