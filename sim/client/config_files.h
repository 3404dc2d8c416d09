/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The files that a configuration names, from the file system of a user's program. */
#ifndef EFASIM_CLIENT_CONFIG_FILES_H
#define EFASIM_CLIENT_CONFIG_FILES_H

#include "../config/config.h"

/* A relative path starts in the folder of the configuration; for NULL in the current one. */
struct efasim_config_files efasim_files_beside(const char *config_path);

#endif
