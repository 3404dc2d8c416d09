/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Checks of a whole configuration. */
#include <string.h>

#include "../../src/device/send_descriptor.h"
#include "../../src/driver/win32_error.h"
#include "config.h"
#include "value.h"

/* On a slower wire a few large messages would overflow its 64-bit clock of nanoseconds. */
#define SLOWEST_WIRE 1000u

static bool names_are_equal(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

static bool is_name(const char name[EFASIM_NAME_SIZE])
{
    struct efasim_word word = {name, 0};
    while (word.size < EFASIM_NAME_SIZE && name[word.size] != '\0')
        word.size++;
    return efasim_word_is_name(&word);
}

/* The adapter memory of a send queue of this depth: rings are powers of two. */
static uint64_t send_ring_size(uint32_t depth)
{
    uint64_t entries = 1;
    while (entries < depth)
        entries *= 2;
    return entries * EFA_SEND_DESCRIPTOR_SIZE;
}

/* A member and its valid range. */
struct limit {
    const char *name;
    uint32_t value;
    uint32_t lowest;
    uint32_t highest;
};

static bool check_limits(const struct efasim_device_config *d, struct efasim_text *text)
{
    const struct limit limits[] = {
        {"max_qp", d->max_qp, 1, 32768},
        {"max_cq", d->max_cq, 1, 65535},
        {"max_mr", d->max_mr, 1, 65534},
        {"max_pd", d->max_pd, 1, 65535},
        {"max_ah", d->max_ah, 1, 65535},
        {"max_sq_depth", d->max_sq_depth, 1, 32768},
        {"max_rq_depth", d->max_rq_depth, 1, 32768},
        {"max_cq_depth", d->max_cq_depth, 1, 32768},
        {"inline_buf_size", d->inline_buf_size, 0, EFA_SEND_MAX_INLINE},
        {"max_llq_size", d->max_llq_size, EFA_SEND_DESCRIPTOR_SIZE, 1u << 30},
        {"mtu", d->mtu, 1, 65535 - 40},
        {"num_sub_cqs", d->num_sub_cqs, 1, EFASIM_MAX_SUB_CQS},
        {"max_sq_sge", d->max_sq_sge, 1, EFA_SEND_MAX_BUFFERS},
        {"max_rq_sge", d->max_rq_sge, 1, 15},
        {"default_rnr_retry", d->default_rnr_retry, 0, 7},
        {"max_batch", d->max_batch, 0, 32768},
    };
    for (unsigned i = 0; i < EFA_ARRAY_SIZE(limits); i++) {
        const struct limit *l = &limits[i];
        if (l->value >= l->lowest && l->value <= l->highest)
            continue;
        efasim_text_add(text, "device %s: %s is %u; it must be from %u to %u", d->name, l->name,
                        l->value, l->lowest, l->highest);
        return false;
    }
    return true;
}

static bool check_device(const struct efasim_config *config, uint32_t index,
                         struct efasim_text *text)
{
    const struct efasim_device_config *d = &config->devices[index];

    if (!is_name(d->name)) {
        efasim_text_add(text, "device %u: the name must have 1 to %u " EFASIM_NAME_FORM, index + 1,
                        EFASIM_NAME_SIZE - 1);
        return false;
    }
    if (d->versions == 0 || (d->versions & ~EFASIM_ALL_VERSIONS) != 0) {
        efasim_text_add(text, "device %s: versions must name at least one of 1, 2, 3", d->name);
        return false;
    }
    if (d->max_mr_pages == 0 || d->version_error == EFA_WIN32_SUCCESS) {
        efasim_text_add(text, "device %s: max_mr_pages and version_error must not be 0", d->name);
        return false;
    }
    if (!check_limits(d, text))
        return false;
    if (send_ring_size(d->max_sq_depth) > d->max_llq_size) {
        efasim_text_add(text,
                        "device %s: max_sq_depth %u needs a max_llq_size of at least %llu (64 "
                        "bytes for each descriptor, rounded up to a power of two); it is %u",
                        d->name, d->max_sq_depth,
                        (unsigned long long)send_ring_size(d->max_sq_depth), d->max_llq_size);
        return false;
    }
    for (uint32_t i = 0; i < index; i++) {
        if (memcmp(config->devices[i].gid, d->gid, sizeof d->gid) == 0) {
            efasim_text_add(text, "devices %s and %s have the same GID; give each its own",
                            config->devices[i].name, d->name);
            return false;
        }
        if (names_are_equal(config->devices[i].name, d->name)) {
            efasim_text_add(text, "two devices are named %s; give each its own name", d->name);
            return false;
        }
    }
    return true;
}

static bool check_behaviour(const struct efasim_config *config, struct efasim_text *text)
{
    if (config->duplicate_ah <= EFASIM_DUPLICATE_AH_ALIAS)
        return true;
    efasim_text_add(text, "duplicate_ah is %u; it must be from 0 to %u", config->duplicate_ah,
                    (unsigned)EFASIM_DUPLICATE_AH_ALIAS);
    return false;
}

static bool check_fabric(const struct efasim_config *config, struct efasim_text *text)
{
    const uint64_t longest = 1000ull * 1000 * 1000 * 3600;

    if (config->loss > EFASIM_CERTAIN || config->reorder_probability > EFASIM_CERTAIN) {
        efasim_text_add(text, "loss and reorder_probability are at most 1000000 in a million");
        return false;
    }
    if (config->reorder_probability != 0 && config->reorder_window == 0) {
        efasim_text_add(text, "reorder_probability needs a reorder_window of at least 1");
        return false;
    }
    if (config->bandwidth != 0 && config->bandwidth < SLOWEST_WIRE) {
        efasim_text_add(text,
                        "bandwidth is %llu; it must be at least %u bytes a second, or 0 for no "
                        "limit",
                        (unsigned long long)config->bandwidth, SLOWEST_WIRE);
        return false;
    }
    if (config->retransmit_timeout == 0 || config->rnr_timer == 0 || config->peer_timeout == 0) {
        efasim_text_add(text, "retransmit_timeout, rnr_timer and peer_timeout must not be 0");
        return false;
    }
    if (config->latency > longest || config->jitter > longest ||
        config->retransmit_timeout > longest || config->rnr_timer > longest ||
        config->peer_timeout > longest) {
        efasim_text_add(text, "a time of the fabric is more than an hour, which is the limit");
        return false;
    }
    return true;
}

bool efasim_config_check(const struct efasim_config *config, char *message, size_t message_size)
{
    struct efasim_text text;

    efasim_text_init(&text, message, message_size);
    if (config->device_count == 0 || config->device_count > EFASIM_MAX_DEVICES) {
        efasim_text_add(&text, "%u devices configured; it must be from 1 to %u",
                        config->device_count, EFASIM_MAX_DEVICES);
        return false;
    }
    if (config->fault_count > EFASIM_MAX_FAULTS) {
        efasim_text_add(&text, "%u faults configured, the limit is %u", config->fault_count,
                        EFASIM_MAX_FAULTS);
        return false;
    }
    for (uint32_t i = 0; i < config->device_count; i++) {
        if (!check_device(config, i, &text))
            return false;
    }
    return check_behaviour(config, &text) && check_fabric(config, &text);
}
