/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* In a native build the library is linked in and the adapter simulated: no files, no services. */
#include "checks.h"

#include "common/library.h"
#include "common/message.h"

void check_system(struct doctor_report *report)
{
    report_ok(report, "system", "System", "a native build, on a simulated EFA of this process");
}

void check_driver(struct doctor_report *report, bool driver_answers)
{
    (void)driver_answers;
    report_skipped(report, "hardware", "EFA interface", "the simulated EFA is not a PCI device");
    report_skipped(report, "service", "Driver service", "a native build has no driver");
}

bool library_needs_no_driver(void)
{
    return false; /* the simulated driver is checked like a real one */
}

bool check_library(struct doctor_report *report)
{
    char text[200];

    tool_describe_library(text, sizeof text);
    report_ok(report, "library", "efawin.dll", "%s", text);
    return true;
}

void check_libfabric(struct doctor_report *report)
{
    report_skipped(report, "libfabric", "libfabric", "nothing to load in a native build");
}
