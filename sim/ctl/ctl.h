/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Shared by the files of efasim_ctl: error lines, and the functions of its two parts. */
#ifndef EFASIM_CTL_H
#define EFASIM_CTL_H

#include <windows.h>

#include <stdbool.h>
#include <stdint.h>

#include "commands.h"

/* Prints "efasim_ctl: WHAT: the system's message (code)"; returns CTL_EXIT_FAILED. */
int ctl_fail(const char *what, DWORD error);

/* ctl_service.c: the driver as a service of the service manager. */
struct ctl_load_options {
    const wchar_t *driver; /* path of efasim.sys */
    const wchar_t *config;
    const wchar_t *log;
    const wchar_t *trace;
    uint32_t interface_version; /* 0: all versions of the configuration */
    bool plain_copies;
};

int ctl_load(const struct ctl_load_options *options);
int ctl_unload(void);
int ctl_status(void);

/* ctl_device.c: sends the requests of commands.h to the running driver. */
int ctl_request(uint32_t code, const void *input, uint32_t input_size, void *output,
                uint32_t output_size);

#endif
