/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Evaluates facts about the machine and the driver. The check_* files collect them. */
#include "judge.h"

#include <stdio.h>
#include <string.h>

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
    else if (facts->wine)
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

static const char hardware[] = "hardware", hardware_title[] = "EFA interface";

enum { PROBLEM_NO_DRIVER = 28 }; /* CM_PROB_FAILED_INSTALL */

/* Descriptions of Windows' common problem codes. */
static const char *problem_words(uint32_t problem)
{
    static const struct {
        uint32_t problem;
        const char *words;
    } known[] = {
        {10, "it cannot start"},
        {14, "the machine must be restarted"},
        {18, "its driver must be installed again"},
        {22, "it is disabled"},
        {31, "Windows cannot load its driver"},
        {39, "its driver is damaged or missing"},
        {43, "its driver reported a failure"},
        {52, "its driver's signature is not accepted"},
    };

    for (size_t i = 0; i < EFA_ARRAY_SIZE(known); i++)
        if (known[i].problem == problem)
            return known[i].words;
    return "see the device manager";
}

/* Whether the driver is older than 1.0.0.4, the first one that the library supports. False
 * without a version. */
static bool is_older_driver(const char *version)
{
    static const unsigned oldest[] = {1, 0, 0, 4};
    unsigned numbers[4] = {0};

    if (sscanf(version, "%u.%u.%u.%u", &numbers[0], &numbers[1], &numbers[2], &numbers[3]) != 4)
        return false;
    for (size_t i = 0; i < EFA_ARRAY_SIZE(oldest); i++)
        if (numbers[i] != oldest[i])
            return numbers[i] < oldest[i];
    return false;
}

static enum doctor_problem device_problem(const struct hardware_device *device)
{
    if (device->problem == PROBLEM_NO_DRIVER ||
        (device->problem == 0 && device->service[0] == '\0'))
        return DOCTOR_PROBLEM_ADAPTER_WITHOUT_DRIVER;
    if (device->problem != 0)
        return DOCTOR_PROBLEM_ADAPTER_NOT_STARTED;
    if (strcmp(device->service, "efa") != 0 || is_older_driver(device->version))
        return DOCTOR_PROBLEM_ADAPTER_OTHER_DRIVER;
    return DOCTOR_NO_PROBLEM;
}

static void report_device(struct doctor_report *report, const struct hardware_device *device,
                          enum doctor_problem problem)
{
    if (problem == DOCTOR_PROBLEM_ADAPTER_WITHOUT_DRIVER)
        report_problem(report, hardware, hardware_title, problem, "%s has no driver", device->id);
    else if (problem == DOCTOR_PROBLEM_ADAPTER_NOT_STARTED)
        report_problem(report, hardware, hardware_title, problem, "%s does not run: %s (code %u)",
                       device->id, problem_words(device->problem), device->problem);
    else
        report_problem(report, hardware, hardware_title, problem, "%s has driver '%s', version %s",
                       device->id, device->service,
                       device->version[0] != '\0' ? device->version : "unknown");
}

void judge_hardware(struct doctor_report *report, const struct hardware_facts *facts,
                    bool is_simulated, bool driver_answers)
{
    if (is_simulated) {
        report_skipped(report, hardware, hardware_title, "the simulated EFA is not a PCI device");
        return;
    }
    if (facts->error != 0) {
        report_skipped(report, hardware, hardware_title,
                       "Windows does not list its devices (Win32 error %u)", facts->error);
        return;
    }
    if (facts->count == 0 && driver_answers) {
        report_skipped(report, hardware, hardware_title,
                       "no EFA interface is listed, yet the driver answers");
        return;
    }
    if (facts->count == 0) {
        report_problem(report, hardware, hardware_title, DOCTOR_PROBLEM_ADAPTER_ABSENT,
                       "no PCI device of vendor 1D0F with an EFA id");
        return;
    }
    for (unsigned i = 0; i < facts->count; i++) {
        const struct hardware_device *device = &facts->devices[i];

        if (device_problem(device) != DOCTOR_NO_PROBLEM)
            continue;
        report_ok(report, hardware, hardware_title, "%s, driver version %s%s", device->id,
                  device->version[0] != '\0' ? device->version : "unknown",
                  facts->count > 1 ? "; there are several" : "");
        return;
    }
    report_device(report, &facts->devices[0], device_problem(&facts->devices[0]));
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
                       "the service does not report its file");
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

static const char device[] = "device", device_title[] = "Device";
static const char versions[] = "driver-interface", versions_title[] = "Driver's interface";

bool judge_driver(struct doctor_report *report, const struct tool_driver_answer *answer)
{
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
    tool_describe_versions(answer->spoken, spoken, sizeof spoken);
    report_ok(report, versions, versions_title, "supports version %s", spoken);
    return true;
}

void judge_no_driver(struct doctor_report *report)
{
    static const char reason[] = "efawin.dll is the simulated one: it uses efasim, not a driver";

    report_skipped(report, hardware, hardware_title, "%s", reason);
    report_skipped(report, service, service_title, "%s", reason);
    report_skipped(report, file, file_title, "%s", reason);
    report_skipped(report, device, device_title, "%s", reason);
    report_skipped(report, versions, versions_title, "%s", reason);
}

/* Where it looks, and in which order. */
static const char *search_rule(const struct libfabric_facts *facts)
{
    return facts->has_kit_2
               ? "contains kit 2.0.0, which looks in libfabric's folder, the program's and System32"
               : "contains an older kit, which leaves the search to Windows: the program's folder, "
                 "System32, the Windows folder, the current folder, PATH";
}

void judge_libfabric(struct doctor_report *report, const struct libfabric_facts *facts)
{
    const char *check = facts->check, *title = facts->title;

    if (facts->kind != TOOL_DLL_FOR_X64) {
        report_problem(report, check, title, DOCTOR_PROBLEM_LIBFABRIC_UNUSABLE, "%s %s",
                       facts->file, tool_dll_kind_text(facts->kind));
        return;
    }
    if (!facts->names_efawin) {
        report_problem(report, check, title, DOCTOR_PROBLEM_LIBFABRIC_WITHOUT_EFA,
                       "%s does not name efawin.dll", facts->file);
        return;
    }
    if (facts->dll[0] == '\0')
        report_problem(report, check, title, DOCTOR_PROBLEM_LIBFABRIC, "%s %s", facts->file,
                       search_rule(facts));
    else if (facts->dll_kind != TOOL_DLL_FOR_X64)
        report_problem(report, check, title, DOCTOR_PROBLEM_LIBFABRIC_DLL,
                       "%s loads %s, which %s; it %s", facts->file, facts->dll,
                       tool_dll_kind_text(facts->dll_kind), search_rule(facts));
    else if (!facts->dll_has_calls)
        report_problem(report, check, title, DOCTOR_PROBLEM_LIBFABRIC_DLL,
                       "%s loads %s, which lacks the calls of an efawin.dll; it %s", facts->file,
                       facts->dll, search_rule(facts));
    else
        report_ok(report, check, title, "%s loads %s, version %s; it %s", facts->file, facts->dll,
                  facts->dll_version[0] ? facts->dll_version : "unknown", search_rule(facts));
}
