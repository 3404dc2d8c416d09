/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* A configuration, and the files that it names, from the file system of a user's program. */
#ifndef EFASIM_CLIENT_CONFIG_FILES_H
#define EFASIM_CLIENT_CONFIG_FILES_H

#include "../config/config.h"

/* A relative path starts in the folder of the configuration; for NULL in the current one. */
struct efasim_config_files efasim_files_beside(const char *config_path);

/*
 * Sets in *config what the file sets; without a path nothing. False: `message` names the file and
 * says what is wrong, and *config must not be used.
 */
bool efasim_read_config_file(const char *path, struct efasim_config *config, char *message,
                             size_t message_size);

#endif
