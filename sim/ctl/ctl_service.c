/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Installing, starting, stopping and removing the driver through the service manager. */
#include "ctl.h"

#include <stdio.h>
#include <wchar.h>

#include "../fronts/driver/control_protocol.h"

enum { LONGEST_PATH = 1024, STOP_TRIES = 100, STOP_WAIT_MS = 50 };
enum { MANAGER_TRIES = 100, MANAGER_WAIT_MS = 100 };

#define PARAMETERS_KEY L"SYSTEM\\CurrentControlSet\\Services\\" EFASIM_SERVICE_NAME L"\\Parameters"

static int set_path(HKEY key, const wchar_t *value_name, const wchar_t *path)
{
    wchar_t nt_path[LONGEST_PATH + 8] = L"\\??\\";
    DWORD length;
    LSTATUS error;

    if (!path) {
        error = RegDeleteValueW(key, value_name);
        return error == 0 || error == ERROR_FILE_NOT_FOUND
                   ? CTL_EXIT_OK
                   : ctl_fail("a driver setting cannot be removed", (DWORD)error);
    }
    length = GetFullPathNameW(path, LONGEST_PATH, nt_path + 4, NULL);
    if (length == 0 || length >= LONGEST_PATH)
        return ctl_fail("a path cannot be used",
                        length == 0 ? GetLastError() : ERROR_BUFFER_OVERFLOW);
    error = RegSetValueExW(key, value_name, 0, REG_SZ, (const BYTE *)nt_path,
                           (DWORD)((wcslen(nt_path) + 1) * sizeof(wchar_t)));
    return error == 0 ? CTL_EXIT_OK : ctl_fail("a driver setting cannot be stored", (DWORD)error);
}

static int set_number(HKEY key, const wchar_t *value_name, DWORD number)
{
    LSTATUS error =
        RegSetValueExW(key, value_name, 0, REG_DWORD, (const BYTE *)&number, sizeof number);

    return error == 0 ? CTL_EXIT_OK : ctl_fail("a driver setting cannot be stored", (DWORD)error);
}

static int set_parameters(const struct ctl_load_options *options)
{
    LSTATUS error;
    int result;
    HKEY key;

    error = RegCreateKeyExW(HKEY_LOCAL_MACHINE, PARAMETERS_KEY, 0, NULL, 0, KEY_ALL_ACCESS, NULL,
                            &key, NULL);
    if (error != 0)
        return ctl_fail("the driver's settings cannot be opened", (DWORD)error);
    result = set_path(key, EFASIM_VALUE_CONFIG_FILE, options->config);
    if (result == CTL_EXIT_OK)
        result = set_path(key, EFASIM_VALUE_LOG_FILE, options->log);
    if (result == CTL_EXIT_OK)
        result = set_path(key, EFASIM_VALUE_TRACE_FILE, options->trace);
    if (result == CTL_EXIT_OK)
        result = set_number(key, EFASIM_VALUE_INTERFACE_VERSION, options->interface_version);
    if (result == CTL_EXIT_OK)
        result = set_number(key, EFASIM_VALUE_PLAIN_COPIES, options->plain_copies);
    RegCloseKey(key);
    return result;
}

static SC_HANDLE create_or_open(SC_HANDLE manager, const wchar_t *driver)
{
    wchar_t path[LONGEST_PATH];
    DWORD length;
    SC_HANDLE service;

    length = GetFullPathNameW(driver, LONGEST_PATH, path, NULL);
    if (length >= LONGEST_PATH)
        SetLastError(ERROR_BUFFER_OVERFLOW);
    if (length == 0 || length >= LONGEST_PATH)
        return NULL;
    service = CreateServiceW(manager, EFASIM_SERVICE_NAME, L"Simulated EFA", SERVICE_ALL_ACCESS,
                             SERVICE_KERNEL_DRIVER, SERVICE_DEMAND_START, SERVICE_ERROR_NORMAL,
                             path, NULL, NULL, NULL, NULL, NULL);
    if (service || GetLastError() != ERROR_SERVICE_EXISTS)
        return service;
    service = OpenServiceW(manager, EFASIM_SERVICE_NAME, SERVICE_ALL_ACCESS);
    if (service &&
        !ChangeServiceConfigW(service, SERVICE_NO_CHANGE, SERVICE_NO_CHANGE, SERVICE_NO_CHANGE,
                              path, NULL, NULL, NULL, NULL, NULL, NULL)) {
        const DWORD error = GetLastError();

        CloseServiceHandle(service);
        service = NULL;
        SetLastError(error);
    }
    return service;
}

