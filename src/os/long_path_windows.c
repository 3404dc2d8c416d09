/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The long form of a path; see long_path_windows.h. Compiled into the DLL and the programs. */
#include "long_path_windows.h"

#include <windows.h>

#include <string.h>

#define PREFIX L"\\\\?\\"
#define UNC_PREFIX L"\\\\?\\UNC"
#define LENGTH_OF(prefix) (sizeof prefix / sizeof(wchar_t) - 1)

bool efa_os_is_long_path(const wchar_t *path)
{
    return GetFullPathNameW(path, 0, NULL, NULL) > MAX_PATH; /* both with the terminating zero */
}

const wchar_t *efa_os_long_path(const wchar_t *path, wchar_t *room, uint32_t size)
{
    wchar_t *full = room + LENGTH_OF(UNC_PREFIX);
    DWORD left = size - (DWORD)LENGTH_OF(UNC_PREFIX);
    DWORD length = GetFullPathNameW(path, left, full, NULL);

    if (length == 0)
        return NULL;
    if (length >= left) {
        SetLastError(ERROR_FILENAME_EXCED_RANGE);
        return NULL;
    }
    if (full[0] != L'\\' || full[1] != L'\\') {
        full -= LENGTH_OF(PREFIX);
        memcpy(full, PREFIX, LENGTH_OF(PREFIX) * sizeof(wchar_t));
    } else if (full[2] != L'?' && full[2] != L'.') {
        /* \\server\share: its second backslash becomes the prefix's last. */
        full -= LENGTH_OF(UNC_PREFIX) - 1;
        memcpy(full, UNC_PREFIX, LENGTH_OF(UNC_PREFIX) * sizeof(wchar_t));
    }
    return full;
}
