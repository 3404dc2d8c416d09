/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The configuration's text form: `key = value` lines, `#` comments, `[device NAME]` sections. Keys
 * of a device before the first section apply to every device.
 */
#include <string.h>

#include "config.h"
#include "fault_text.h"
#include "profile.h"
#include "value.h"

struct key {
    const char *name;
    enum efasim_value_type type;
    uint32_t offset;
    uint32_t size;
};

#define DEVICE_KEY(name, type)                                                          \
    {#name, EFASIM_VALUE_##type, (uint32_t)offsetof(struct efasim_device_config, name), \
     (uint32_t)sizeof(((struct efasim_device_config *)0)->name)}
#define FABRIC_KEY(name, type)                                                   \
    {#name, EFASIM_VALUE_##type, (uint32_t)offsetof(struct efasim_config, name), \
     (uint32_t)sizeof(((struct efasim_config *)0)->name)}

static const struct key device_keys[] = {
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

static const struct key fabric_keys[] = {
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

struct parser {
    struct efasim_config *config;
    struct efasim_device_config *device; /* of the section; NULL before the first */
    struct efasim_device_config every;   /* initial values of later devices */
    bool has_device_keys; /* the section, or the lines before the first one, set keys */
    unsigned line;        /* that is being read, from 1 on */
    /* The lines that set each key; 0: no line. Those of a device are of the section. */
    unsigned preset_line;
    unsigned device_lines[EFA_ARRAY_SIZE(device_keys)];
    unsigned fabric_lines[EFA_ARRAY_SIZE(fabric_keys)];
    struct efasim_text *message;
};

static const struct key *find_key(const struct key *keys, size_t count,
                                  const struct efasim_word *name)
{
    for (size_t i = 0; i < count; i++) {
        if (efasim_word_is(name, keys[i].name))
            return &keys[i];
    }
    return NULL;
}

static void find_nearest(const struct key *keys, size_t count, const struct efasim_word *name,
                         const char **nearest, unsigned *distance)
{
    for (size_t i = 0; i < count; i++) {
        unsigned d = efasim_word_distance(name, keys[i].name);
        if (d < *distance) {
            *distance = d;
            *nearest = keys[i].name;
        }
    }
}

static bool reject_key(struct parser *parser, const struct efasim_word *name)
{
    char text[EFASIM_WORD_TEXT_SIZE];
    const char *nearest = NULL;
    unsigned distance = 1000;

    efasim_word_text(name, text, sizeof text);
    find_nearest(device_keys, EFA_ARRAY_SIZE(device_keys), name, &nearest, &distance);
    if (parser->device == NULL)
        find_nearest(fabric_keys, EFA_ARRAY_SIZE(fabric_keys), name, &nearest, &distance);
    if (parser->device != NULL &&
        (find_key(fabric_keys, EFA_ARRAY_SIZE(fabric_keys), name) != NULL ||
         efasim_word_is(name, "fault")))
        efasim_text_add(parser->message,
                        "'%s' is not a key of a device; put it before the first [device]", text);
    else
        efasim_text_add(parser->message, "unknown key '%s'; did you mean '%s'?", text,
                        nearest != NULL ? nearest : "seed");
    return false;
}

/* Of two lines with one key, one is wrong: which, only their author knows. */
static bool is_first(struct parser *parser, const char *name, unsigned *line)
{
    if (*line != 0) {
        efasim_text_add(parser->message, "line %u has set %s already: keep one of the two", *line,
                        name);
        return false;
    }
    *line = parser->line;
    return true;
}

static bool store(struct parser *parser, const struct key *key, void *base,
                  const struct efasim_word *word)
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
            parser->message, "invalid value '%s' for %s; expected %s%s", text, key->name,
            efasim_value_form(key->type),
            key->size == sizeof(uint32_t) && key->type != EFASIM_VALUE_PARTS ? " in 32 bits" : "");
    }
    return valid;
}

static bool set_preset(struct parser *parser, struct efasim_device_config *device,
                       const struct efasim_word *word)
{
    const struct efasim_profile *profile;

    if (parser->has_device_keys) {
        efasim_text_add(parser->message,
                        "preset sets keys of the adapter; put it before the other keys");
        return false;
    }
    for (unsigned i = 0; (profile = efasim_profile_at(i)) != NULL; i++) {
        if (efasim_word_is(word, profile->name)) {
            efasim_profile_apply(profile, device);
            return true;
        }
    }
    efasim_text_add(parser->message, "preset must be one of");
    for (unsigned i = 0; (profile = efasim_profile_at(i)) != NULL; i++)
        efasim_text_add(parser->message, " %s", profile->name);
    return false;
}

