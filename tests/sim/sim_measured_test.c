/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Measured profiles: what is understood of efa_probe's file, and what is said to a file that is
 * wrong.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/measured.h"

static const char good[] =
    "{\n"
    "  \"tool\": \"efa_probe\",\n"
    "  \"format\": 1,\n"
    "  \"version\": \"2.0.0\",\n"
    "  \"gid\": null,\n"
    "  \"summary\": {\"differs\": 3, \"list\": [1, -2.5e+3, true, \"a\\\"b\"]},\n"
    "  \"profile\": {\n"
    "    \"versions\": \"2 3\",\n"
    "    \"device_version\": 61346,\n"
    "    \"max_batch\": 24,\n"
    "    \"max_qp\": 100,\n"
    "    \"duplicate_ah\": \"alias\",\n"
    "    \"flush_on_destroy\": false\n"
    "  },\n"
    "  \"points\": []\n"
    "}\n";

static char message[256];

/* In a block of its own size, so that a sanitizer sees a read beyond the end. */
static bool read_text(struct efasim_config *config, const char *text, size_t size)
{
    char *copy = malloc(size != 0 ? size : 1);
    struct efasim_text out;
    bool ok;

    assert_non_null(copy);
    memcpy(copy, text, size);
    efasim_config_default(config);
    efasim_text_init(&out, message, sizeof message);
    ok = efasim_read_measured(config, copy, size, &out);
    free(copy);
    return ok;
}

static void a_profile_is_read_over_the_one_of_its_part(void **state)
{
    struct efasim_config config;
    const struct efasim_device_config *d = &config.devices[0];

    (void)state;
    assert_true(read_text(&config, good, strlen(good)));
    assert_int_equal(d->device_version, 0xefa2);
    assert_int_equal(d->versions, EFASIM_VERSION_BIT(2) | EFASIM_VERSION_BIT(3));
    assert_int_equal(d->max_batch, 24);
    assert_int_equal(d->max_qp, 100);
    assert_int_equal(config.duplicate_ah, EFASIM_DUPLICATE_AH_ALIAS);
    assert_false(config.flush_on_destroy);
    /* Not in the file: of part 0xefa2. */
    assert_int_equal(d->features, 3);
    assert_int_equal(d->num_sub_cqs, 1);
    assert_int_equal(d->max_cq, 512);
}

static void a_file_cut_short_anywhere_is_rejected(void **state)
{
    struct efasim_config config;
    const size_t end = strrchr(good, '}') - good;

    (void)state;
    for (size_t size = 0; size <= end; size++) {
        assert_false(read_text(&config, good, size));
        assert_int_not_equal(message[0], '\0');
    }
    assert_false(read_text(&config, good, end));
    assert_string_equal(message,
                        "line 16: the file ends where ',' or '}' should be: it is cut short");
}

static void wrong_files_are_rejected(void **state)
{
#define PROFILE(members) "{\"tool\": \"efa_probe\", \"format\": 1, \"profile\": {" members "}}"
    static const char *const rows[][2] = {
        {"{\"tool\": \"efa_probe\", \"format\": 2, \"profile\": {\"device_version\": 61346}}",
         "line 1: the file has format 2, this program understands up to 1: use a newer one"},
        {"{\"tool\": \"efa_probe\", \"format\": 0}",
         "line 1: the format is not a number from 1 up"},
        {"{\"tool\": \"efa_perf\", \"format\": 1}",
         "not a result of efa_probe: it lacks \"tool\": \"efa_probe\""},
        {"{\"tool\": \"efa_probe\"}", "not a result of efa_probe: it lacks its format"},
        {"{\"tool\": \"efa_probe\", \"format\": 1}",
         "not a result of efa_probe: it lacks the profile"},
        {PROFILE(""), "line 1: the profile has no device_version"},
        {PROFILE("\"device_version\": 61346, \"max_qp\": 3, \"max_qp\": 4"),
         "line 1: 'max_qp' is given twice: measure again, or keep one"},
        {PROFILE("\"device_version\": 61346, \"max_sq_depth\": 32768"),
         "the profile contradicts itself: device efa: max_sq_depth 32768 needs a max_llq_size of "
         "at "
         "least 2097152 (64 bytes for each descriptor, rounded up to a power of two); it is "
         "524288"},
        {PROFILE("\"device_version\": 61346, \"mtu\": 0"),
         "the profile contradicts itself: device efa: mtu is 0; it must be from 1 to 65495"},
        {PROFILE("\"device_version\": 61346, \"seed\": 4"),
         "line 1: unknown key 'seed': measure again, or take it out"},
        {PROFILE("\"device_version\": 61346, \"gid\": \"00\""),
         "line 1: unknown key 'gid': measure again, or take it out"},
        {PROFILE("\"device_version\": 61346, \"mtu\": [1]"),
         "line 1: '[' where a number, a string, true or false should be"},
        {PROFILE("\"device_version\": 61346, \"mtu\": -4"),
         "line 1: invalid value '-4' for mtu; expected a number of bytes such as 512, 8k, 1.5M or "
         "1G in 32 bits"},
        {PROFILE("\"device_version\": true"), "line 1: device_version is not a number"},
        {PROFILE("\"device_version\": 61346}, \"profile\": {\"device_version\": 61346"),
         "line 1: a second profile: measure again, or keep one"},
        {"[]", "line 1: '[' where an object should be"},
        {"{\"tool\": \"efa\\u005fprobe\"}",
         "line 1: an escape in a name or value: profiles do not contain escapes"},
        {"{\"a\": \"\n\"}", "line 1: a string does not end on its line"},
        {"{\"a\": nul}", "line 1: 'n' where a value should be"},
        {"{\"a\" 1}", "line 1: '1' where ':' should be"},
        {"{} {}", "line 1: '{' where the end of the file should be"},
    };
    struct efasim_config config;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_false(read_text(&config, rows[i][0], strlen(rows[i][0])));
        assert_string_equal(message, rows[i][1]);
    }
}

