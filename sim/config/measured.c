/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Measured profiles; see measured.h. */
#include "measured.h"

#include <string.h>

#include "../../src/os/compiler.h"
#include "json.h"
#include "keys.h"
#include "profile.h"

/* Keys that a profile may have; their number fits 64 bits of `seen`. */
static const char *const behaviours[] = {"duplicate_ah", "flush_on_destroy",
                                         "reuse_numbers_at_once"};

struct reader {
    struct efasim_config *config;
    uint64_t seen_device;
    uint64_t seen_behaviours;
    uint32_t format;
    bool is_probe;
    bool has_profile;
};

static bool mark(struct efasim_json *json, uint64_t *seen, size_t index,
                 const struct efasim_word *name)
{
    char text[EFASIM_WORD_TEXT_SIZE];

    efasim_word_text(name, text, sizeof text);
    if ((*seen >> index & 1) != 0)
        return efasim_json_fail(json, "'%s' is given twice: measure again, or keep one", text);
    *seen |= (uint64_t)1 << index;
    return true;
}

static bool store(struct efasim_json *json, const struct efasim_key *key, void *base)
{
    struct efasim_word word;
    struct efasim_text message;
    char text[200];

    if (!efasim_json_scalar(json, &word))
        return false;
    efasim_text_init(&message, text, sizeof text);
    return efasim_store_value(key, base, &word, &message) || efasim_json_fail(json, "%s", text);
}

static bool profile_member(void *context, struct efasim_json *json, const struct efasim_word *name)
{
    struct reader *reader = context;
    const struct efasim_key *key = efasim_find_key(&efasim_device_keys, name);
    char text[EFASIM_WORD_TEXT_SIZE];

    if (key && key->type != EFASIM_VALUE_GID)
        return mark(json, &reader->seen_device, (size_t)(key - efasim_device_keys.keys), name) &&
               store(json, key, &reader->config->devices[0]);
    for (size_t i = 0; i < EFA_ARRAY_SIZE(behaviours); i++) {
        if (efasim_word_is(name, behaviours[i]))
            return mark(json, &reader->seen_behaviours, i, name) &&
                   store(json, efasim_find_key(&efasim_fabric_keys, name), reader->config);
    }
    efasim_word_text(name, text, sizeof text);
    return efasim_json_fail(json, "unknown key '%s': measure again, or take it out", text);
}

static bool find_part(void *context, struct efasim_json *json, const struct efasim_word *name)
{
    struct efasim_word word;
    uint64_t *part = context;

    if (!efasim_word_is(name, "device_version"))
        return efasim_json_skip(json);
    return efasim_json_scalar(json, &word) &&
           (efasim_parse_value(EFASIM_VALUE_NUMBER, &word, part) ||
            efasim_json_fail(json, "device_version is not a number"));
}

/* Applies the built-in profile of the part first, in whatever order the members are. */
static bool read_profile(struct reader *reader, struct efasim_json *json)
{
    struct efasim_json ahead = *json;
    const struct efasim_profile *profile;
    uint64_t part = 0;

    if (reader->has_profile)
        return efasim_json_fail(json, "a second profile: measure again, or keep one");
    reader->has_profile = true;
    if (!efasim_json_object(&ahead, find_part, &part))
        return false;
    if (part == 0)
        return efasim_json_fail(json, "the profile has no device_version");
    profile = efasim_profile_of_part(part);
    if (profile)
        efasim_profile_apply(profile, &reader->config->devices[0]);
    return efasim_json_object(json, profile_member, reader);
}

static bool read_format(struct reader *reader, struct efasim_json *json)
{
    struct efasim_word word;
    uint64_t format = 0;

    if (!efasim_json_scalar(json, &word))
        return false;
    if (!efasim_parse_value(EFASIM_VALUE_NUMBER, &word, &format) || format == 0)
        return efasim_json_fail(json, "the format is not a number from 1 up");
    if (format > EFASIM_MEASURED_FORMAT)
        return efasim_json_fail(
            json,
            "the file has format %llu, this program understands up to %u: use a "
            "newer one",
            (unsigned long long)format, EFASIM_MEASURED_FORMAT);
    reader->format = (uint32_t)format;
    return true;
}

static bool top_member(void *context, struct efasim_json *json, const struct efasim_word *name)
{
    struct reader *reader = context;
    struct efasim_word word;

    if (efasim_word_is(name, "format"))
        return read_format(reader, json);
    if (efasim_word_is(name, "profile"))
        return read_profile(reader, json);
    if (!efasim_word_is(name, "tool"))
        return efasim_json_skip(json);
    if (!efasim_json_scalar(json, &word))
        return false;
    reader->is_probe = efasim_word_is(&word, "efa_probe");
    return true;
}

bool efasim_read_measured(struct efasim_config *config, const char *text, size_t size,
                          struct efasim_text *message)
{
    struct reader reader = {config, 0, 0, 0, false, false};
    struct efasim_json json;
    char reason[200];

    efasim_json_begin(&json, text, size, message);
    if (!efasim_json_object(&json, top_member, &reader) || !efasim_json_end(&json))
        return false;
    if (!reader.is_probe || reader.format == 0 || !reader.has_profile) {
        efasim_text_add(message, "not a result of efa_probe: it lacks %s",
                        !reader.is_probe     ? "\"tool\": \"efa_probe\""
                        : reader.format == 0 ? "its format"
                                             : "the profile");
        return false;
    }
    if (efasim_config_check(config, reason, sizeof reason))
        return true;
    efasim_text_add(message, "the profile contradicts itself: %s", reason);
    return false;
}

static unsigned compare(const struct efasim_key *key, const void *measured, const void *other,
                        efasim_measured_line *line, void *context)
{
    char buffer[128];
    struct efasim_text text;
    const unsigned long long a = efasim_read_value(key, measured);
    const unsigned long long b = efasim_read_value(key, other);

    if (a == b)
        return 0;
    efasim_text_init(&text, buffer, sizeof buffer);
    efasim_text_add(&text,
                    a > 0xffff || b > 0xffff ? "%s: 0x%llx, built in: 0x%llx"
                                             : "%s: %llu, built in: %llu",
                    key->name, a, b);
    line(context, buffer);
    return 1;
}

unsigned efasim_compare_measured(const struct efasim_config *measured,
                                 const struct efasim_config *other, efasim_measured_line *line,
                                 void *context)
{
    unsigned count = 0;

    for (size_t i = 0; i < efasim_device_keys.count; i++) {
        const struct efasim_key *key = &efasim_device_keys.keys[i];

        if (key->type != EFASIM_VALUE_GID)
            count += compare(key, &measured->devices[0], &other->devices[0], line, context);
    }
    for (size_t i = 0; i < EFA_ARRAY_SIZE(behaviours); i++) {
        struct efasim_word name = {behaviours[i], strlen(behaviours[i])};

        count +=
            compare(efasim_find_key(&efasim_fabric_keys, &name), measured, other, line, context);
    }
    return count;
}