static bool set_value(struct parser *parser, const struct efasim_word *name,
                      const struct efasim_word *value)
{
    const struct key *key = find_key(device_keys, EFA_ARRAY_SIZE(device_keys), name);
    struct efasim_device_config *device =
        parser->device != NULL ? parser->device : &parser->config->devices[0];

    if (key != NULL && key->type == EFASIM_VALUE_GID && parser->device == NULL) {
        efasim_text_add(parser->message,
                        "'gid' is the key of one device; put it after [device NAME]");
        return false;
    }
    if (efasim_word_is(name, "preset"))
        return is_first(parser, "preset", &parser->preset_line) &&
               set_preset(parser, device, value);
    if (key != NULL) {
        parser->has_device_keys = true;
        return is_first(parser, key->name, &parser->device_lines[key - device_keys]) &&
               store(parser, key, device, value);
    }
    if (parser->device != NULL)
        return reject_key(parser, name);
    key = find_key(fabric_keys, EFA_ARRAY_SIZE(fabric_keys), name);
    if (key == NULL)
        return reject_key(parser, name);
    return is_first(parser, key->name, &parser->fabric_lines[key - fabric_keys]) &&
           store(parser, key, parser->config, value);
}

static bool start_section(struct parser *parser, struct efasim_word line)
{
    struct efasim_config *config = parser->config;
    struct efasim_word rest = {line.start + 1, line.size - 1};

    if (line.start[line.size - 1] == ']') {
        rest.size--;
        struct efasim_word kind = efasim_next_word(&rest);
        struct efasim_word name = efasim_next_word(&rest);
        if (efasim_word_is(&kind, "device") && efasim_word_is_name(&name) &&
            efasim_next_word(&rest).size == 0) {
            if (parser->device == NULL) {
                parser->every = config->devices[0];
                config->device_count = 0;
            }
            uint8_t gid[sizeof parser->every.gid];
            parser->device = efasim_config_add_device(config);
            if (parser->device == NULL) {
                efasim_text_add(parser->message, "too many devices, the limit is %u",
                                EFASIM_MAX_DEVICES);
                return false;
            }
            parser->has_device_keys = false;
            parser->preset_line = 0;
            memset(parser->device_lines, 0, sizeof parser->device_lines);
            memcpy(gid, parser->device->gid, sizeof gid);
            *parser->device = parser->every;
            memcpy(parser->device->gid, gid, sizeof gid);
            efasim_word_text(&name, parser->device->name, sizeof parser->device->name);
            return true;
        }
    }
    efasim_text_add(parser->message,
                    "a section is [device NAME], the name of at most %u " EFASIM_NAME_FORM,
                    EFASIM_NAME_SIZE - 1);
    return false;
}

static bool parse_line(struct parser *parser, const char *start, const char *end)
{
    const char *p = start;

    while (p < end && *p != '#')
        p++;
    struct efasim_word line = efasim_trim(start, p);
    if (line.size == 0)
        return true;
    if (line.start[0] == '[')
        return start_section(parser, line);
    const char *equals = line.start;
    const char *line_end = line.start + line.size;
    while (equals < line_end && *equals != '=')
        equals++;
    struct efasim_word name = efasim_trim(line.start, equals);
    if (equals == line_end || name.size == 0) {
        efasim_text_add(parser->message, "expected 'key = value', '[device NAME]' or a comment");
        return false;
    }
    struct efasim_word value = efasim_trim(equals + 1, line_end);
    /* Rules name devices, so they are parsed after all devices are known. */
    if (efasim_word_is(&name, "fault") && parser->device == NULL)
        return true;
    return set_value(parser, &name, &value);
}

static bool parse_fault_line(struct parser *parser, const char *start, const char *end)
{
    const char *p = start;

    while (p < end && *p != '#')
        p++;
    struct efasim_word line = efasim_trim(start, p);
    const char *equals = line.start;
    while (equals < line.start + line.size && *equals != '=')
        equals++;
    struct efasim_word name = efasim_trim(line.start, equals);
    if (!efasim_word_is(&name, "fault") || equals == line.start + line.size)
        return true;
    struct efasim_word rest = efasim_trim(equals + 1, line.start + line.size);
    return efasim_config_parse_fault(parser->config, rest, parser->message);
}

bool efasim_config_parse(struct efasim_config *config, const char *text, size_t text_size,
                         char *message, size_t message_size)
{
    bool (*const passes[])(struct parser *, const char *, const char *) = {parse_line,
                                                                           parse_fault_line};
    struct efasim_text out;
    struct parser parser;
    const char *end = text + text_size;

    efasim_text_init(&out, message, message_size);
    memset(&parser, 0, sizeof parser);
    parser.config = config;
    parser.message = &out;
    for (unsigned pass = 0; pass < EFA_ARRAY_SIZE(passes); pass++) {
        const char *line = text;
        for (unsigned number = 1; line < end; number++) {
            const char *line_end = line;
            while (line_end < end && *line_end != '\n')
                line_end++;
            efasim_text_init(&out, message, message_size);
            efasim_text_add(&out, "line %u: ", number);
            parser.line = number;
            if (!passes[pass](&parser, line, line_end))
                return false;
            line = line_end + 1;
        }
    }
    return efasim_config_check(config, message, message_size);
}
