/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Asks Windows for itself, the processor, and the driver's service with its file. */
#include "checks.h"

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "common/windows_files.h"
#include "judge.h"

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
    struct system_facts facts;
    OSVERSIONINFOW version;
    SYSTEM_INFO system;

    memset(&facts, 0, sizeof(facts));
    GetNativeSystemInfo(&system);
    facts.is_x64 = system.wProcessorArchitecture == PROCESSOR_ARCHITECTURE_AMD64;
    facts.architecture = system.wProcessorArchitecture;
    facts.processors = system.dwNumberOfProcessors;
    describe_processor(facts.processor, sizeof(facts.processor));
    facts.wine = wine_version();
    if (ask_windows(&version)) {
        facts.major = version.dwMajorVersion;
        facts.minor = version.dwMinorVersion;
        facts.build = version.dwBuildNumber;
    }
    judge_system(report, &facts);
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

static void ask_file(SC_HANDLE service, struct service_facts *facts)
{
    union {
        QUERY_SERVICE_CONFIGW config;
        unsigned char room[8192]; /* the most that the call fills */
    } answer;
    DWORD needed;
    wchar_t path[TOOL_LONGEST_PATH];

    if (!QueryServiceConfigW(service, &answer.config, sizeof(answer), &needed) ||
        !driver_path(answer.config.lpBinaryPathName, path))
        return;
    tool_show_path(path, facts->file, sizeof(facts->file));
    if (!tool_file_version(path, facts->version))
        facts->version[0] = '\0';
}

static void ask_state(SC_HANDLE service, struct service_facts *facts)
{
    SERVICE_STATUS status;

    if (QueryServiceStatus(service, &status))
        facts->state = status.dwCurrentState;
    else
        facts->state_error = GetLastError();
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

static enum service_found find_service(SC_HANDLE manager, struct service_facts *facts)
{
    SC_HANDLE service = OpenServiceW(manager, L"efa", SERVICE_QUERY_STATUS | SERVICE_QUERY_CONFIG);

    if (service == NULL) {
        facts->error = GetLastError();
        if (simulated_runs(manager))
            return SERVICE_SIMULATED;
        return facts->error == ERROR_SERVICE_DOES_NOT_EXIST ? SERVICE_MISSING : SERVICE_HIDDEN;
    }
    ask_state(service, facts);
    ask_file(service, facts);
    CloseServiceHandle(service);
    return SERVICE_FOUND;
}

void check_service(struct doctor_report *report)
{
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
    struct service_facts facts;

    memset(&facts, 0, sizeof(facts));
    if (manager != NULL) {
        facts.found = find_service(manager, &facts);
        CloseServiceHandle(manager);
    } else {
        facts.found = SERVICE_HIDDEN;
        facts.error = GetLastError();
    }
    judge_service(report, &facts);
}