/* Right after the start of Wine, its service manager does not reply yet. */
static SC_HANDLE open_manager(void)
{
    SC_HANDLE manager;

    for (unsigned i = 0; i < MANAGER_TRIES; i++) {
        manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_ALL_ACCESS);
        if (manager || GetLastError() != RPC_S_SERVER_UNAVAILABLE)
            return manager;
        Sleep(MANAGER_WAIT_MS);
    }
    SetLastError(RPC_S_SERVER_UNAVAILABLE);
    return NULL;
}

int ctl_load(const struct ctl_load_options *options)
{
    SC_HANDLE manager = open_manager();
    SC_HANDLE service;
    int result;

    if (!manager)
        return ctl_fail("the service manager cannot be reached", GetLastError());
    service = create_or_open(manager, options->driver);
    if (!service) {
        result = ctl_fail("the driver cannot be installed", GetLastError());
    } else {
        result = set_parameters(options);
        if (result == CTL_EXIT_OK && !StartServiceW(service, 0, NULL))
            result = ctl_fail("the driver did not start (its log says why)", GetLastError());
        CloseServiceHandle(service);
    }
    CloseServiceHandle(manager);
    return result;
}

static bool stop_and_wait(SC_HANDLE service)
{
    SERVICE_STATUS status;

    if (!ControlService(service, SERVICE_CONTROL_STOP, &status))
        return GetLastError() == ERROR_SERVICE_NOT_ACTIVE;
    for (unsigned i = 0; i < STOP_TRIES; i++) {
        if (!QueryServiceStatus(service, &status))
            return false;
        if (status.dwCurrentState == SERVICE_STOPPED)
            return true;
        Sleep(STOP_WAIT_MS);
    }
    SetLastError(ERROR_SERVICE_REQUEST_TIMEOUT);
    return false;
}

int ctl_unload(void)
{
    SC_HANDLE manager = open_manager();
    SC_HANDLE service;
    int result = CTL_EXIT_OK;

    if (!manager)
        return ctl_fail("the service manager cannot be reached", GetLastError());
    service = OpenServiceW(manager, EFASIM_SERVICE_NAME, SERVICE_ALL_ACCESS);
    if (!service) {
        result = ctl_fail("the driver is not installed", GetLastError());
    } else {
        if (!stop_and_wait(service))
            result = ctl_fail("the driver cannot be stopped", GetLastError());
        else if (!DeleteService(service))
            result = ctl_fail("the driver cannot be removed", GetLastError());
        CloseServiceHandle(service);
    }
    CloseServiceHandle(manager);
    return result;
}

int ctl_status(void)
{
    SC_HANDLE manager = open_manager();
    const char *words = "not installed";
    SERVICE_STATUS status;
    SC_HANDLE service;
    int result = CTL_EXIT_FAILED;

    if (!manager)
        return ctl_fail("the service manager cannot be reached", GetLastError());
    service = OpenServiceW(manager, EFASIM_SERVICE_NAME, SERVICE_ALL_ACCESS);
    if (service) {
        words = "installed, not running";
        if (QueryServiceStatus(service, &status) && status.dwCurrentState == SERVICE_RUNNING) {
            words = "running";
            result = CTL_EXIT_OK;
        }
        CloseServiceHandle(service);
    }
    CloseServiceHandle(manager);
    printf("%s\n", words);
    return result;
}
