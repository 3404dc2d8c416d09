/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The configuration's text form: `key = value` lines, `#` comments, `[device NAME]` sections. Keys
 * of a device before the first section apply to every device.
 */
#include <string.h>

#include "config.h"
#include "fault_text.h"
#include "keys.h"
#include "measured.h"
#include "profile.h"
#include "value.h"

struct parser {
    struct efasim_config *config;
    struct efasim_device_config *device; /* of the section; NULL before the first */
    struct efasim_device_config every;   /* initial values of later devices */
    bool has_device_keys; /* the section, or the lines before the first one, set keys */
    bool has_fabric_keys;
    unsigned line; /* that is being read, from 1 on */
    /* The lines that set each key; 0: no line. Those of a device are of the section. */
    unsigned preset_line, profile_line;
    unsigned device_lines[EFASIM_MAX_KEYS];
    unsigned fabric_lines[EFASIM_MAX_KEYS];
    const struct efasim_config_files *files;
    struct efasim_text *message;
};

static void find_nearest(const struct efasim_keys *keys, const struct efasim_word *name,
                         const char **nearest, unsigned *distance)
{
    for (size_t i = 0; i < keys->count; i++) {
        unsigned d = efasim_word_distance(name, keys->keys[i].name);
        if (d < *distance) {
            *distance = d;
            *nearest = keys->keys[i].name;
        }
    }
}

static bool reject_key(struct parser *parser, const struct efasim_word *name)
{
    char text[EFASIM_WORD_TEXT_SIZE];
    const char *nearest = NULL;
    unsigned distance = 1000;

    efasim_word_text(name, text, sizeof text);
    find_nearest(&efasim_device_keys, name, &nearest, &distance);
    if (!parser->device)
        find_nearest(&efasim_fabric_keys, name, &nearest, &distance);
    if (parser->device &&
        (efasim_find_key(&efasim_fabric_keys, name) || efasim_word_is(name, "fault")))
        efasim_text_add(parser->message,
                        "'%s' is not a key of a device; put it before the first [device]", text);
    else
        efasim_text_add(parser->message, "unknown key '%s'; did you mean '%s'?", text,
                        nearest ? nearest : "seed");
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

static bool set_preset(struct parser *parser, struct efasim_device_config *device,
                       const struct efasim_word *word)
{
    const struct efasim_profile *profile = efasim_profile_named(word->start, word->size);

    if (!parser->device && parser->profile_line) {
        efasim_text_add(parser->message, "line %u has set profile: keep one of the two",
                        parser->profile_line);
        return false;
    }
    if (parser->has_device_keys) {
        efasim_text_add(parser->message,
                        "preset sets keys of the adapter; put it before the other keys");
        return false;
    }
    if (profile) {
        efasim_profile_apply(profile, device);
        return true;
    }
    efasim_text_add(parser->message, "preset must be one of");
    for (unsigned i = 0; efasim_profile_at(i); i++)
        efasim_text_add(parser->message, " %s", efasim_profile_at(i)->name);
    return false;
}

static bool read_profile(struct parser *parser, const struct efasim_word *path, char *reason,
                         size_t reason_size)
{
    const struct efasim_config_files *files = parser->files;
    struct efasim_text out;
    char *text;
    size_t size;
    bool valid;

    if (!files->read(files->context, path->start, path->size, &text, &size, reason, reason_size))
        return false;
    efasim_text_init(&out, reason, reason_size);
    valid = efasim_read_measured(parser->config, text, size, &out);
    files->release(files->context, text);
    return valid;
}

static bool set_profile(struct parser *parser, const struct efasim_word *path)
{
    char name[EFASIM_WORD_TEXT_SIZE], reason[200];

    efasim_word_text(path, name, sizeof name);
    if (parser->preset_line)
        efasim_text_add(parser->message, "line %u has set preset: keep one of the two",
                        parser->preset_line);
    else if (parser->device || parser->has_device_keys || parser->has_fabric_keys)
        efasim_text_add(parser->message,
                        "profile sets keys of the adapter and of the fabric; put it before the "
                        "first [device] and before the other keys");
    else if (!parser->files)
        efasim_text_add(parser->message, "this program cannot read a profile: give its keys");
    else if (!read_profile(parser, path, reason, sizeof reason))
        efasim_text_add(parser->message, "profile %s: %s", name, reason);
    else
        return true;
    return false;
}

static bool set_value(struct parser *parser, const struct efasim_word *name,
                      const struct efasim_word *value)
{
    const struct efasim_key *key = efasim_find_key(&efasim_device_keys, name);
    struct efasim_device_config *device =
        parser->device ? parser->device : &parser->config->devices[0];

    if (key && key->type == EFASIM_VALUE_GID && !parser->device) {
        efasim_text_add(parser->message,
                        "'gid' is the key of one device; put it after [device NAME]");
        return false;
    }
    if (efasim_word_is(name, "preset"))
        return is_first(parser, "preset", &parser->preset_line) &&
               set_preset(parser, device, value);
    if (efasim_word_is(name, "profile"))
        return is_first(parser, "profile", &parser->profile_line) && set_profile(parser, value);
    if (key) {
        parser->has_device_keys = true;
        return is_first(parser, key->name, &parser->device_lines[key - efasim_device_keys.keys]) &&
               efasim_store_value(key, device, value, parser->message);
    }
    if (parser->device)
        return reject_key(parser, name);
    key = efasim_find_key(&efasim_fabric_keys, name);
    if (!key)
        return reject_key(parser, name);
    parser->has_fabric_keys = true;
    return is_first(parser, key->name, &parser->fabric_lines[key - efasim_fabric_keys.keys]) &&
           efasim_store_value(key, parser->config, value, parser->message);
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
            if (!parser->device) {
                parser->every = config->devices[0];
                config->device_count = 0;
            }
            uint8_t gid[sizeof parser->every.gid];
            parser->device = efasim_config_add_device(config);
            if (!parser->device) {
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
    if (efasim_word_is(&name, "fault") && !parser->device)
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
    return efasim_config_parse_with(config, text, text_size, NULL, message, message_size);
}

bool efasim_config_parse_with(struct efasim_config *config, const char *text, size_t text_size,
                              const struct efasim_config_files *files, char *message,
                              size_t message_size)
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
    parser.files = files;
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
