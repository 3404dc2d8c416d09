/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Opening and removing files by name; see open_file.h. */
#include "open_file.h"

#include <errno.h>

#include "message.h"

#ifdef _WIN32

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <fcntl.h>
#include <io.h>
#include <stdint.h>

#include "windows_files.h"

static int errno_of(DWORD error)
{
    switch (error) {
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
    case ERROR_INVALID_NAME:
    case ERROR_INVALID_DRIVE:
    case ERROR_BAD_PATHNAME:
    case ERROR_BAD_NETPATH:
    case ERROR_BAD_NET_NAME:
        return ENOENT;
    case ERROR_ACCESS_DENIED:
    case ERROR_SHARING_VIOLATION:
    case ERROR_LOCK_VIOLATION:
    case ERROR_WRITE_PROTECT:
        return EACCES;
    case ERROR_FILENAME_EXCED_RANGE:
        return ENAMETOOLONG;
    case ERROR_TOO_MANY_OPEN_FILES:
        return EMFILE;
    case ERROR_NOT_ENOUGH_MEMORY:
        return ENOMEM;
    case ERROR_DISK_FULL:
        return ENOSPC;
    default:
        return EIO;
    }
}

/* Converts a name in UTF-8 for Windows; false with errno on failure. */
static bool find_name(const char *path, struct tool_path *room, const wchar_t **name)
{
    wchar_t wide[TOOL_LONGEST_PATH];

    if (MultiByteToWideChar(CP_UTF8, 0, path, -1, wide, TOOL_LONGEST_PATH) == 0) {
        errno = GetLastError() == ERROR_INSUFFICIENT_BUFFER ? ENAMETOOLONG : ENOENT;
        return false;
    }
    *name = tool_path_to_open(wide, room);
    if (!*name)
        errno = ENAMETOOLONG;
    return *name != NULL;
}

static HANDLE open_handle(const wchar_t *name, char mode)
{
    const DWORD access = mode == 'r'   ? GENERIC_READ
                         : mode == 'w' ? GENERIC_WRITE
                                       : FILE_APPEND_DATA;
    const DWORD what = mode == 'r' ? OPEN_EXISTING : mode == 'w' ? CREATE_ALWAYS : OPEN_ALWAYS;

    return CreateFileW(name, access, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, what,
                       FILE_ATTRIBUTE_NORMAL | TOOL_ANONYMOUS, NULL);
}

FILE *tool_open_file(const char *path, const char *mode)
{
    const int flags = mode[0] == 'r'   ? _O_RDONLY
                      : mode[0] == 'w' ? _O_WRONLY
                                       : _O_WRONLY | _O_APPEND;
    struct tool_path room;
    const wchar_t *name;
    HANDLE handle;
    FILE *file;
    int number;

    if (!find_name(path, &room, &name))
        return NULL;
    handle = open_handle(name, mode[0]);
    if (handle == INVALID_HANDLE_VALUE) {
        errno = errno_of(GetLastError());
        return NULL;
    }
    number = _open_osfhandle((intptr_t)handle, flags | _O_TEXT);
    if (number < 0) {
        CloseHandle(handle);
        return NULL;
    }
    file = _fdopen(number, mode);
    if (!file)
        _close(number);
    return file;
}

void tool_remove_file(const char *path)
{
    struct tool_path room;
    const wchar_t *name;

    if (find_name(path, &room, &name))
        DeleteFileW(name);
}

#else

FILE *tool_open_file(const char *path, const char *mode)
{
    return fopen(path, mode);
}

void tool_remove_file(const char *path)
{
    remove(path);
}

#endif

bool tool_check_writable(const char *path)
{
    FILE *file;
    bool is_new;

    errno = 0;
    file = tool_open_file(path, "r");
    is_new = !file && errno == ENOENT;
    if (file)
        fclose(file);
    errno = 0;
    file = tool_open_file(path, "a");
    if (!file) {
        tool_error("%s cannot be written: %s", path, tool_errno_text(errno));
        return false;
    }
    fclose(file);
    if (is_new)
        tool_remove_file(path);
    return true;
}
