/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Finds ntdll.dll in the host process's list of modules, and its calls in the module's export
 * table. Only this file uses these layouts.
 */
#include "ntdll_calls.h"

#include <intrin.h>

/* Offsets in the 64-bit structures of the NT loader and of the PE format. */
enum {
    TEB_PEB = 0x60,
    PEB_LOADER_DATA = 0x18,
    LOADER_DATA_MODULES = 0x20, /* list head, in order of memory */
    MODULE_LINKS = 0x10,        /* offset of the list's links in a module's entry */
    MODULE_BASE = 0x30,
    MODULE_NAME = 0x58,
    DOS_HEADER_PE_OFFSET = 0x3c,
    PE_EXPORT_DIRECTORY = 0x88,
    EXPORT_NAME_COUNT = 24,
    EXPORT_FUNCTIONS = 28,
    EXPORT_NAMES = 32,
    EXPORT_ORDINALS = 36
};

static void *pointer_at(const void *base, size_t offset)
{
    void *value;

    memcpy(&value, (const char *)base + offset, sizeof value);
    return value;
}

static uint32_t u32_at(const void *base, size_t offset)
{
    uint32_t value;

    memcpy(&value, (const char *)base + offset, sizeof value);
    return value;
}

static uint16_t u16_at(const void *base, size_t offset)
{
    uint16_t value;

    memcpy(&value, (const char *)base + offset, sizeof value);
    return value;
}

static bool name_is(const UNICODE_STRING *name, const char *wanted)
{
    size_t length = strlen(wanted);

    if (name->Length != length * sizeof(WCHAR))
        return false;
    for (size_t i = 0; i < length; i++)
        if ((name->Buffer[i] | 0x20) != (wanted[i] | 0x20))
            return false;
    return true;
}

static const char *module_base(const char *wanted)
{
    const char *peb = (const char *)(uintptr_t)__readgsqword(TEB_PEB);
    const char *head = (const char *)pointer_at(peb, PEB_LOADER_DATA) + LOADER_DATA_MODULES;

    for (const char *links = pointer_at(head, 0); links != head; links = pointer_at(links, 0)) {
        const char *entry = links - MODULE_LINKS;

        if (name_is((const UNICODE_STRING *)(const void *)(entry + MODULE_NAME), wanted))
            return pointer_at(entry, MODULE_BASE);
    }
    return NULL;
}

static void *exported(const char *base, const char *wanted)
{
    const char *table =
        base + u32_at(base, u32_at(base, DOS_HEADER_PE_OFFSET) + PE_EXPORT_DIRECTORY);
    const char *names = base + u32_at(table, EXPORT_NAMES);
    const char *ordinals = base + u32_at(table, EXPORT_ORDINALS);
    const char *functions = base + u32_at(table, EXPORT_FUNCTIONS);
    uint32_t count = u32_at(table, EXPORT_NAME_COUNT);

    for (uint32_t i = 0; i < count; i++) {
        if (strcmp(base + u32_at(names, 4 * (size_t)i), wanted) == 0) {
            uint16_t ordinal = u16_at(ordinals, 2 * (size_t)i);

            return (void *)(uintptr_t)(base + u32_at(functions, 4 * (size_t)ordinal));
        }
    }
    return NULL;
}

NTSTATUS ntdll_calls_find(struct ntdll_calls *calls)
{
    const char *base = module_base("ntdll.dll");
    void *read, *write, *counter, *terminate;

    if (!base)
        return STATUS_PROCEDURE_NOT_FOUND;
    read = exported(base, "NtReadVirtualMemory");
    write = exported(base, "NtWriteVirtualMemory");
    counter = exported(base, "NtQueryPerformanceCounter");
    terminate = exported(base, "NtTerminateThread");
    if (!read || !write || !counter || !terminate)
        return STATUS_PROCEDURE_NOT_FOUND;
    memcpy(&calls->read_virtual_memory, &read, sizeof read);
    memcpy(&calls->write_virtual_memory, &write, sizeof write);
    memcpy(&calls->terminate_thread, &terminate, sizeof terminate);
    memcpy(&calls->query_performance_counter, &counter, sizeof counter);
    return STATUS_SUCCESS;
}
