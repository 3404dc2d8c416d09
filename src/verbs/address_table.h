/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The peers that a protection domain has address handles for. The device must not be asked twice for
 * the same destination (its interface forbids it), so the handles of one destination share the
 * adapter's: the first asks for it, the last gives it back.
 */
#ifndef EFA_VERBS_ADDRESS_TABLE_H
#define EFA_VERBS_ADDRESS_TABLE_H

#include "driver/protocol.h"
#include "os/os.h"

struct efa_address {
    struct efa_address *next; /* in its bucket */
    uint8_t gid[EFA_GID_SIZE];
    uint32_t users;  /* address handles; never 0 in the table */
    uint16_t number; /* the adapter's */
};

struct efa_address_table {
    /*
     * Held by all of the functions below but the first two, and while the driver is asked: two
     * creations at once must not both ask it.
     */
    struct efa_mutex mutex;
    struct efa_address **buckets; /* hash chains; NULL before the first address */
    uint32_t bucket_count;        /* a power of two */
    uint32_t address_count;
};

/* 0 or an errno value. */
int efa_address_table_init(struct efa_address_table *table);
/* Nothing is in the table any more. */
void efa_address_table_fini(struct efa_address_table *table);

/* NULL where the table does not have it. */
struct efa_address *efa_address_find(const struct efa_address_table *table,
                                     const uint8_t gid[EFA_GID_SIZE]);
/* Makes room so that an address can be added. False where there is no memory. */
bool efa_address_reserve(struct efa_address_table *table);
void efa_address_add(struct efa_address_table *table, struct efa_address *address);
void efa_address_remove(struct efa_address_table *table, struct efa_address *address);

#endif
