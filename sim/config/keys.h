/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The keys of a configuration, for its text form and for measured profiles. */
#ifndef EFASIM_KEYS_H
#define EFASIM_KEYS_H

#include "config.h"
#include "value.h"

struct efasim_key {
    const char *name;
    enum efasim_value_type type;
    uint32_t offset; /* in struct efasim_device_config, or in struct efasim_config */
    uint32_t size;
};

/* Of each table at most. */
#define EFASIM_MAX_KEYS 32u

struct efasim_keys {
    const struct efasim_key *keys;
    size_t count;
};

extern const struct efasim_keys efasim_device_keys;
extern const struct efasim_keys efasim_fabric_keys;

/* NULL if no key has the name. */
const struct efasim_key *efasim_find_key(const struct efasim_keys *keys,
                                         const struct efasim_word *name);

/*
 * Stores the value in the structure at `base`. False, with a message, if it is invalid for the key.
 */
bool efasim_store_value(const struct efasim_key *key, void *base, const struct efasim_word *word,
                        struct efasim_text *message);

/* The value as a number, of any key but a GID. */
uint64_t efasim_read_value(const struct efasim_key *key, const void *base);

#endif
