/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Puts functions of a program's own in the place of those that a module, such as a DLL, imports. */
#ifndef EFA_BENCH_IMPORTS_WINDOWS_H
#define EFA_BENCH_IMPORTS_WINDOWS_H

#include <windows.h>

struct import_replacement {
    const char *name;
    void *function;
};

/* How many were found and replaced. */
unsigned replace_imports(HMODULE module, const struct import_replacement *replacements,
                         unsigned count);

#endif
