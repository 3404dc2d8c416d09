/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Reads a configuration file. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../client/config_files.h"
#include "program.h"

#define LONGEST_CONFIG (1u << 20)

static bool parse(const char *path, FILE *file, struct efasim_config *config)
{
    const struct efasim_config_files files = efasim_files_beside(path);
    char *text = malloc(LONGEST_CONFIG + 1);
    char message[300];
    bool ok = false;
    size_t size;

    if (!text) {
        program_say("not enough memory for %s", path);
        return false;
    }
    size = fread(text, 1, LONGEST_CONFIG + 1, file);
    if (ferror(file))
        program_say("cannot read %s: %s", path, strerror(errno));
    else if (size > LONGEST_CONFIG)
        program_say("%s is too long: a configuration has at most %u bytes", path, LONGEST_CONFIG);
    else if (!efasim_config_parse_with(config, text, size, &files, message, sizeof message))
        program_say("%s: %s", path, message);
    else
        ok = true;
    free(text);
    return ok;
}

bool program_read_config(const char *path, struct efasim_config *config)
{
    FILE *file;
    bool ok;

    if (!path)
        return true;
    file = program_open(path, false);
    if (!file) {
        program_say("cannot open the configuration %s: %s", path, strerror(errno));
        return false;
    }
    ok = parse(path, file, config);
    fclose(file);
    return ok;
}
