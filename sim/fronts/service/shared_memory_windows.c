/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Shared memory on Windows: a section without a name, of the paging file. A page costs memory once
 * it is touched. Windows takes no page back from a section, so what is given back is zeroed when it
 * is used again.
 */
#include "shared_memory.h"

#include <windows.h>

#include <string.h>

bool shared_memory_create(struct shared_memory *shared, size_t size)
{
    HANDLE section = CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE,
                                        (DWORD)((uint64_t)size >> 32), (DWORD)size, NULL);
    void *memory =
        section ? MapViewOfFile(section, FILE_MAP_READ | FILE_MAP_WRITE, 0, 0, size) : NULL;

    if (!memory) {
        if (section)
            CloseHandle(section);
        return false;
    }
    shared->memory = memory;
    shared->size = size;
    shared->handle = (intptr_t)section;
    return true;
}

void shared_memory_destroy(struct shared_memory *shared)
{
    UnmapViewOfFile(shared->memory);
    CloseHandle((HANDLE)shared->handle);
}

bool shared_memory_commit(struct shared_memory *shared, size_t offset, size_t size)
{
    memset(shared->memory + offset, 0, size);
    return true;
}

void shared_memory_decommit(struct shared_memory *shared, size_t offset, size_t size)
{
    (void)shared;
    (void)offset;
    (void)size;
}
