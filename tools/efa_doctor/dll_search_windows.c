/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Windows' search order for DLLs; see dll_search_windows.h. */
#include "dll_search_windows.h"

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <string.h>

#include "common/windows_files.h"

#define PATH_LIMIT 32768

typedef bool (*visitor)(const wchar_t *folder, void *argument);

static bool fits(DWORD length)
{
    return length > 0 && length < TOOL_LONGEST_PATH;
}

static bool visit_system(visitor visit, void *argument)
{
    wchar_t folder[TOOL_LONGEST_PATH], older[TOOL_LONGEST_PATH];

    if (fits(GetSystemDirectoryW(folder, TOOL_LONGEST_PATH)) && visit(folder, argument))
        return true;
    if (!fits(GetWindowsDirectoryW(folder, TOOL_LONGEST_PATH)))
        return false;
    if (tool_join_path(folder, L"System", older) && visit(older, argument))
        return true;
    return visit(folder, argument);
}

static bool visit_path(visitor visit, void *argument)
{
    static wchar_t folders[PATH_LIMIT];
    wchar_t folder[TOOL_LONGEST_PATH];
    const DWORD length = GetEnvironmentVariableW(L"PATH", folders, PATH_LIMIT);

    if (length == 0 || length >= PATH_LIMIT)
        return false;
    for (wchar_t *next = folders; *next != L'\0';) {
        const size_t size = wcscspn(next, L";");

        if (size > 0 && size < TOOL_LONGEST_PATH) {
            memcpy(folder, next, size * sizeof(wchar_t));
            folder[size] = L'\0';
            if (visit(folder, argument))
                return true;
        }
        next += size + (next[size] == L';');
    }
    return false;
}

bool doctor_visit_folders(visitor visit, void *argument)
{
    wchar_t folder[TOOL_LONGEST_PATH];

    if (visit_system(visit, argument))
        return true;
    if (fits(GetCurrentDirectoryW(TOOL_LONGEST_PATH, folder)) && visit(folder, argument))
        return true;
    return visit_path(visit, argument);
}
