/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Replaces functions that a module, such as a DLL, imports. */
#ifndef EFA_BENCH_IMPORTS_WINDOWS_H
#define EFA_BENCH_IMPORTS_WINDOWS_H

#include <windows.h>

struct import_replacement {
    const char *name;
    void *function;
};

/* Returns how many imports were replaced. */
unsigned replace_imports(HMODULE module, const struct import_replacement *replacements,
                         unsigned count);

#endif
