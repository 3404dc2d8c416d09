/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Writes log lines on Windows: to the file that EFAWIN_LOG_FILE names, else to stderr and the
 * debugger. log.c decides which lines are written.
 */
#include "os.h"

#include <windows.h>

#include "long_path_windows.h"

static DWORD write_to(HANDLE file, const char *line, size_t length)
{
    DWORD written = 0;

    if (!WriteFile(file, line, (DWORD)length, &written, NULL))
        return GetLastError();
    return written == length ? ERROR_SUCCESS : ERROR_DISK_FULL;
}

/* The name may be that of a pipe; its server must not impersonate this process. */
static HANDLE open_to_append(const wchar_t *path)
{
    return CreateFileW(path, FILE_APPEND_DATA, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
                       OPEN_ALWAYS,
                       FILE_ATTRIBUTE_NORMAL | SECURITY_SQOS_PRESENT | SECURITY_ANONYMOUS, NULL);
}

/* Out of line, for its room on the stack. */
EFA_NOINLINE static HANDLE open_long_to_append(const wchar_t *path)
{
    wchar_t room[EFA_LONG_PATH_PREFIX + MAX_PATH + EFA_OS_LOG_PATH_LIMIT + 1];
    const wchar_t *long_path = efa_os_long_path(path, room, EFA_ARRAY_SIZE(room));

    return long_path ? open_to_append(long_path) : INVALID_HANDLE_VALUE;
}

/*
 * Returns a Windows error, also if no file is named. The file is opened for each line: log lines
 * are rare, and nothing stays open when the DLL is unloaded.
 */
static DWORD write_to_log_file(const char *line, size_t length, bool *is_named)
{
    wchar_t path[EFA_OS_LOG_PATH_LIMIT + 1];
    DWORD path_length = GetEnvironmentVariableW(L"EFAWIN_LOG_FILE", path, EFA_ARRAY_SIZE(path));
    DWORD error = ERROR_BAD_FILE_TYPE;
    HANDLE file;

    *is_named = path_length != 0;
    if (path_length == 0)
        return ERROR_ENVVAR_NOT_FOUND;
    if (path_length >= EFA_ARRAY_SIZE(path))
        return ERROR_FILENAME_EXCED_RANGE;
    file = efa_os_is_long_path(path) ? open_long_to_append(path) : open_to_append(path);
    if (file == INVALID_HANDLE_VALUE)
        return GetLastError();
    if (GetFileType(file) == FILE_TYPE_DISK)
        error = write_to(file, line, length);
    CloseHandle(file);
    return error;
}

uint32_t efa_os_write_log(const char *line, size_t length)
{
    DWORD last_error = GetLastError();
    bool is_named;
    DWORD error = write_to_log_file(line, length, &is_named);

    if (error != ERROR_SUCCESS) {
        HANDLE console = GetStdHandle(STD_ERROR_HANDLE);

        if (console && console != INVALID_HANDLE_VALUE)
            (void)write_to(console, line, length);
        OutputDebugStringA(line);
    }
    SetLastError(last_error);
    return is_named ? error : 0;
}
