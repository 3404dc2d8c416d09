/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* What there is to know of the machine, free of any system's types; judged in judge.c. */
#ifndef EFA_DOCTOR_FACTS_H
#define EFA_DOCTOR_FACTS_H

#include <stdbool.h>
#include <stdint.h>

struct system_facts {
    bool is_x64;
    unsigned architecture; /* as the system numbers them */
    unsigned processors;
    char processor[128];
    const char *wine; /* its version; NULL on Windows itself */
    unsigned major, minor, build;
};

/* An EFA interface on the PCI bus, as Windows has it. Empty text: Windows does not say. */
struct hardware_device {
    char id[32];      /* PCI\VEN_1D0F&DEV_EFA0 */
    uint32_t problem; /* Windows' problem code; 0 is none */
    char service[64]; /* of the driver that has the device */
    char version[32]; /* of the driver, as its .inf names it */
};

enum { HARDWARE_LIMIT = 8 };

struct hardware_facts {
    uint32_t error; /* Win32 error of asking; nothing else is known unless 0 */
    unsigned count; /* of the devices below */
    struct hardware_device devices[HARDWARE_LIMIT];
};

#endif
