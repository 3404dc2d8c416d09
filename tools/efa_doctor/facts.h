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

#endif
