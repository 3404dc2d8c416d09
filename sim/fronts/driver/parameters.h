/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The settings in the service's registry key, and the files that it names. */
#ifndef EFASIM_DRIVER_PARAMETERS_H
#define EFASIM_DRIVER_PARAMETERS_H

#include "nt.h"

enum { PARAMETER_PATH_LENGTH = 1024 };

struct parameter_path {
    UNICODE_STRING name; /* empty: not given */
    WCHAR text[PARAMETER_PATH_LENGTH];
};

struct parameters {
    struct parameter_path config_file;
    struct parameter_path log_file;
    struct parameter_path trace_file;
    uint32_t interface_version; /* 0: not given */
    uint32_t plain_copies;      /* not 0: client memory is moved only by ntdll's calls */
};

/* Reads the key's Parameters subkey; missing values stay empty. */
void parameters_read(struct parameters *parameters, const UNICODE_STRING *service_key);

/* Reads the whole file, at most 1 MiB. Free it with nt_release. */
NTSTATUS parameters_read_file(UNICODE_STRING *path, char **text, size_t *size);

#endif
