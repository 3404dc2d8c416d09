/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The checks, in their order. A function that returns bool reports whether the checks that depend
 * on it are possible.
 */
#ifndef EFA_DOCTOR_CHECKS_H
#define EFA_DOCTOR_CHECKS_H

#include "report.h"

/* The machine and the driver, without the library. */
void check_system(struct doctor_report *report);
/* The driver's service, and its EFA interface. */
void check_driver(struct doctor_report *report, bool driver_answers);

/* Whether efawin.dll is the one for the simulated EFA. The driver's checks are skipped then. */
bool library_needs_no_driver(void);

/* The library's file; on success it stays loaded. */
bool check_library(struct doctor_report *report);

/* The adapter through the library. */
void check_adapter(struct doctor_report *report);
void skip_adapter(struct doctor_report *report, const char *reason);

void check_libfabric(struct doctor_report *report);

#endif
