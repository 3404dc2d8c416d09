/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Puts a PCI device into Windows' list of devices, by SetupAPI, on machines without one: for Wine,
 * whose list is the registry.
 *
 * usage: fake_pci HARDWARE_ID INSTANCE PROBLEM SERVICE VERSION
 *                 (SERVICE, VERSION: - for no value)
 *        fake_pci remove
 */
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <devpropdef.h>
#include <setupapi.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

static const GUID system_class = {
    0x4d36e97d, 0xe325, 0x11ce, {0xbf, 0xc1, 0x08, 0x00, 0x2b, 0xe1, 0x03, 0x18}};
static const DEVPROPKEY service_name = {
    {0xa45c254e, 0xdf1c, 0x4efd, {0x80, 0x20, 0x67, 0xd1, 0x46, 0xa8, 0x50, 0xe0}}, 6};
static const DEVPROPKEY hardware_ids = {
    {0xa45c254e, 0xdf1c, 0x4efd, {0x80, 0x20, 0x67, 0xd1, 0x46, 0xa8, 0x50, 0xe0}}, 3};
static const DEVPROPKEY problem_code = {
    {0x4340a6c5, 0x93fa, 0x4706, {0x97, 0x2c, 0x7b, 0x64, 0x80, 0x08, 0xa5, 0xa7}}, 3};
static const DEVPROPKEY driver_version = {
    {0xa8b865dd, 0x2e3d, 0x4094, {0xad, 0x97, 0xe5, 0x93, 0xa7, 0x0c, 0x75, 0xd6}}, 3};

static int fail(const char *what)
{
    printf("fake_pci: %s failed, Win32 error %lu\n", what, GetLastError());
    return 1;
}

static BOOL set_text(HDEVINFO list, SP_DEVINFO_DATA *device, const DEVPROPKEY *key,
                     DEVPROPTYPE type, const char *text)
{
    wchar_t value[200];
    int length;

    if (strcmp(text, "-") == 0)
        return TRUE;
    memset(value, 0, sizeof value); /* a list of strings ends with an empty one */
    length = MultiByteToWideChar(CP_ACP, 0, text, -1, value, 198);
    length += type == DEVPROP_TYPE_STRING_LIST;
    return SetupDiSetDevicePropertyW(list, device, key, type, (const BYTE *)value,
                                     (DWORD)(length * (int)sizeof value[0]), 0);
}

static int add(char **arguments)
{
    HDEVINFO list = SetupDiCreateDeviceInfoList(&system_class, NULL);
    const DWORD problem = (DWORD)strtoul(arguments[2], NULL, 10);
    SP_DEVINFO_DATA device;
    char name[200];

    memset(&device, 0, sizeof device);
    device.cbSize = sizeof device;
    snprintf(name, sizeof name, "%s\\%s", arguments[0], arguments[1]);
    if (list == INVALID_HANDLE_VALUE ||
        !SetupDiCreateDeviceInfoA(list, name, &system_class, NULL, NULL, 0, &device))
        return fail("creating the device");
    if (!SetupDiRegisterDeviceInfo(list, &device, 0, NULL, NULL, NULL))
        return fail("registering the device");
    if (!set_text(list, &device, &hardware_ids, DEVPROP_TYPE_STRING_LIST, arguments[0]) ||
        !set_text(list, &device, &service_name, DEVPROP_TYPE_STRING, arguments[3]) ||
        !set_text(list, &device, &driver_version, DEVPROP_TYPE_STRING, arguments[4]) ||
        !SetupDiSetDevicePropertyW(list, &device, &problem_code, DEVPROP_TYPE_UINT32,
                                   (const BYTE *)&problem, sizeof problem, 0))
        return fail("describing the device");
    SetupDiDestroyDeviceInfoList(list);
    return 0;
}

static int remove_all(void)
{
    HDEVINFO list = SetupDiGetClassDevsW(NULL, L"PCI", NULL, DIGCF_ALLCLASSES);
    SP_DEVINFO_DATA device;

    memset(&device, 0, sizeof device);
    device.cbSize = sizeof device;
    for (DWORD i = 0; SetupDiEnumDeviceInfo(list, i, &device); i++)
        if (!SetupDiCallClassInstaller(DIF_REMOVE, list, &device))
            return fail("removing a device");
    SetupDiDestroyDeviceInfoList(list);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "remove") == 0)
        return remove_all();
    if (argc == 6)
        return add(argv + 1);
    printf("fake_pci: see its source\n");
    return 2;
}
