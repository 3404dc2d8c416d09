/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Changing the import table of a module (imports_windows.h). */
#include "imports_windows.h"

#include <string.h>

/* Replaces one pointer of the import table, which is read-only memory. */
static int replace(void **slot, void *function)
{
    DWORD before;

    if (!VirtualProtect(slot, sizeof *slot, PAGE_READWRITE, &before))
        return 1;
    *slot = function;
    VirtualProtect(slot, sizeof *slot, before, &before);
    return 0;
}

unsigned replace_imports(HMODULE module, const struct import_replacement *replacements,
                         unsigned count)
{
    unsigned char *base = (unsigned char *)module;
    const IMAGE_DOS_HEADER *dos = (const void *)base;
    const IMAGE_NT_HEADERS64 *nt = (const void *)(base + dos->e_lfanew);
    const IMAGE_IMPORT_DESCRIPTOR *import =
        (const void *)(base + nt->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_IMPORT]
                                  .VirtualAddress);
    unsigned replaced = 0;

    for (; import->Name; import++) {
        const IMAGE_THUNK_DATA64 *name = (const void *)(base + import->OriginalFirstThunk);
        void **slot = (void **)(void *)(base + import->FirstThunk);

        for (; name->u1.AddressOfData; name++, slot++) {
            const IMAGE_IMPORT_BY_NAME *by_name = (const void *)(base + name->u1.AddressOfData);

            for (unsigned i = 0; i < count; i++)
                if (!strcmp((const char *)by_name->Name, replacements[i].name))
                    replaced += !replace(slot, replacements[i].function);
        }
    }
    return replaced;
}
