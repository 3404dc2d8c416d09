/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* A hash table of GIDs that grows with the number of addresses. */
#include "address_table.h"

#include <string.h>

#define FIRST_BUCKETS 16u

int efa_address_table_init(struct efa_address_table *table)
{
    return efa_mutex_init(&table->mutex);
}

void efa_address_table_fini(struct efa_address_table *table)
{
    efa_os_free(table->buckets);
    efa_mutex_destroy(&table->mutex);
}

/* The GIDs of peers differ in few bits: two multiplications spread each bit to the top. */
static uint32_t hash(const uint8_t gid[EFA_GID_SIZE])
{
    uint64_t halves[2];

    memcpy(halves, gid, sizeof halves);
    return (uint32_t)((halves[0] * 0x9e3779b97f4a7c15u ^ halves[1]) * 0xd6e8feb86659fd93u >> 32);
}

static struct efa_address **bucket_of(struct efa_address **buckets, uint32_t count,
                                      const uint8_t gid[EFA_GID_SIZE])
{
    return &buckets[hash(gid) & (count - 1)];
}

struct efa_address *efa_address_find(const struct efa_address_table *table,
                                     const uint8_t gid[EFA_GID_SIZE])
{
    struct efa_address *address = NULL;

    if (table->buckets && table->bucket_count)
        address = *bucket_of(table->buckets, table->bucket_count, gid);
    while (address && memcmp(address->gid, gid, EFA_GID_SIZE) != 0)
        address = address->next;
    return address;
}

static void insert(struct efa_address **buckets, uint32_t count, struct efa_address *address)
{
    struct efa_address **bucket = bucket_of(buckets, count, address->gid);

    address->next = *bucket;
    *bucket = address;
}

bool efa_address_reserve(struct efa_address_table *table)
{
    struct efa_address **old = table->buckets, **buckets;
    uint32_t old_count = table->bucket_count;
    uint32_t count = old_count ? 2 * old_count : FIRST_BUCKETS;

    if (table->address_count < old_count)
        return true;
    buckets = efa_os_alloc(count * sizeof *buckets);
    if (!buckets)
        return old != NULL; /* if there is no memory, the chains grow longer */
    for (uint32_t i = 0; i < old_count; i++) {
        struct efa_address *address = old[i];

        while (address) {
            struct efa_address *next = address->next;

            insert(buckets, count, address);
            address = next;
        }
    }
    /* The count last: where a thread ends in between, there are more buckets than it says. */
    efa_store_release_ptr((void **)(void *)&table->buckets, buckets);
    efa_store_release_u32(&table->bucket_count, count);
    efa_os_free(old);
    return true;
}

void efa_address_add(struct efa_address_table *table, struct efa_address *address)
{
    insert(table->buckets, table->bucket_count, address);
    table->address_count++;
}

void efa_address_remove(struct efa_address_table *table, struct efa_address *address)
{
    struct efa_address **link = bucket_of(table->buckets, table->bucket_count, address->gid);

    while (*link && *link != address)
        link = &(*link)->next;
    if (*link) /* not lost where a thread ended with the process while the table grew */
        *link = address->next;
    table->address_count--;
}
