/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The checks, in the order in which they are made. A function that returns bool says whether what
 * stands on it can be checked at all.
 */
#ifndef EFA_DOCTOR_CHECKS_H
#define EFA_DOCTOR_CHECKS_H

#include "report.h"

/* The machine and the driver, without the library. */
void check_system(struct doctor_report *report);
/* The driver's service, and the EFA interface that it is for. */
void check_driver(struct doctor_report *report, bool driver_answers);

/* The library's file; it stays loaded where this succeeds. */
bool check_library(struct doctor_report *report);

/* The adapter through the library. */
void check_adapter(struct doctor_report *report);
void skip_adapter(struct doctor_report *report, const char *reason);

void check_libfabric(struct doctor_report *report);

#endif
