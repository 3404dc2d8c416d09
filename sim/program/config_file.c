/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Reads a configuration file. */
#include <string.h>

#include "../client/config_files.h"
#include "program.h"

bool program_read_config(const char *path, struct efasim_config *config)
{
    const struct efasim_config_files here = efasim_files_beside(NULL);
    const struct efasim_config_files files = efasim_files_beside(path);
    char *text, message[300];
    size_t size;
    bool ok;

    if (!path)
        return true;
    if (!here.read(here.context, path, strlen(path), &text, &size, message, sizeof message)) {
        program_say("the configuration %s %s", path, message);
        return false;
    }
    ok = efasim_config_parse_with(config, text, size, &files, message, sizeof message);
    if (!ok)
        program_say("%s: %s", path, message);
    here.release(here.context, text);
    return ok;
}
