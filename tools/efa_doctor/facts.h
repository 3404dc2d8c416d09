/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * What there is to know of the machine and the driver before the library is loaded, free of any
 * system's types. Filled in by the check_* files, judged in judge.c.
 */
#ifndef EFA_DOCTOR_FACTS_H
#define EFA_DOCTOR_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/windows_files.h" /* lengths of paths and versions */

struct system_facts {
    bool is_x64;
    unsigned architecture; /* as the system numbers them */
    unsigned processors;
    char processor[128];
    const char *wine; /* its version; NULL on Windows itself */
    unsigned major, minor, build;
};

enum service_found {
    SERVICE_FOUND,
    SERVICE_MISSING,
    SERVICE_HIDDEN,   /* asking failed; `error` has the Win32 error */
    SERVICE_SIMULATED /* there is none, but that of a simulated EFA runs */
};

#define SERVICE_STATE_RUNNING 4

struct service_facts {
    enum service_found found;
    uint32_t error;
    /* Of a service that was found: */
    uint32_t state_error; /* Win32 error of asking for the state */
    uint32_t state;
    char file[TOOL_SHOWN_PATH];      /* path as UTF-8; empty: it is not told */
    char version[TOOL_FILE_VERSION]; /* of the file; empty: it has none that can be read */
};

#endif