static void deep_nesting_is_rejected(void **state)
{
    struct efasim_config config;
    char text[5 + 4096];

    (void)state;
    memcpy(text, "{\"a\":", 5);
    memset(text + 5, '[', 4096);
    assert_false(read_text(&config, text, sizeof text));
    assert_string_equal(message, "line 1: objects and arrays are nested more than 32 deep");
}

static unsigned line_count;
static char last_line[128];

static void keep_line(void *context, const char *line)
{
    (void)context;
    line_count++;
    snprintf(last_line, sizeof last_line, "%s", line);
}

static void differences_are_named(void **state)
{
    struct efasim_config measured, built_in;

    (void)state;
    efasim_config_second_generation(&built_in);
    efasim_config_second_generation(&measured);
    assert_int_equal(efasim_compare_measured(&measured, &built_in, keep_line, NULL), 0);
    measured.devices[0].max_batch = 24;
    measured.devices[0].gid[15] = 99; /* no part of a profile */
    assert_int_equal(efasim_compare_measured(&measured, &built_in, keep_line, NULL), 1);
    assert_string_equal(last_line, "max_batch: 24, built in: 16");
    measured.flush_on_destroy = false;
    assert_int_equal(efasim_compare_measured(&measured, &built_in, keep_line, NULL), 2);
    assert_string_equal(last_line, "flush_on_destroy: 0, built in: 1");
    assert_int_equal(line_count, 3);
}

struct files {
    const char *text; /* NULL: it cannot be read */
    unsigned given, released;
};

static bool give(void *context, const char *path, size_t path_size, char **text, size_t *size,
                 char *reason, size_t reason_size)
{
    struct files *files = context;

    assert_int_equal(path_size, 11);
    assert_memory_equal(path, "found.json", 10);
    if (!files->text) {
        snprintf(reason, reason_size, "cannot be read: gone");
        return false;
    }
    files->given++;
    *size = strlen(files->text);
    *text = (char *)(uintptr_t)files->text;
    return true;
}

static void take_back(void *context, char *text)
{
    struct files *files = context;

    assert_ptr_equal(text, files->text);
    files->released++;
}

static bool parse(struct efasim_config *config, const char *text, struct files *context)
{
    const struct efasim_config_files files = {context, give, take_back};

    efasim_config_default(config);
    return efasim_config_parse_with(config, text, strlen(text), context ? &files : NULL, message,
                                    sizeof message);
}

static void a_configuration_names_a_profile(void **state)
{
    struct efasim_config config;
    struct files files = {good, 0, 0};

    (void)state;
    assert_true(
        parse(&config, "# measured\nprofile = found.json2\nseed = 4\nmax_qp = 7\n", &files));
    assert_int_equal(config.devices[0].device_version, 0xefa2);
    assert_int_equal(config.devices[0].max_qp, 7);
    files.text = "{";
    assert_false(parse(&config, "profile = found.json2\n", &files));
    assert_string_equal(message,
                        "line 1: profile found.json2: line 1: the file ends where a string "
                        "should be: it is cut short");
    assert_int_equal(files.given, 2);
    assert_int_equal(files.released, 2);
    files.text = NULL;
    assert_false(parse(&config, "profile = found.json2\n", &files));
    assert_string_equal(message, "line 1: profile found.json2: cannot be read: gone");
}

static void a_profile_has_its_place(void **state)
{
    static const char late[] =
        "profile sets keys of the adapter and of the fabric; put it before the first [device] and "
        "before the other keys";
    struct efasim_config config;
    struct files files = {good, 0, 0};

    (void)state;
    assert_false(parse(&config, "max_qp = 7\nprofile = found.json2\n", &files));
    assert_string_equal(message + strlen("line 2: "), late);
    assert_false(parse(&config, "duplicate_ah = alias\nprofile = found.json2\n", &files));
    assert_string_equal(message + strlen("line 2: "), late);
    assert_false(parse(&config, "[device a]\nprofile = found.json2\n", &files));
    assert_string_equal(message + strlen("line 2: "), late);
    assert_false(parse(&config, "profile = found.json2\nprofile = other.json\n", &files));
    assert_string_equal(message, "line 2: line 1 has set profile already: keep one of the two");
    assert_false(parse(&config, "preset = efa-0xefa1\nprofile = found.json2\n", &files));
    assert_string_equal(message, "line 2: line 1 has set preset: keep one of the two");
    assert_false(parse(&config, "profile = found.json2\npreset = efa-0xefa1\n", &files));
    assert_string_equal(message, "line 2: line 1 has set profile: keep one of the two");
    assert_true(parse(&config, "profile = found.json2\n[device a]\npreset = efa-0xefa1\n", &files));
    assert_int_equal(config.devices[0].device_version, 0xefa1);
    assert_false(parse(&config, "profile = found.json2\n", NULL));
    assert_string_equal(message, "line 1: this program cannot read a profile: give its keys");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_profile_is_read_over_the_one_of_its_part),
        cmocka_unit_test(a_file_cut_short_anywhere_is_rejected),
        cmocka_unit_test(wrong_files_are_rejected),
        cmocka_unit_test(deep_nesting_is_rejected),
        cmocka_unit_test(differences_are_named),
        cmocka_unit_test(a_configuration_names_a_profile),
        cmocka_unit_test(a_profile_has_its_place),
    };

    return cmocka_run_group_tests_name("measured profiles", tests, NULL, NULL);
}
