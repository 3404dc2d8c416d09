/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The tables of keys, and how a value is stored in a configuration and read from it. */
#include "keys.h"

#define DEVICE_KEY(name, type)                                                          \
    {#name, EFASIM_VALUE_##type, (uint32_t)offsetof(struct efasim_device_config, name), \
     (uint32_t)sizeof(((struct efasim_device_config *)0)->name)}
#define FABRIC_KEY(name, type)                                                   \
    {#name, EFASIM_VALUE_##type, (uint32_t)offsetof(struct efasim_config, name), \
     (uint32_t)sizeof(((struct efasim_config *)0)->name)}

static const struct efasim_key device_keys[] = {
    DEVICE_KEY(gid, GID),
    DEVICE_KEY(versions, VERSIONS),
    DEVICE_KEY(version_error, NUMBER),
    DEVICE_KEY(features, FEATURES),
    DEVICE_KEY(firmware_version, NUMBER),
    DEVICE_KEY(device_version, NUMBER),
    DEVICE_KEY(page_size_cap, NUMBER),
    DEVICE_KEY(max_mr_pages, NUMBER),
    DEVICE_KEY(max_qp, NUMBER),
    DEVICE_KEY(max_cq, NUMBER),
    DEVICE_KEY(max_mr, NUMBER),
    DEVICE_KEY(max_pd, NUMBER),
    DEVICE_KEY(max_ah, NUMBER),
    DEVICE_KEY(max_sq_depth, NUMBER),
    DEVICE_KEY(max_rq_depth, NUMBER),
    DEVICE_KEY(max_cq_depth, NUMBER),
    DEVICE_KEY(inline_buf_size, SIZE),
    DEVICE_KEY(max_llq_size, SIZE),
    DEVICE_KEY(mtu, SIZE),
    DEVICE_KEY(num_sub_cqs, NUMBER),
    DEVICE_KEY(max_sq_sge, NUMBER),
    DEVICE_KEY(max_rq_sge, NUMBER),
    DEVICE_KEY(max_rdma_size, SIZE),
    DEVICE_KEY(default_rnr_retry, NUMBER),
    DEVICE_KEY(max_batch, NUMBER),
};

static const struct efasim_key fabric_keys[] = {
    FABRIC_KEY(seed, NUMBER),
    FABRIC_KEY(latency, TIME),
    FABRIC_KEY(jitter, TIME),
    FABRIC_KEY(bandwidth, SIZE),
    FABRIC_KEY(reorder_window, NUMBER),
    FABRIC_KEY(reorder_probability, PARTS),
    FABRIC_KEY(loss, PARTS),
    FABRIC_KEY(retransmit_timeout, TIME),
    FABRIC_KEY(rnr_timer, TIME),
    FABRIC_KEY(peer_timeout, TIME),
    FABRIC_KEY(strict_request_ids, BOOL),
    FABRIC_KEY(abort_on_violation, BOOL),
    FABRIC_KEY(reuse_numbers_at_once, BOOL),
    FABRIC_KEY(flush_on_destroy, BOOL),
    FABRIC_KEY(poison_send_ring, BOOL),
    FABRIC_KEY(duplicate_ah, DUPLICATE_AH),
};

static_assert(EFA_ARRAY_SIZE(device_keys) <= EFASIM_MAX_KEYS, "keys of a device");
static_assert(EFA_ARRAY_SIZE(fabric_keys) <= EFASIM_MAX_KEYS, "keys of the fabric");

const struct efasim_keys efasim_device_keys = {device_keys, EFA_ARRAY_SIZE(device_keys)};
const struct efasim_keys efasim_fabric_keys = {fabric_keys, EFA_ARRAY_SIZE(fabric_keys)};

const struct efasim_key *efasim_find_key(const struct efasim_keys *keys,
                                         const struct efasim_word *name)
{
    for (size_t i = 0; i < keys->count; i++) {
        if (efasim_word_is(name, keys->keys[i].name))
            return &keys->keys[i];
    }
    return NULL;
}

bool efasim_store_value(const struct efasim_key *key, void *base, const struct efasim_word *word,
                        struct efasim_text *message)
{
    uint8_t *member = (uint8_t *)base + key->offset;
    uint64_t value = 0;
    bool valid;

    if (key->type == EFASIM_VALUE_GID) {
        valid = efasim_parse_gid(word, member);
    } else {
        valid = efasim_parse_value(key->type, word, &value);
        if (valid && key->size == sizeof(uint32_t))
            valid = value <= UINT32_MAX;
        if (key->size == sizeof(uint32_t))
            *(uint32_t *)(void *)member = (uint32_t)value;
        else if (key->size == sizeof(bool))
            *(bool *)(void *)member = value != 0;
        else
            *(uint64_t *)(void *)member = value;
    }
    if (!valid) {
        char text[EFASIM_WORD_TEXT_SIZE];
        efasim_word_text(word, text, sizeof text);
        efasim_text_add(
            message, "invalid value '%s' for %s; expected %s%s", text, key->name,
            efasim_value_form(key->type),
            key->size == sizeof(uint32_t) && key->type != EFASIM_VALUE_PARTS ? " in 32 bits" : "");
    }
    return valid;
}

uint64_t efasim_read_value(const struct efasim_key *key, const void *base)
{
    const uint8_t *member = (const uint8_t *)base + key->offset;

    if (key->size == sizeof(uint32_t))
        return *(const uint32_t *)(const void *)member;
    if (key->size == sizeof(bool))
        return *(const bool *)(const void *)member;
    return *(const uint64_t *)(const void *)member;
}
