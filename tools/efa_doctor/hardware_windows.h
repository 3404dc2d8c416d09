/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Asks Windows for the EFA interfaces on the PCI bus. */
#ifndef EFA_DOCTOR_HARDWARE_WINDOWS_H
#define EFA_DOCTOR_HARDWARE_WINDOWS_H

#include "facts.h"

/* Changes nothing. */
void ask_hardware(struct hardware_facts *facts);

#endif
