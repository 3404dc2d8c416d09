/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* What facts of the machine and the driver mean. Asks for none: the check_* files do. */
#include "judge.h"

#include "common/cause.h"
#include "common/service.h"
#include "common/version.h"

#define OLDEST_WINDOWS 10

void judge_system(struct doctor_report *report, const struct system_facts *facts)
{
    static const char check[] = "system", title[] = "Windows and processor";

    if (!facts->is_x64)
        report_problem(report, check, title, DOCTOR_PROBLEM_PROCESSOR,
                       "processor architecture %u (%s)", facts->architecture, facts->processor);
    else if (facts->wine != NULL)
        report_ok(report, check, title, "Wine %s, x64, %u x %s", facts->wine, facts->processors,
                  facts->processor);
    else if (facts->major < OLDEST_WINDOWS)
        report_problem(report, check, title, DOCTOR_PROBLEM_WINDOWS_OLD,
                       "Windows %u.%u build %u, %s", facts->major, facts->minor, facts->build,
                       facts->processor);
    else
        report_ok(report, check, title, "Windows %u.%u build %u, x64, %u x %s", facts->major,
                  facts->minor, facts->build, facts->processors, facts->processor);
}

static const char service[] = "service", service_title[] = "Driver service";
static const char file[] = "driver-file", file_title[] = "Driver file";

static void judge_found(struct doctor_report *report, const struct tool_service *facts)
{
    if (facts->state_error != 0)
        report_problem(report, service, service_title, DOCTOR_PROBLEM_SERVICES_UNREADABLE,
                       "the state of service 'efa' cannot be read (Win32 error %u)",
                       facts->state_error);
    else if (facts->state != TOOL_SERVICE_RUNNING)
        report_problem(report, service, service_title, DOCTOR_PROBLEM_SERVICE_STOPPED,
                       "service 'efa' is in state %u, not running (%d)", facts->state,
                       TOOL_SERVICE_RUNNING);
    else
        report_ok(report, service, service_title, "service 'efa' runs");
    if (facts->file[0] == '\0')
        report_problem(report, file, file_title, DOCTOR_PROBLEM_DRIVER_FILE,
                       "the service does not tell its file");
    else if (facts->version[0] == '\0')
        report_problem(report, file, file_title, DOCTOR_PROBLEM_DRIVER_FILE, "%s", facts->file);
    else
        report_ok(report, file, file_title, "%s, version %s", facts->file, facts->version);
}

void judge_service(struct doctor_report *report, const struct tool_service *facts)
{
    switch (facts->found) {
    case TOOL_SERVICE_FOUND:
        judge_found(report, facts);
        return;
    case TOOL_SERVICE_SIMULATED:
        report_ok(report, service, service_title, "service 'efasim' runs: a simulated EFA");
        report_skipped(report, file, file_title, "the simulated EFA has no version");
        return;
    case TOOL_SERVICE_MISSING:
        report_problem(report, service, service_title, DOCTOR_PROBLEM_SERVICE_ABSENT,
                       "there is no service 'efa'");
        break;
    case TOOL_SERVICE_HIDDEN:
        report_problem(report, service, service_title, DOCTOR_PROBLEM_SERVICES_UNREADABLE,
                       "Win32 error %u", facts->error);
        break;
    }
    report_skipped(report, file, file_title, "needs the service");
}

/* Of the device, or of the driver's interface. */
static enum doctor_problem problem_of(enum tool_cause_kind kind)
{
    switch (kind) {
    case TOOL_ABSENT:
        return DOCTOR_PROBLEM_DEVICE_ABSENT;
    case TOOL_DENIED:
        return DOCTOR_PROBLEM_DEVICE_DENIED;
    case TOOL_BUSY:
        return DOCTOR_PROBLEM_DEVICE_BUSY;
    case TOOL_REMOVED:
        return DOCTOR_PROBLEM_DEVICE_REMOVED;
    case TOOL_VERSIONS_UNKNOWN:
        return DOCTOR_PROBLEM_VERSIONS_UNKNOWN;
    case TOOL_REPLY_WRONG:
        return DOCTOR_PROBLEM_REPLY_WRONG;
    default:
        return DOCTOR_PROBLEM_DEVICE_ERROR;
    }
}

bool judge_driver(struct doctor_report *report, const struct tool_driver_answer *answer)
{
    static const char device[] = "device", device_title[] = "Device";
    static const char versions[] = "driver-interface", versions_title[] = "Driver's interface";
    struct tool_cause cause;
    char spoken[32];

    tool_judge_driver(answer, &cause);
    if (answer->open_error != 0) {
        report_problem(report, device, device_title, problem_of(cause.kind),
                       "\\\\.\\EFADevice does not open: %s", cause.text);
        report_skipped(report, versions, versions_title, "needs the device");
        return false;
    }
    report_ok(report, device, device_title, "\\\\.\\EFADevice opens");
    if (cause.kind != TOOL_USABLE) {
        report_problem(report, versions, versions_title, problem_of(cause.kind), "%s", cause.text);
        return false;
    }
    tool_describe_versions(answer->spoken, spoken, sizeof(spoken));
    report_ok(report, versions, versions_title, "speaks version %s", spoken);
    return true;
}
