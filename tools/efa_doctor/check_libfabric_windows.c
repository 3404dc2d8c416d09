/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The libfabric DLLs that a program started from here would load, and the efawin.dll that each of
 * them would load in turn. The files are only read; none is loaded.
 */
#include "checks.h"

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <stdlib.h>
#include <string.h>

#include "common/windows_files.h"
#include "dll_search_windows.h"
#include "judge.h"

/* The loader of kit 2.0.0 contains this text (search_rule in interface/efawin.c). */
static const char kit_2_rule[] =
    "efawin kit search: module's folder, application's folder, System32";

static bool is_in(const wchar_t *folder, void *path)
{
    return tool_has_dll(folder, (wchar_t *)path);
}

/* Assumes a program in libfabric's folder: both rules search that folder first. */
static bool find_efawin(const wchar_t *folder, bool has_kit_2, wchar_t *path)
{
    if (has_kit_2)
        return tool_find_dll(folder, path);
    return tool_has_dll(folder, path) || doctor_visit_folders(is_in, path);
}

static void look_at_efawin(const wchar_t *path, struct libfabric_facts *facts)
{
    struct tool_dll_file file;

    tool_show_path(path, facts->dll, sizeof facts->dll);
    facts->dll_kind = TOOL_DLL_UNREADABLE;
    if (!tool_read_dll(path, &file))
        return;
    facts->dll_kind = tool_judge_dll(&file);
    /* Every version of it has these, the oldest as well. */
    facts->dll_has_calls =
        tool_dll_exports(&file, "check_version") && tool_dll_exports(&file, "ibv_get_device_list");
    free(file.data);
    if (!tool_file_version(path, facts->dll_version))
        facts->dll_version[0] = '\0';
}

static void look_at_libfabric(wchar_t *path, struct libfabric_facts *facts)
{
    wchar_t dll[TOOL_LONGEST_PATH];
    struct tool_dll_file file;

    tool_show_path(path, facts->file, sizeof facts->file);
    facts->kind = TOOL_DLL_UNREADABLE;
    if (!tool_read_dll(path, &file))
        return;
    facts->kind = tool_judge_dll(&file);
    facts->names_efawin = tool_dll_contains(&file, "efawin.dll");
    facts->has_kit_2 = tool_dll_contains(&file, kit_2_rule);
    free(file.data);
    tool_cut_to_folder(path);
    if (find_efawin(path, facts->has_kit_2, dll))
        look_at_efawin(dll, facts);
}

void check_libfabric(struct doctor_report *report)
{
    static const struct {
        const wchar_t *file;
        const char *check, *title;
    } names[] = {
        {L"libfabric.dll", "libfabric", "libfabric"},
        {L"libfabric_new.dll", "libfabric-new", "libfabric_new"},
    };
    bool found = false;

    for (size_t i = 0; i < EFA_ARRAY_SIZE(names); i++) {
        static struct libfabric_facts facts;
        wchar_t path[TOOL_LONGEST_PATH];
        const DWORD length = SearchPathW(NULL, names[i].file, NULL, TOOL_LONGEST_PATH, path, NULL);

        if (length == 0 || length >= TOOL_LONGEST_PATH)
            continue;
        found = true;
        memset(&facts, 0, sizeof facts);
        facts.check = names[i].check;
        facts.title = names[i].title;
        look_at_libfabric(path, &facts);
        judge_libfabric(report, &facts);
    }
    if (!found)
        report_ok(report, "libfabric", "libfabric",
                  "no libfabric.dll beside this program or in PATH: nothing to check");
}
