/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Whether the device opens and which interface versions its driver speaks. */
#include "checks.h"

#include "common/version.h"
#include "driver/win32_error.h"

static enum doctor_problem open_problem(uint32_t error)
{
    switch (error) {
    case EFA_WIN32_FILE_NOT_FOUND:
    case EFA_WIN32_PATH_NOT_FOUND:
    case EFA_WIN32_DEV_NOT_EXIST:
    case EFA_WIN32_DEVICE_NOT_CONNECTED:
        return DOCTOR_PROBLEM_DEVICE_ABSENT;
    case EFA_WIN32_ACCESS_DENIED:
        return DOCTOR_PROBLEM_DEVICE_DENIED;
    case EFA_WIN32_SHARING_VIOLATION:
    case EFA_WIN32_BUSY:
        return DOCTOR_PROBLEM_DEVICE_BUSY;
    default:
        return DOCTOR_PROBLEM_DEVICE_ERROR;
    }
}

bool check_driver(struct doctor_report *report)
{
    static const char device[] = "device", device_title[] = "Device";
    static const char versions[] = "driver-interface", versions_title[] = "Driver's interface";
    struct tool_driver_answer answer;
    char spoken[32];

    tool_ask_driver(&answer);
    if (answer.open_error != 0) {
        report_problem(report, device, device_title, open_problem(answer.open_error),
                       "\\\\.\\EFADevice does not open (Win32 error %u)", answer.open_error);
        report_skipped(report, versions, versions_title, "needs the device");
        return false;
    }
    report_ok(report, device, device_title, "\\\\.\\EFADevice opens");
    if (answer.spoken == 0) {
        report_problem(report, versions, versions_title, DOCTOR_PROBLEM_VERSIONS_UNKNOWN,
                       "version 3 was answered with Win32 error %u and %u bytes",
                       answer.query_error, answer.reply_size);
        return false;
    }
    tool_describe_versions(answer.spoken, spoken, sizeof(spoken));
    report_ok(report, versions, versions_title, "speaks version %s", spoken);
    return true;
}
