/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The facts about the machine, without system types; judge.c evaluates them. */
#ifndef EFA_DOCTOR_FACTS_H
#define EFA_DOCTOR_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/dll_file.h"
#include "common/windows_files.h" /* lengths of paths and versions */

struct system_facts {
    bool is_x64;
    unsigned architecture; /* the system's number */
    unsigned processors;
    char processor[128];
    const char *wine; /* Wine's version; NULL on Windows itself */
    unsigned major, minor, build;
};

/* An EFA interface on the PCI bus, as Windows reports it. Empty text: not known. */
struct hardware_device {
    char id[32];                     /* PCI\VEN_1D0F&DEV_EFA0 */
    uint32_t problem;                /* Windows' problem code; 0: no problem */
    char service[64];                /* of the device's driver */
    char version[TOOL_FILE_VERSION]; /* of the driver, from its .inf file */
};

enum { HARDWARE_LIMIT = 8 };

struct hardware_facts {
    uint32_t error; /* Win32 error of the query; if it is not 0, the rest is not known */
    unsigned count; /* of the devices below */
    struct hardware_device devices[HARDWARE_LIMIT];
};

/* A libfabric.dll, and the efawin.dll that it would load for a program in its folder. */
struct libfabric_facts {
    const char *check; /* names of the finding */
    const char *title;
    char file[TOOL_SHOWN_PATH];
    enum tool_dll_kind kind;
    bool names_efawin;         /* it contains the interface kit, so it has an EFA provider */
    bool has_kit_2;            /* the kit of version 2.0.0, with its own search rule */
    char dll[TOOL_SHOWN_PATH]; /* empty: there is no efawin.dll where it looks */
    enum tool_dll_kind dll_kind;
    bool dll_has_calls; /* it exports what an efawin.dll exports */
    char dll_version[TOOL_FILE_VERSION];
};

#endif
