/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* efasim diff: compares a measured profile with a built-in one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../client/config_files.h"
#include "../config/measured.h"
#include "../config/profile.h"
#include "program.h"

static bool read_measured(const char *path, struct efasim_config *config)
{
    const struct efasim_config_files files = efasim_files_beside(NULL);
    char message[300];
    struct efasim_text out;
    size_t size;
    char *text;
    bool ok;

    if (!files.read(files.context, path, strlen(path), &text, &size, message, sizeof message)) {
        program_say("the profile %s %s", path, message);
        return false;
    }
    efasim_config_default(config);
    efasim_text_init(&out, message, sizeof message);
    ok = efasim_read_measured(config, text, size, &out);
    if (!ok)
        program_say("%s: %s", path, message);
    files.release(files.context, text);
    return ok;
}

static void print_line(void *context, const char *line)
{
    (void)context;
    puts(line);
}

static int compare(const struct efasim_config *measured, const struct efasim_profile *profile)
{
    struct efasim_config *built_in = malloc(sizeof *built_in);
    unsigned count;

    if (!built_in) {
        program_say("not enough memory");
        return PROGRAM_FAILED;
    }
    efasim_config_default(built_in);
    efasim_profile_apply(profile, &built_in->devices[0]);
    count = efasim_compare_measured(measured, built_in, print_line, NULL);
    free(built_in);
    if (count == 0)
        printf("no difference from %s\n", profile->name);
    return count == 0 ? PROGRAM_OK : PROGRAM_DIFFERS;
}

static int diff(const char *preset, const char *path)
{
    struct efasim_config *measured = malloc(sizeof *measured);
    const struct efasim_profile *profile;
    int status = PROGRAM_FAILED;

    if (!measured) {
        program_say("not enough memory");
        return PROGRAM_FAILED;
    }
    if (!read_measured(path, measured))
        goto release;
    profile = preset ? efasim_profile_named(preset, strlen(preset))
                     : efasim_profile_of_part(measured->devices[0].device_version);
    if (profile)
        status = compare(measured, profile);
    else if (preset)
        status = program_usage("unknown preset; docs/simulated-efa.md lists them", preset);
    else
        program_say(
            "no built-in profile has device version 0x%x: name one with --preset, such as "
            "efa-0xefa1",
            measured->devices[0].device_version);
release:
    free(measured);
    return status;
}

int diff_command(int argc, char **argv)
{
    const char *preset = NULL;
    int i = 0;

    if (argc >= 1 && strcmp(argv[0], "--preset") == 0) {
        preset = program_value(argc, argv, &i);
        if (!preset)
            return PROGRAM_USAGE;
        i++;
    }
    if (argc - i != 1)
        return program_usage("diff takes one file", i < argc ? argv[i + 1] : NULL);
    if (program_is_option(argv[i]))
        return program_usage("diff takes one file, not", argv[i]);
    return diff(preset, argv[i]);
}
