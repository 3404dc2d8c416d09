/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The library of a Windows program: efawin.dll, through the interface kit's loader. */
#include "library.h"

#include <errno.h>
#include <stdio.h>

#include <efawin.h>

#include "message.h"
#include "windows_files.h"

static const struct {
    int error;
    const char *text;
} load_failures[] = {
    {ENOENT, "was not found: put it into the folder of this program"},
    {EACCES, "may not be read: check the permissions of the file"},
    {ENOEXEC, "is no DLL for x64: put the right one in its place"},
    {ENOLINK, "needs another DLL that is missing: install the Visual C++ Redistributable (x64)"},
    {ENOSYS, "is another DLL of that name: put the right one in its place"},
    {EPROTONOSUPPORT, "has another interface version than this program: use both from one release"},
};

bool tool_load_library(void)
{
    const int result = efa_load_efawin_lib();

    if (result == 0 || result == -EALREADY)
        return true;
    for (size_t i = 0; i < EFA_ARRAY_SIZE(load_failures); i++) {
        if (load_failures[i].error == -result) {
            tool_error("efawin.dll %s", load_failures[i].text);
            return false;
        }
    }
    tool_error("efawin.dll cannot be loaded: %s", tool_errno_text(-result));
    return false;
}

void tool_unload_library(void)
{
    efa_free_efawin_lib();
}

void tool_find_library(char *version, char *file)
{
    wchar_t path[TOOL_LONGEST_PATH];

    version[0] = file[0] = '\0';
    if (!tool_module_path(L"efawin.dll", path))
        return;
    tool_show_path(path, file, TOOL_SHOWN_PATH);
    if (!tool_file_version(path, version))
        version[0] = '\0';
}

void tool_describe_library(char *text, size_t size)
{
    wchar_t path[TOOL_LONGEST_PATH];
    char shown[TOOL_SHOWN_PATH], version[TOOL_FILE_VERSION];

    if (!tool_module_path(L"efawin.dll", path)) {
        snprintf(text, size, "efawin.dll");
        return;
    }
    tool_show_path(path, shown, sizeof(shown));
    if (!tool_file_version(path, version))
        snprintf(version, sizeof(version), "without a version");
    snprintf(text, size, "efawin.dll %s (%s)", version, shown);
}
