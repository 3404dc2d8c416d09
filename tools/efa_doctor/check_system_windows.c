/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Asks Windows for its version, the processor, and the driver's service. */
#include "checks.h"

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <stdio.h>
#include <string.h>

#include "common/service.h"
#include "hardware_windows.h"
#include "judge.h"

static void describe_processor(char *text, DWORD size)
{
    DWORD length = size;

    if (RegGetValueA(HKEY_LOCAL_MACHINE, "HARDWARE\\DESCRIPTION\\System\\CentralProcessor\\0",
                     "ProcessorNameString", RRF_RT_REG_SZ, NULL, text, &length) != ERROR_SUCCESS)
        snprintf(text, size, "unnamed processor");
}

/* GetVersionEx reports the newest Windows that the program's manifest names; this call does not. */
static bool ask_windows(OSVERSIONINFOW *version)
{
    LONG(WINAPI * get_version)(OSVERSIONINFOW *) = NULL;
    HMODULE ntdll = GetModuleHandleW(L"ntdll.dll");
    FARPROC address = ntdll ? GetProcAddress(ntdll, "RtlGetVersion") : NULL;

    memcpy(&get_version, &address, sizeof address);
    memset(version, 0, sizeof *version);
    version->dwOSVersionInfoSize = sizeof *version;
    return get_version && get_version(version) == 0;
}

/* Wine's version, or NULL on Windows itself. */
static const char *wine_version(void)
{
    const char *(__cdecl * get_version)(void) = NULL;
    HMODULE ntdll = GetModuleHandleW(L"ntdll.dll");
    FARPROC address = ntdll ? GetProcAddress(ntdll, "wine_get_version") : NULL;

    memcpy(&get_version, &address, sizeof address);
    return get_version ? get_version() : NULL;
}

void check_system(struct doctor_report *report)
{
    struct system_facts facts;
    OSVERSIONINFOW version;
    SYSTEM_INFO system;

    memset(&facts, 0, sizeof facts);
    GetNativeSystemInfo(&system);
    facts.is_x64 = system.wProcessorArchitecture == PROCESSOR_ARCHITECTURE_AMD64;
    facts.architecture = system.wProcessorArchitecture;
    facts.processors = system.dwNumberOfProcessors;
    describe_processor(facts.processor, sizeof facts.processor);
    facts.wine = wine_version();
    if (ask_windows(&version)) {
        facts.major = version.dwMajorVersion;
        facts.minor = version.dwMinorVersion;
        facts.build = version.dwBuildNumber;
    }
    judge_system(report, &facts);
}

void check_driver(struct doctor_report *report, bool driver_answers)
{
    struct hardware_facts hardware;
    struct tool_service service;

    ask_hardware(&hardware);
    tool_ask_service(&service);
    judge_hardware(report, &hardware, service.found == TOOL_SERVICE_SIMULATED, driver_answers);
    judge_service(report, &service);
}
