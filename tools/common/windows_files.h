/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Files on Windows: the path of a module, its version, whether two files are the same. Changes
 * nothing. */
#ifndef EFA_TOOLS_WINDOWS_FILES_H
#define EFA_TOOLS_WINDOWS_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <wchar.h>

#include "dll_file.h"

enum {
    TOOL_LONGEST_PATH = 1024, /* characters, with the end */
    TOOL_SHOWN_PATH = 1040,   /* bytes of UTF-8, with the end */
    TOOL_FILE_VERSION = 32
};

/* The library's file. */
#define TOOL_DLL L"efawin.dll"

/* Room for a path in the form that Windows accepts. */
struct tool_path {
    wchar_t text[TOOL_LONGEST_PATH + 268]; /* the current folder, and a prefix */
};

/*
 * Returns the path in a form that Windows accepts: unchanged, or, from 260 characters on, its long
 * form in `room`. NULL if that is too long.
 */
const wchar_t *tool_path_to_open(const wchar_t *path, struct tool_path *room);

/* For CreateFileW: the server of a pipe of that name cannot impersonate this process. */
#define TOOL_ANONYMOUS (SECURITY_SQOS_PRESENT | SECURITY_ANONYMOUS)

/* The path of a loaded module; NULL: of this program. Fills TOOL_LONGEST_PATH characters. */
bool tool_module_path(const wchar_t *name, wchar_t *path);

/* Removes the last component and its backslash. */
void tool_cut_to_folder(wchar_t *path);

/* Composes "FOLDER\NAME"; false if it is too long. */
bool tool_join_path(const wchar_t *folder, const wchar_t *name, wchar_t *path);

bool tool_file_exists(const wchar_t *path);

/* Composes the path of the folder's efawin.dll, TOOL_LONGEST_PATH characters; false if there is
 * none. */
bool tool_has_dll(const wchar_t *folder, wchar_t *path);

/* The same for this folder, then System32: the search of the interface kit. */
bool tool_find_dll(const wchar_t *folder, wchar_t *path);

/*
 * The content, for free() of its data; false where it cannot be read, or is larger than any DLL
 * here.
 */
bool tool_read_dll(const wchar_t *path, struct tool_dll_file *file);
bool tool_same_content(const wchar_t *path, const wchar_t *other);

/* "1.2.3.4" of the version resource, TOOL_FILE_VERSION bytes; false if the file has no
 * version resource. */
bool tool_file_version(const wchar_t *path, char *version);

/* Whether the version resource says that the file is a build for the simulated EFA. */
bool tool_file_is_simulated(const wchar_t *path);

/* Converts to UTF-8, and cuts what does not fit. */
void tool_show_path(const wchar_t *path, char *text, size_t size);

#endif
