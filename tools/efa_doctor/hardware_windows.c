/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The EFA interfaces that Windows sees on the PCI bus; see hardware_windows.h. SetupAPI is loaded
 * when it is needed, so that the program also starts on a Windows without it.
 */
#include "hardware_windows.h"

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <devpropdef.h>
#include <setupapi.h>

#include <string.h>
#include <wchar.h>

struct setup_calls {
    HDEVINFO(WINAPI *list)(const GUID *, PCWSTR, HWND, DWORD);
    BOOL(WINAPI *next)(HDEVINFO, DWORD, SP_DEVINFO_DATA *);
    BOOL(WINAPI *property)(HDEVINFO, SP_DEVINFO_DATA *, const DEVPROPKEY *, DEVPROPTYPE *, BYTE *,
                           DWORD, DWORD *, DWORD);
    BOOL(WINAPI *destroy)(HDEVINFO);
};

/* Microsoft's numbers of the properties that are read. */
static const DEVPROPKEY hardware_ids = {
    {0xa45c254e, 0xdf1c, 0x4efd, {0x80, 0x20, 0x67, 0xd1, 0x46, 0xa8, 0x50, 0xe0}}, 3};
static const DEVPROPKEY service_name = {
    {0xa45c254e, 0xdf1c, 0x4efd, {0x80, 0x20, 0x67, 0xd1, 0x46, 0xa8, 0x50, 0xe0}}, 6};
static const DEVPROPKEY problem_code = {
    {0x4340a6c5, 0x93fa, 0x4706, {0x97, 0x2c, 0x7b, 0x64, 0x80, 0x08, 0xa5, 0xa7}}, 3};
static const DEVPROPKEY driver_version = {
    {0xa8b865dd, 0x2e3d, 0x4094, {0xad, 0x97, 0xe5, 0x93, 0xa7, 0x0c, 0x75, 0xd6}}, 3};

static const wchar_t efa_id[] = L"PCI\\VEN_1D0F&DEV_EFA"; /* and a digit */

static bool find_call(HMODULE module, const char *name, void *call)
{
    FARPROC address = GetProcAddress(module, name);

    memcpy(call, &address, sizeof address);
    return address != NULL;
}

static bool find_calls(HMODULE module, struct setup_calls *calls)
{
    return find_call(module, "SetupDiGetClassDevsW", &calls->list) &&
           find_call(module, "SetupDiEnumDeviceInfo", &calls->next) &&
           find_call(module, "SetupDiGetDevicePropertyW", &calls->property) &&
           find_call(module, "SetupDiDestroyDeviceInfoList", &calls->destroy);
}

/* The first string of a property, as UTF-8; empty if the device has no such property. */
static void get_text(const struct setup_calls *calls, HDEVINFO list, SP_DEVINFO_DATA *device,
                     const DEVPROPKEY *key, char *text, int size)
{
    wchar_t value[512];
    DEVPROPTYPE type;
    DWORD length = 0;

    text[0] = '\0';
    memset(value, 0, sizeof value);
    /* The last character stays 0 for every content of the property. */
    if (calls->property(list, device, key, &type, (BYTE *)value, sizeof value - sizeof value[0],
                        &length, 0) &&
        WideCharToMultiByte(CP_UTF8, 0, value, -1, text, size, NULL, NULL) <= 0)
        text[0] = '\0';
}

static bool is_efa(const struct setup_calls *calls, HDEVINFO list, SP_DEVINFO_DATA *device,
                   char *id)
{
    const size_t length = wcslen(efa_id) + 1; /* the digit */
    char whole[512];
    wchar_t begin[64];

    get_text(calls, list, device, &hardware_ids, whole, sizeof whole);
    if (strlen(whole) < length ||
        MultiByteToWideChar(CP_UTF8, 0, whole, (int)length, begin, 64) == 0 ||
        _wcsnicmp(begin, efa_id, length - 1) != 0)
        return false;
    memcpy(id, whole, length);
    id[length] = '\0';
    return true;
}

static void describe(const struct setup_calls *calls, HDEVINFO list, SP_DEVINFO_DATA *found,
                     struct hardware_device *device)
{
    DEVPROPTYPE type;
    DWORD length = 0;

    if (!calls->property(list, found, &problem_code, &type, (BYTE *)&device->problem,
                         sizeof device->problem, &length, 0))
        device->problem = 0;
    get_text(calls, list, found, &service_name, device->service, sizeof device->service);
    get_text(calls, list, found, &driver_version, device->version, sizeof device->version);
}

static void ask(const struct setup_calls *calls, struct hardware_facts *facts)
{
    HDEVINFO list = calls->list(NULL, L"PCI", NULL, DIGCF_PRESENT | DIGCF_ALLCLASSES);
    SP_DEVINFO_DATA found;

    if (list == INVALID_HANDLE_VALUE) {
        facts->error = GetLastError();
        return;
    }
    memset(&found, 0, sizeof found);
    found.cbSize = sizeof found;
    for (DWORD i = 0; facts->count < HARDWARE_LIMIT && calls->next(list, i, &found); i++) {
        struct hardware_device *device = &facts->devices[facts->count];

        if (is_efa(calls, list, &found, device->id)) {
            describe(calls, list, &found, device);
            facts->count++;
        }
    }
    calls->destroy(list);
}

void ask_hardware(struct hardware_facts *facts)
{
    HMODULE module = LoadLibraryExW(L"setupapi.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
    struct setup_calls calls;

    memset(facts, 0, sizeof *facts);
    if (!module) {
        facts->error = GetLastError();
        return;
    }
    if (find_calls(module, &calls))
        ask(&calls, facts);
    else
        facts->error = GetLastError();
    FreeLibrary(module);
}
