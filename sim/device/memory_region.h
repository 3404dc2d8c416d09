/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Memory regions, and pieces of clients' memory that were checked against their keys. */
#ifndef EFASIM_DEVICE_MEMORY_REGION_H
#define EFASIM_DEVICE_MEMORY_REGION_H

#include "protection.h"

#define EFASIM_MAX_SEGMENTS 16u

struct efasim_mr {
    struct efasim_pd *pd;
    uint64_t address;
    uint64_t length;
    uint32_t lkey;
    uint32_t rkey;
    uint32_t permissions;
    uint8_t *direct; /* where the model can access `address`, or NULL */
};

/* A piece of a client's memory that was checked against a key. */
struct efasim_segment {
    uint64_t client;
    uint8_t *direct; /* NULL: the platform moves the bytes */
    uint32_t size;
};

struct efasim_segments {
    struct efasim_client *owner;
    uint32_t count;
    uint32_t size; /* of all */
    bool all_direct;
    struct efasim_segment list[EFASIM_MAX_SEGMENTS];
};

/* An address as descriptors hold it, in two halves. */
EFA_INLINE uint64_t efasim_address(uint32_t low, uint32_t high)
{
    return low | (uint64_t)high << 32;
}

/* Empties the list without clearing its entries, because it is long. */
EFA_INLINE void efasim_segments_init(struct efasim_segments *segments, struct efasim_client *owner)
{
    segments->owner = owner;
    segments->count = 0;
    segments->size = 0;
    segments->all_direct = true;
}

/* Memory of the model's own. */
EFA_INLINE void efasim_segments_append_own(struct efasim_segments *segments, uint8_t *bytes,
                                           uint32_t size)
{
    struct efasim_segment *segment = &segments->list[segments->count++];

    segment->client = 0;
    segment->direct = bytes;
    segment->size = size;
    segments->size += size;
}

uint32_t efasim_reg_mr(struct efasim_client *client, const void *input, void *output);
uint32_t efasim_dereg_mr(struct efasim_client *client, const void *input, void *output);
void efasim_release_mr(struct efasim_mr *mr);

/* Whether the key is of a region of this PD that has these permissions and covers the range. */
bool efasim_lkey_covers(const struct efasim_pd *pd, uint32_t lkey, uint64_t address, uint32_t size,
                        uint32_t permissions);
/* If so, appends the range to `segments`. */
bool efasim_resolve_lkey(const struct efasim_pd *pd, uint32_t lkey, uint64_t address, uint32_t size,
                         uint32_t permissions, struct efasim_segments *segments);
bool efasim_resolve_rkey(const struct efasim_pd *pd, uint32_t rkey, uint64_t address, uint32_t size,
                         uint32_t permissions, struct efasim_segments *segments);

#endif
