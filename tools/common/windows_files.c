/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Files on Windows; see windows_files.h. */
#include "windows_files.h"

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "os/long_path_windows.h"

bool tool_module_path(const wchar_t *name, wchar_t *path)
{
    HMODULE module = GetModuleHandleW(name);
    DWORD length;

    if (module == NULL)
        return false;
    length = GetModuleFileNameW(module, path, TOOL_LONGEST_PATH);
    return length > 0 && length < TOOL_LONGEST_PATH;
}

void tool_cut_to_folder(wchar_t *path)
{
    wchar_t *last = wcsrchr(path, L'\\');

    if (last != NULL)
        *last = L'\0';
}

bool tool_join_path(const wchar_t *folder, const wchar_t *name, wchar_t *path)
{
    size_t length = wcslen(folder);
    const size_t name_length = wcslen(name);

    if (length == 0 || length + 1 + name_length >= TOOL_LONGEST_PATH)
        return false;
    memmove(path, folder, length * sizeof(wchar_t));
    if (path[length - 1] != L'\\')
        path[length++] = L'\\';
    memcpy(path + length, name, (name_length + 1) * sizeof(wchar_t));
    return true;
}

const wchar_t *tool_path_to_open(const wchar_t *path, struct tool_path *room)
{
    if (!efa_os_is_long_path(path))
        return path;
    return efa_os_long_path(path, room->text, sizeof(room->text) / sizeof(wchar_t));
}

bool tool_file_exists(const wchar_t *path)
{
    struct tool_path room;
    const wchar_t *name = tool_path_to_open(path, &room);
    const DWORD attributes = name != NULL ? GetFileAttributesW(name) : INVALID_FILE_ATTRIBUTES;

    return attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY) == 0;
}

/* Returns the whole content, for free(); NULL if it cannot be read. The limit is far above the
 * size of our DLLs. */
static char *read_file(const wchar_t *path, size_t *size)
{
    const DWORD limit = 64u << 20;
    struct tool_path room;
    const wchar_t *name = tool_path_to_open(path, &room);
    HANDLE file = INVALID_HANDLE_VALUE;
    char *content = NULL;
    LARGE_INTEGER length;
    DWORD got = 0;

    if (name != NULL)
        file = CreateFileW(name, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE, NULL,
                           OPEN_EXISTING, TOOL_ANONYMOUS, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return NULL;
    if (GetFileSizeEx(file, &length) && length.QuadPart < limit)
        content = (char *)malloc((size_t)length.QuadPart + 1);
    if (content != NULL && (!ReadFile(file, content, (DWORD)length.QuadPart, &got, NULL) ||
                            got != (DWORD)length.QuadPart)) {
        free(content);
        content = NULL;
    }
    CloseHandle(file);
    *size = got;
    return content;
}

bool tool_same_content(const wchar_t *path, const wchar_t *other)
{
    size_t size = 0, other_size = 0;
    char *content = read_file(path, &size);
    char *other_content = read_file(other, &other_size);
    const bool same = content != NULL && other_content != NULL && size == other_size &&
                      memcmp(content, other_content, size) == 0;

    free(content);
    free(other_content);
    return same;
}

bool tool_file_version(const wchar_t *path, char *version)
{
    struct tool_path room;
    const wchar_t *name = tool_path_to_open(path, &room);
    DWORD unused;
    const DWORD size = name != NULL ? GetFileVersionInfoSizeW(name, &unused) : 0;
    void *block = size > 0 ? malloc(size) : NULL;
    VS_FIXEDFILEINFO *info = NULL;
    UINT info_size = 0;
    const bool good = block != NULL && GetFileVersionInfoW(name, 0, size, block) &&
                      VerQueryValueW(block, L"\\", (void **)&info, &info_size) &&
                      info_size >= sizeof(*info);

    if (good)
        snprintf(version, TOOL_FILE_VERSION, "%u.%u.%u.%u", (unsigned)(info->dwFileVersionMS >> 16),
                 (unsigned)(info->dwFileVersionMS & 0xffff),
                 (unsigned)(info->dwFileVersionLS >> 16),
                 (unsigned)(info->dwFileVersionLS & 0xffff));
    free(block);
    return good;
}

void tool_show_path(const wchar_t *path, char *text, size_t size)
{
    if (WideCharToMultiByte(CP_UTF8, 0, path, -1, text, (int)size, NULL, NULL) <= 0)
        snprintf(text, size, "(a path too long to show)");
}
