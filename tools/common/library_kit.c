/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The library of a Windows program: efawin.dll, through the interface kit's loader. */
#include "library.h"

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <efawin.h>

#include "message.h"
#include "windows_files.h"

/* Loader errors for a DLL whose file looks valid. */
static const struct {
    int error;
    const char *text;
} load_failures[] = {
    {EACCES, "may not be loaded: check the permissions of the file and the system's policies"},
    {ENOEXEC, "is not an x64 DLL: put the efawin.dll of a release in its place"},
    {ENOLINK, "needs another DLL that is missing: install the Visual C++ Redistributable (x64)"},
    {ENOSYS, "is another DLL of that name: put the efawin.dll of a release in its place"},
    {EPROTONOSUPPORT, "has another interface version than this program: use both from one release"},
};

enum dll_search { DLL_FOUND, DLL_ABSENT, DLL_NOT_SEARCHED };

/* Looks where the loader looks, for a file that can be examined before it is loaded. */
static enum dll_search find_dll(wchar_t *path)
{
    wchar_t folder[TOOL_LONGEST_PATH];

    if (!tool_module_path(NULL, folder))
        return DLL_NOT_SEARCHED;
    tool_cut_to_folder(folder);
    /* The loader's limit is that of Windows, which is higher. */
    if (!tool_join_path(folder, TOOL_DLL, path))
        return DLL_NOT_SEARCHED;
    return tool_find_dll(folder, path) ? DLL_FOUND : DLL_ABSENT;
}

/* TOOL_DLL_FOR_X64 also where it cannot be read: the loader knows more of the reason. */
static enum tool_dll_kind judge(const wchar_t *path)
{
    enum tool_dll_kind kind = TOOL_DLL_FOR_X64;
    struct tool_dll_file file;

    if (!tool_read_dll(path, &file))
        return kind;
    kind = tool_judge_dll(&file);
    free(file.data);
    return kind;
}

bool tool_reaches_other_processes(void)
{
    return true;
}

static int report_absent(void)
{
    tool_error("efawin.dll was not found: put it into the folder of this program");
    return ENOENT;
}

static int explain(int error, const char *shown)
{
    if (error == ENOENT)
        return report_absent();
    /* The loader has printed a line with the path. */
    if (!tool_keeps_errors())
        return error;
    for (size_t i = 0; i < EFA_ARRAY_SIZE(load_failures); i++) {
        if (load_failures[i].error == error) {
            tool_error("%s %s", shown, load_failures[i].text);
            return error;
        }
    }
    tool_error("%s cannot be loaded: %s", shown, tool_errno_text(error));
    return error;
}

int tool_load_dll(void)
{
    wchar_t path[TOOL_LONGEST_PATH];
    char shown[TOOL_SHOWN_PATH] = "efawin.dll";
    enum dll_search search = find_dll(path);
    enum tool_dll_kind kind;
    int result;

    if (search == DLL_ABSENT)
        return report_absent();
    if (search == DLL_FOUND) {
        tool_show_path(path, shown, sizeof shown);
        kind = judge(path);
        if (kind != TOOL_DLL_FOR_X64) {
            tool_error("%s %s: put the efawin.dll of a release in its place", shown,
                       tool_dll_kind_text(kind));
            return ENOEXEC;
        }
    }
    result = efa_load_efawin_lib();
    return result == 0 || result == -EALREADY ? 0 : explain(-result, shown);
}

bool tool_load_library(void)
{
    return tool_load_dll() == 0;
}

void tool_unload_library(void)
{
    efa_free_efawin_lib();
}

bool tool_library_is_simulated(void)
{
    wchar_t path[TOOL_LONGEST_PATH];

    return tool_module_path(TOOL_DLL, path) && tool_file_is_simulated(path);
}

void tool_find_library(char *version, char *file)
{
    wchar_t path[TOOL_LONGEST_PATH];

    version[0] = file[0] = '\0';
    if (!tool_module_path(TOOL_DLL, path))
        return;
    tool_show_path(path, file, TOOL_SHOWN_PATH);
    if (!tool_file_version(path, version))
        version[0] = '\0';
}

void tool_describe_library(char *text, size_t size)
{
    wchar_t path[TOOL_LONGEST_PATH];
    char shown[TOOL_SHOWN_PATH], version[TOOL_FILE_VERSION];

    if (!tool_module_path(TOOL_DLL, path)) {
        snprintf(text, size, "efawin.dll");
        return;
    }
    tool_show_path(path, shown, sizeof shown);
    if (!tool_file_version(path, version))
        snprintf(version, sizeof version, "without a version");
    snprintf(text, size, "efawin.dll %s%s (%s)", version,
             tool_file_is_simulated(path) ? ", simulated" : "", shown);
}
