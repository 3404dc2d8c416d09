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

    if (!module)
        return false;
    length = GetModuleFileNameW(module, path, TOOL_LONGEST_PATH);
    return length > 0 && length < TOOL_LONGEST_PATH;
}

void tool_cut_to_folder(wchar_t *path)
{
    wchar_t *last = wcsrchr(path, L'\\');

    if (last)
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
    return efa_os_long_path(path, room->text, sizeof room->text / sizeof(wchar_t));
}

bool tool_file_exists(const wchar_t *path)
{
    struct tool_path room;
    const wchar_t *name = tool_path_to_open(path, &room);
    const DWORD attributes = name ? GetFileAttributesW(name) : INVALID_FILE_ATTRIBUTES;

    return attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY) == 0;
}

bool tool_has_dll(const wchar_t *folder, wchar_t *path)
{
    return tool_join_path(folder, TOOL_DLL, path) && tool_file_exists(path);
}

bool tool_find_dll(const wchar_t *folder, wchar_t *path)
{
    wchar_t system[TOOL_LONGEST_PATH];
    DWORD length;

    if (tool_has_dll(folder, path))
        return true;
    length = GetSystemDirectoryW(system, TOOL_LONGEST_PATH);
    return length > 0 && length < TOOL_LONGEST_PATH && tool_has_dll(system, path);
}

bool tool_read_dll(const wchar_t *path, struct tool_dll_file *file)
{
    const DWORD limit = 64u << 20;
    struct tool_path room;
    const wchar_t *name = tool_path_to_open(path, &room);
    HANDLE handle = INVALID_HANDLE_VALUE;
    uint8_t *content = NULL;
    LARGE_INTEGER length;
    DWORD got = 0;

    if (name)
        handle = CreateFileW(name, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE, NULL,
                             OPEN_EXISTING, TOOL_ANONYMOUS, NULL);
    if (handle == INVALID_HANDLE_VALUE)
        return false;
    if (GetFileSizeEx(handle, &length) && length.QuadPart < limit)
        content = (uint8_t *)malloc((size_t)length.QuadPart + 1);
    if (content && (!ReadFile(handle, content, (DWORD)length.QuadPart, &got, NULL) ||
                    got != (DWORD)length.QuadPart)) {
        free(content);
        content = NULL;
    }
    CloseHandle(handle);
    file->data = content;
    file->size = got;
    return content != NULL;
}

bool tool_same_content(const wchar_t *path, const wchar_t *other)
{
    struct tool_dll_file file = {NULL, 0}, other_file = {NULL, 0};
    const bool same = tool_read_dll(path, &file) && tool_read_dll(other, &other_file) &&
                      file.size == other_file.size &&
                      memcmp(file.data, other_file.data, file.size) == 0;

    free(file.data);
    free(other_file.data);
    return same;
}

/* The version resource, for free(); NULL if the file has no such resource. */
static void *read_version(const wchar_t *path)
{
    struct tool_path room;
    const wchar_t *name = tool_path_to_open(path, &room);
    DWORD unused;
    const DWORD size = name ? GetFileVersionInfoSizeW(name, &unused) : 0;
    void *block = size > 0 ? malloc(size) : NULL;

    if (block && !GetFileVersionInfoW(name, 0, size, block)) {
        free(block);
        block = NULL;
    }
    return block;
}

bool tool_file_version(const wchar_t *path, char *version)
{
    void *block = read_version(path);
    VS_FIXEDFILEINFO *info = NULL;
    UINT info_size = 0;
    const bool good = block && VerQueryValueW(block, L"\\", (void **)&info, &info_size) &&
                      info_size >= sizeof *info;

    if (good)
        snprintf(version, TOOL_FILE_VERSION, "%u.%u.%u.%u", (unsigned)(info->dwFileVersionMS >> 16),
                 (unsigned)(info->dwFileVersionMS & 0xffff),
                 (unsigned)(info->dwFileVersionLS >> 16),
                 (unsigned)(info->dwFileVersionLS & 0xffff));
    free(block);
    return good;
}

bool tool_file_is_simulated(const wchar_t *path)
{
    void *block = read_version(path);
    const wchar_t *build = NULL;
    UINT length = 0;
    const bool is_simulated = block &&
                              VerQueryValueW(block, L"\\StringFileInfo\\040904b0\\SpecialBuild",
                                             (void **)&build, &length) &&
                              length > 0 && wcscmp(build, L"simulated") == 0;

    free(block);
    return is_simulated;
}

void tool_show_path(const wchar_t *path, char *text, size_t size)
{
    if (WideCharToMultiByte(CP_UTF8, 0, path, -1, text, (int)size, NULL, NULL) <= 0)
        snprintf(text, size, "(a path too long to show)");
}
