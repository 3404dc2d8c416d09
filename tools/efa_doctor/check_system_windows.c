/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Windows, the processor, and the driver's service with its file. */
#include "checks.h"

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "common/windows_files.h"

static const char system_title[] = "Windows and processor";
static const char service_title[] = "Driver service";
static const char file_title[] = "Driver file";

static void describe_processor(char *text, DWORD size)
{
    DWORD length = size;

    if (RegGetValueA(HKEY_LOCAL_MACHINE, "HARDWARE\\DESCRIPTION\\System\\CentralProcessor\\0",
                     "ProcessorNameString", RRF_RT_REG_SZ, NULL, text, &length) != ERROR_SUCCESS)
        snprintf(text, size, "unnamed processor");
}

/* GetVersionEx tells programs without a manifest of an older Windows; this call does not. */
static bool ask_windows(OSVERSIONINFOW *version)
{
    LONG(WINAPI * get_version)(OSVERSIONINFOW *) = NULL;
    HMODULE ntdll = GetModuleHandleW(L"ntdll.dll");
    FARPROC address = ntdll != NULL ? GetProcAddress(ntdll, "RtlGetVersion") : NULL;

    memcpy(&get_version, &address, sizeof(address));
    memset(version, 0, sizeof(*version));
    version->dwOSVersionInfoSize = sizeof(*version);
    return get_version != NULL && get_version(version) == 0;
}

/* Wine's version, or NULL on Windows itself. */
static const char *wine_version(void)
{
    const char *(__cdecl * get_version)(void) = NULL;
    HMODULE ntdll = GetModuleHandleW(L"ntdll.dll");
    FARPROC address = ntdll != NULL ? GetProcAddress(ntdll, "wine_get_version") : NULL;

    memcpy(&get_version, &address, sizeof(address));
    return get_version != NULL ? get_version() : NULL;
}

void check_system(struct doctor_report *report)
{
    const char *wine = wine_version();
    OSVERSIONINFOW version;
    SYSTEM_INFO system;
    char processor[128];

    GetNativeSystemInfo(&system);
    describe_processor(processor, sizeof(processor));
    if (!ask_windows(&version))
        memset(&version, 0, sizeof(version));
    if (system.wProcessorArchitecture != PROCESSOR_ARCHITECTURE_AMD64)
        report_problem(report, "system", system_title, DOCTOR_PROBLEM_PROCESSOR,
                       "processor architecture %u (%s)", system.wProcessorArchitecture, processor);
    else if (wine != NULL)
        report_ok(report, "system", system_title, "Wine %s, x64, %lu x %s", wine,
                  system.dwNumberOfProcessors, processor);
    else if (version.dwMajorVersion < 10)
        report_problem(report, "system", system_title, DOCTOR_PROBLEM_WINDOWS_OLD,
                       "Windows %lu.%lu build %lu, %s", version.dwMajorVersion,
                       version.dwMinorVersion, version.dwBuildNumber, processor);
    else
        report_ok(report, "system", system_title, "Windows %lu.%lu build %lu, x64, %lu x %s",
                  version.dwMajorVersion, version.dwMinorVersion, version.dwBuildNumber,
                  system.dwNumberOfProcessors, processor);
}

/* Services name drivers in forms of the kernel; the file is at an ordinary path. */
static bool driver_path(const wchar_t *image, wchar_t *path)
{
    static const wchar_t kernel_prefix[] = L"\\??\\", root_prefix[] = L"\\SystemRoot\\";
    const size_t kernel_length = wcslen(kernel_prefix), root_length = wcslen(root_prefix);
    wchar_t windows[TOOL_LONGEST_PATH];

    if (image[0] == L'"')
        image++;
    if (wcsncmp(image, kernel_prefix, kernel_length) == 0)
        image += kernel_length;
    if (wcslen(image) >= TOOL_LONGEST_PATH)
        return false;
    if (image[0] != L'\0' && image[1] == L':') {
        memcpy(path, image, (wcslen(image) + 1) * sizeof(wchar_t));
        path[wcscspn(path, L"\"")] = L'\0';
        return true;
    }
    if (_wcsnicmp(image, root_prefix, root_length) == 0)
        image += root_length;
    if (GetWindowsDirectoryW(windows, TOOL_LONGEST_PATH) == 0)
        return false;
    return tool_join_path(windows, image, path);
}

static void check_file(struct doctor_report *report, SC_HANDLE service)
{
    union {
        QUERY_SERVICE_CONFIGW config;
        unsigned char room[8192]; /* the most that the call fills */
    } answer;
    DWORD needed;
    wchar_t path[TOOL_LONGEST_PATH];
    char shown[TOOL_SHOWN_PATH], version[TOOL_FILE_VERSION];

    if (!QueryServiceConfigW(service, &answer.config, sizeof(answer), &needed) ||
        !driver_path(answer.config.lpBinaryPathName, path)) {
        report_problem(report, "driver-file", file_title, DOCTOR_PROBLEM_DRIVER_FILE,
                       "the service does not tell its file");
        return;
    }
    tool_show_path(path, shown, sizeof(shown));
    if (tool_file_version(path, version))
        report_ok(report, "driver-file", file_title, "%s, version %s", shown, version);
    else
        report_problem(report, "driver-file", file_title, DOCTOR_PROBLEM_DRIVER_FILE, "%s", shown);
}

static void check_state(struct doctor_report *report, SC_HANDLE service)
{
    SERVICE_STATUS status;

    if (!QueryServiceStatus(service, &status))
        report_problem(report, "service", service_title, DOCTOR_PROBLEM_SERVICES_UNREADABLE,
                       "the state of service 'efa' cannot be read (Win32 error %lu)",
                       GetLastError());
    else if (status.dwCurrentState != SERVICE_RUNNING)
        report_problem(report, "service", service_title, DOCTOR_PROBLEM_SERVICE_STOPPED,
                       "service 'efa' is in state %lu, not running (4)", status.dwCurrentState);
    else
        report_ok(report, "service", service_title, "service 'efa' runs");
    check_file(report, service);
}

static bool simulated_runs(SC_HANDLE manager)
{
    SC_HANDLE service = OpenServiceW(manager, L"efasim", SERVICE_QUERY_STATUS);
    SERVICE_STATUS status;
    bool runs;

    if (service == NULL)
        return false;
    runs = QueryServiceStatus(service, &status) && status.dwCurrentState == SERVICE_RUNNING;
    CloseServiceHandle(service);
    return runs;
}

void check_service(struct doctor_report *report)
{
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
    SC_HANDLE service = NULL;
    DWORD error = 0;

    if (manager != NULL)
        service = OpenServiceW(manager, L"efa", SERVICE_QUERY_STATUS | SERVICE_QUERY_CONFIG);
    if (service == NULL)
        error = GetLastError();
    if (service != NULL) {
        check_state(report, service);
        CloseServiceHandle(service);
    } else if (manager != NULL && simulated_runs(manager)) {
        report_ok(report, "service", service_title, "service 'efasim' runs: a simulated EFA");
        report_skipped(report, "driver-file", file_title, "the simulated EFA has no version");
    } else {
        if (manager != NULL && error == ERROR_SERVICE_DOES_NOT_EXIST)
            report_problem(report, "service", service_title, DOCTOR_PROBLEM_SERVICE_ABSENT,
                           "there is no service 'efa'");
        else
            report_problem(report, "service", service_title, DOCTOR_PROBLEM_SERVICES_UNREADABLE,
                           "Win32 error %lu", error);
        report_skipped(report, "driver-file", file_title, "needs the service");
    }
    if (manager != NULL)
        CloseServiceHandle(manager);
}
