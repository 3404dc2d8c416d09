/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Checks which efawin.dll is loaded, and whether there are others. */
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
#include "dll_search_windows.h"

static const char library_title[] = "efawin.dll";
static const char exports_title[] = "Exports";
static const char others_title[] = "Other copies";

#define QUOTE_NAME(type, name, parameters, arguments) #name,

static void check_exports(struct doctor_report *report)
{
#undef ibv_query_port
#undef ibv_reg_mr
    static const char *const names[] = {
        "check_version", EFAWIN_CALLS(QUOTE_NAME, QUOTE_NAME, QUOTE_NAME, QUOTE_NAME, QUOTE_NAME)};
    const HMODULE module = GetModuleHandleW(TOOL_DLL);

    for (size_t i = 0; i < EFA_ARRAY_SIZE(names); i++) {
        if (!GetProcAddress(module, names[i])) {
            report_problem(report, "exports", exports_title, DOCTOR_PROBLEM_DLL_EXPORTS,
                           "it has no %s", names[i]);
            return;
        }
    }
    report_ok(report, "exports", exports_title, "all %zu calls, interface version %d",
              EFA_ARRAY_SIZE(names), EFAWIN_INTERFACE_VERSION);
}

/* A DLL that differs from the one in use, and its path. */
struct other_copy {
    const wchar_t *used;
    wchar_t path[TOOL_LONGEST_PATH];
};

static bool differs_in(const wchar_t *folder, void *argument)
{
    struct other_copy *other = (struct other_copy *)argument;

    return tool_join_path(folder, TOOL_DLL, other->path) &&
           _wcsicmp(other->path, other->used) != 0 && tool_file_exists(other->path) &&
           !tool_same_content(other->path, other->used);
}

static void check_others(struct doctor_report *report, const wchar_t *used)
{
    struct other_copy other = {used, L""};
    char shown[TOOL_SHOWN_PATH], version[TOOL_FILE_VERSION] = "unknown";

    if (!doctor_visit_folders(differs_in, &other)) {
        report_ok(report, "other-copies", others_title, "none that differs");
        return;
    }
    tool_file_version(other.path, version);
    tool_show_path(other.path, shown, sizeof shown);
    report_problem(report, "other-copies", others_title, DOCTOR_PROBLEM_DLL_SHADOWED,
                   "%s, version %s", shown, version);
}

static enum doctor_problem load_problem(int error)
{
    switch (error) {
    case ENOENT:
        return DOCTOR_PROBLEM_DLL_ABSENT;
    case ENOSYS:
    case EPROTONOSUPPORT:
        return DOCTOR_PROBLEM_DLL_EXPORTS;
    default:
        return DOCTOR_PROBLEM_DLL_UNUSABLE;
    }
}

/* Loads the library at the first call. Returns 0, or errno; *trouble is the error's text then. */
static int load_once(const char **trouble)
{
    static char text[TOOL_SHOWN_PATH + 128];
    static bool was_tried;
    static int error;

    if (!was_tried) {
        tool_keep_errors(text, sizeof text);
        error = tool_load_dll();
        tool_keep_errors(NULL, 0);
    }
    was_tried = true;
    *trouble = text;
    return error;
}

bool library_needs_no_driver(void)
{
    const char *trouble;

    return load_once(&trouble) == 0 && tool_library_is_simulated();
}

bool check_library(struct doctor_report *report)
{
    wchar_t path[TOOL_LONGEST_PATH];
    char text[TOOL_SHOWN_PATH + 128];
    const char *trouble;
    const int error = load_once(&trouble);

    if (error == 0) {
        tool_describe_library(text, sizeof text);
        report_ok(report, "library", library_title, "%s", text);
        check_exports(report);
        if (tool_module_path(TOOL_DLL, path))
            check_others(report, path);
        return true;
    }
    report_problem(report, "library", library_title, load_problem(error), "%s", trouble);
    report_skipped(report, "exports", exports_title, "needs efawin.dll");
    report_skipped(report, "other-copies", others_title, "needs efawin.dll");
    return false;
}
