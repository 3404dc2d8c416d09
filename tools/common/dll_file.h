/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Examines a DLL file without loading it. */
#ifndef EFA_TOOLS_DLL_FILE_H
#define EFA_TOOLS_DLL_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum tool_dll_kind {
    TOOL_DLL_FOR_X64,
    TOOL_DLL_UNREADABLE, /* found by the caller: there are no bytes to look at */
    TOOL_DLL_EMPTY,
    TOOL_DLL_NOT_A_DLL,
    TOOL_DLL_OTHER_PROCESSOR,
    TOOL_DLL_DAMAGED
};

/* The content of a file. */
struct tool_dll_file {
    uint8_t *data;
    size_t size;
};

enum tool_dll_kind tool_judge_dll(const struct tool_dll_file *file);

/* "is empty": goes behind the file's name. */
const char *tool_dll_kind_text(enum tool_dll_kind kind);

/* Whether it exports the name. False if it is not an x64 DLL. */
bool tool_dll_exports(const struct tool_dll_file *file, const char *name);

/* Whether the file contains the text, in ASCII or in UTF-16. */
bool tool_dll_contains(const struct tool_dll_file *file, const char *text);

#endif
