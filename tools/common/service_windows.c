/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Asks the service manager of Windows for the driver's service and its file; see service.h. */
#include "service.h"

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <string.h>
#include <wchar.h>

/* Services have kernel paths of drivers; this converts them to ordinary paths. */
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

static void ask_file(SC_HANDLE handle, struct tool_service *service)
{
    union {
        QUERY_SERVICE_CONFIGW config;
        unsigned char room[8192]; /* the maximum that the call returns */
    } answer;
    DWORD needed;
    wchar_t path[TOOL_LONGEST_PATH];

    if (!QueryServiceConfigW(handle, &answer.config, sizeof answer, &needed) ||
        !driver_path(answer.config.lpBinaryPathName, path))
        return;
    tool_show_path(path, service->file, sizeof service->file);
    if (!tool_file_version(path, service->version))
        service->version[0] = '\0';
}

static void ask_state(SC_HANDLE handle, struct tool_service *service)
{
    SERVICE_STATUS status;

    if (QueryServiceStatus(handle, &status))
        service->state = status.dwCurrentState;
    else
        service->state_error = GetLastError();
}

static bool simulated_runs(SC_HANDLE manager)
{
    SC_HANDLE handle = OpenServiceW(manager, L"efasim", SERVICE_QUERY_STATUS);
    SERVICE_STATUS status;
    bool runs;

    if (!handle)
        return false;
    runs = QueryServiceStatus(handle, &status) && status.dwCurrentState == SERVICE_RUNNING;
    CloseServiceHandle(handle);
    return runs;
}

static enum tool_service_found find_service(SC_HANDLE manager, struct tool_service *service)
{
    SC_HANDLE handle = OpenServiceW(manager, L"efa", SERVICE_QUERY_STATUS | SERVICE_QUERY_CONFIG);

    if (!handle) {
        service->error = GetLastError();
        if (simulated_runs(manager))
            return TOOL_SERVICE_SIMULATED;
        return service->error == ERROR_SERVICE_DOES_NOT_EXIST ? TOOL_SERVICE_MISSING
                                                              : TOOL_SERVICE_HIDDEN;
    }
    ask_state(handle, service);
    ask_file(handle, service);
    CloseServiceHandle(handle);
    return TOOL_SERVICE_FOUND;
}

void tool_ask_service(struct tool_service *service)
{
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);

    memset(service, 0, sizeof *service);
    if (manager) {
        service->found = find_service(manager, service);
        CloseServiceHandle(manager);
    } else {
        service->found = TOOL_SERVICE_HIDDEN;
        service->error = GetLastError();
    }
}
