/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The driver's service and its file, as the system reports them, without system types. */
#ifndef EFA_TOOLS_SERVICE_H
#define EFA_TOOLS_SERVICE_H

#include <stdint.h>

#include "windows_files.h" /* lengths of paths and versions */

enum tool_service_found {
    TOOL_SERVICE_FOUND,
    TOOL_SERVICE_MISSING,
    TOOL_SERVICE_HIDDEN,   /* asking failed; `error` has the Win32 error */
    TOOL_SERVICE_SIMULATED /* missing, but the service of a simulated EFA runs */
};

#define TOOL_SERVICE_RUNNING 4

struct tool_service {
    enum tool_service_found found;
    uint32_t error;
    /* If a service was found: */
    uint32_t state_error; /* Win32 error of asking for the state */
    uint32_t state;
    char file[TOOL_SHOWN_PATH];      /* path as UTF-8; empty: not known */
    char version[TOOL_FILE_VERSION]; /* of the file; empty: it cannot be read */
};

/* Changes nothing. In a native build the driver is simulated. */
void tool_ask_service(struct tool_service *service);

#endif
