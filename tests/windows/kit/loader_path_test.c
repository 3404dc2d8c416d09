/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The loader's paths, which Wine does not limit as Windows does: efawin.c with a stand-in for the
 * call that returns a module's file name. Exit status 0, or 1 with a line for each wrong path.
 */
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

static wchar_t module_path[40000];

static DWORD stand_in(HMODULE module, wchar_t *path, DWORD room)
{
    size_t length = wcslen(module_path);

    (void)module;
    if (length >= room) {
        wmemcpy(path, module_path, room);
        return room; /* as Windows: cut off, without a terminator */
    }
    wcscpy(path, module_path);
    return (DWORD)length;
}

#define GetModuleFileNameW stand_in
#include "../../../interface/efawin.c"

static int failures;

static void check(const wchar_t *start, size_t filler, const wchar_t *end, const wchar_t *expected)
{
    static struct path_buffer buffer;
    wchar_t *at = module_path + wcslen(wcscpy(module_path, start));
    const wchar_t *path;
    size_t i;

    for (i = 0; i < filler; i++)
        *at++ = L'x';
    wcscpy(at, end);
    path = find_path(BESIDE_APPLICATION, &buffer);
    if (!path != !expected || (path && wcscmp(path, expected) != 0)) {
        failures++;
        printf("%ls + %lu: %.60ls\n", start, (unsigned long)filler, path ? path : L"none");
    }
}

/* Builds what is expected of a long path in the same way. */
static const wchar_t *long_form(const wchar_t *start, size_t filler)
{
    static wchar_t path[40000];
    wchar_t *at = path + wcslen(wcscpy(path, start));
    size_t i;

    for (i = 0; i < filler; i++)
        *at++ = L'x';
    wcscpy(at, L"\\efawin.dll");
    return path;
}

int main(void)
{
    check(L"C:\\app", 0, L"\\a.exe", L"C:\\app\\efawin.dll");
    check(L"C:", 0, L"\\a.exe", L"C:\\efawin.dll");
    check(L"\\\\server\\share", 0, L"\\a.exe", L"\\\\server\\share\\efawin.dll");
    check(L"a.exe", 0, L"", NULL);
    check(L"", 0, L"", NULL);

    /* 259 characters are the most that Windows takes without the prefix. */
    check(L"C:\\", 245, L"\\a.exe", long_form(L"C:\\", 245));
    check(L"C:\\", 246, L"\\a.exe", long_form(L"\\\\?\\C:\\", 246));
    check(L"C:\\", 32000, L"\\a.exe", long_form(L"\\\\?\\C:\\", 32000));
    check(L"\\\\server\\", 300, L"\\a.exe", long_form(L"\\\\?\\UNC\\server\\", 300));
    check(L"\\\\?\\C:\\", 300, L"\\a.exe", long_form(L"\\\\?\\C:\\", 300));
    check(L"C:\\", 32758, L"\\a.exe", long_form(L"\\\\?\\C:\\", 32758)); /* the longest there is */
    check(L"C:\\", 32800, L"\\a.exe", NULL);

    if (failures == 0)
        printf("done\n");
    return failures == 0 ? 0 : 1;
}
