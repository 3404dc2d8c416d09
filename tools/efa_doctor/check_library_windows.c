/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Checks which efawin.dll is loaded, whether there are others, and whether libfabric finds it. */
#include "checks.h"

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <errno.h>
#include <string.h>
#include <wchar.h>

#include <efawin.h>
#include <efawinver.h>

#include "common/library.h"
#include "common/message.h"
#include "common/windows_files.h"

#define DLL L"efawin.dll"
#define PATH_LIMIT 32768

static const char library_title[] = "efawin.dll";
static const char exports_title[] = "Exports";
static const char others_title[] = "Other copies";
static const char libfabric_title[] = "libfabric";

#define QUOTE_NAME(type, name, parameters, arguments) #name,

static void check_exports(struct doctor_report *report)
{
#undef ibv_query_port
#undef ibv_reg_mr
    static const char *const names[] = {
        "check_version", EFAWIN_CALLS(QUOTE_NAME, QUOTE_NAME, QUOTE_NAME, QUOTE_NAME, QUOTE_NAME)};
    const HMODULE module = GetModuleHandleW(DLL);

    for (size_t i = 0; i < EFA_ARRAY_SIZE(names); i++) {
        if (GetProcAddress(module, names[i]) == NULL) {
            report_problem(report, "exports", exports_title, DOCTOR_PROBLEM_DLL_EXPORTS,
                           "it has no %s", names[i]);
            return;
        }
    }
    report_ok(report, "exports", exports_title, "all %zu calls, interface version %d",
              EFA_ARRAY_SIZE(names), EFAWIN_INTERFACE_VERSION);
}

/* One folder of the search order. True, with the path, if it has a different DLL. */
static bool differs_in(const wchar_t *folder, const wchar_t *used, wchar_t *path)
{
    return tool_join_path(folder, DLL, path) && _wcsicmp(path, used) != 0 &&
           tool_file_exists(path) && !tool_same_content(path, used);
}

static bool find_other(const wchar_t *used, wchar_t *path)
{
    static wchar_t folders[PATH_LIMIT];
    wchar_t folder[TOOL_LONGEST_PATH];
    DWORD length;

    if (GetSystemDirectoryW(folder, TOOL_LONGEST_PATH) > 0 && differs_in(folder, used, path))
        return true;
    length = GetCurrentDirectoryW(TOOL_LONGEST_PATH, folder);
    if (length > 0 && length < TOOL_LONGEST_PATH && differs_in(folder, used, path))
        return true;
    length = GetEnvironmentVariableW(L"PATH", folders, PATH_LIMIT);
    if (length == 0 || length >= PATH_LIMIT)
        return false;
    for (wchar_t *next = folders; *next != L'\0';) {
        const size_t size = wcscspn(next, L";");

        if (size > 0 && size < TOOL_LONGEST_PATH) {
            memcpy(folder, next, size * sizeof(wchar_t));
            folder[size] = L'\0';
            if (differs_in(folder, used, path))
                return true;
        }
        next += size + (next[size] == L';');
    }
    return false;
}

static void check_others(struct doctor_report *report, const wchar_t *used)
{
    wchar_t path[TOOL_LONGEST_PATH];
    char shown[TOOL_SHOWN_PATH], version[TOOL_FILE_VERSION] = "unknown";

    if (!find_other(used, path)) {
        report_ok(report, "other-copies", others_title, "none that differs");
        return;
    }
    tool_file_version(path, version);
    tool_show_path(path, shown, sizeof(shown));
    report_problem(report, "other-copies", others_title, DOCTOR_PROBLEM_DLL_SHADOWED,
                   "%s, version %s", shown, version);
}

static enum doctor_problem load_problem(int error)
{
    switch (error) {
    case -ENOENT:
        return DOCTOR_PROBLEM_DLL_ABSENT;
    case -ENOSYS:
    case -EPROTONOSUPPORT:
        return DOCTOR_PROBLEM_DLL_EXPORTS;
    default:
        return DOCTOR_PROBLEM_DLL_UNUSABLE;
    }
}

bool check_library(struct doctor_report *report)
{
    wchar_t path[TOOL_LONGEST_PATH];
    char text[TOOL_SHOWN_PATH + 64];
    int error = efa_load_efawin_lib();

    if (error == 0 || error == -EALREADY) {
        tool_describe_library(text, sizeof(text));
        report_ok(report, "library", library_title, "%s", text);
        check_exports(report);
        if (tool_module_path(DLL, path))
            check_others(report, path);
        return true;
    }
    tool_keep_errors(text, sizeof(text));
    tool_load_library();
    tool_keep_errors(NULL, 0);
    report_problem(report, "library", library_title, load_problem(error), "%s", text);
    report_skipped(report, "exports", exports_title, "needs efawin.dll");
    report_skipped(report, "other-copies", others_title, "needs efawin.dll");
    return false;
}

void check_libfabric(struct doctor_report *report)
{
    wchar_t folder[TOOL_LONGEST_PATH], path[TOOL_LONGEST_PATH];
    char shown[TOOL_SHOWN_PATH];
    const DWORD length = SearchPathW(NULL, L"libfabric.dll", NULL, TOOL_LONGEST_PATH, folder, NULL);
    bool found;

    if (length == 0 || length >= TOOL_LONGEST_PATH) {
        report_ok(report, "libfabric", libfabric_title,
                  "no libfabric.dll beside this program or in PATH: nothing to check");
        return;
    }
    tool_show_path(folder, shown, sizeof(shown));
    tool_cut_to_folder(folder);
    found = tool_join_path(folder, DLL, path) && tool_file_exists(path);
    if (!found && GetSystemDirectoryW(folder, TOOL_LONGEST_PATH) > 0)
        found = tool_join_path(folder, DLL, path) && tool_file_exists(path);
    if (found)
        report_ok(report, "libfabric", libfabric_title, "%s finds efawin.dll", shown);
    else
        report_problem(report, "libfabric", libfabric_title, DOCTOR_PROBLEM_LIBFABRIC, "%s", shown);
}
