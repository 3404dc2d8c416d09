/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* From facts to findings. */
#ifndef EFA_DOCTOR_JUDGE_H
#define EFA_DOCTOR_JUDGE_H

#include "facts.h"
#include "report.h"

struct tool_driver_answer;
struct tool_service;

void judge_system(struct doctor_report *report, const struct system_facts *facts);
/*
 * The EFA interface on the PCI bus. `driver_answers`: \\.\EFADevice opens, so there is a device
 * even if the list of devices is empty.
 */
void judge_hardware(struct doctor_report *report, const struct hardware_facts *facts,
                    bool is_simulated, bool driver_answers);
void judge_service(struct doctor_report *report, const struct tool_service *facts);

void judge_libfabric(struct doctor_report *report, const struct libfabric_facts *facts);

/* Skips the checks of hardware, service and driver: the simulated efawin.dll needs none of them. */
void judge_no_driver(struct doctor_report *report);

/* Returns whether the checks that need the driver are possible. */
bool judge_driver(struct doctor_report *report, const struct tool_driver_answer *answer);

#endif
