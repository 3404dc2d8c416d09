/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Copies bytes from and to a client's own memory.
 *
 * With NtReadVirtualMemory the Wine server stops a thread of the client each time, which takes tens
 * of microseconds. On Linux a process's memory is also a file, /proc/PID/mem. The Wine server may
 * open it for us, and then we read and write it directly, in about two microseconds. Wine does not
 * report the PID of the client. So we share a page with the client, write a unique number there,
 * and take the process that shows this number at that address.
 */
#include "client_process.h"

enum { MAX_CANDIDATES = 4096, LISTING_SIZE = 65536, LONGEST_PID = 10, NONCE_WORDS = 4 };

struct process_list {
    uint32_t count;
    uint32_t pids[MAX_CANDIDATES];
    char listing[LISTING_SIZE];
};

static NTSTATUS open_file(const WCHAR *path, ACCESS_MASK access, ULONG options, HANDLE *file)
{
    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING name;
    IO_STATUS_BLOCK io;

    RtlInitUnicodeString(&name, path);
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL,
                               NULL);
    return ZwCreateFile(file, access | SYNCHRONIZE, &attributes, &io, NULL, 0,
                        FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, FILE_OPEN,
                        options | FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0);
}

/* Parses the name of a directory as a number; 0 if it is not one. */
static uint32_t pid_from_name(const WCHAR *name, size_t length)
{
    uint32_t pid = 0;

    if (length == 0 || length > LONGEST_PID - 1)
        return 0;
    for (size_t i = 0; i < length; i++) {
        if (name[i] < '0' || name[i] > '9')
            return 0;
        pid = pid * 10 + (uint32_t)(name[i] - '0');
    }
    return pid;
}

static void list_processes(struct process_list *list)
{
    BOOLEAN restart = TRUE;
    IO_STATUS_BLOCK io;
    HANDLE directory;

    list->count = 0;
    if (!NT_SUCCESS(
            open_file(L"\\??\\unix\\proc", FILE_LIST_DIRECTORY, FILE_DIRECTORY_FILE, &directory)))
        return;
    while (NT_SUCCESS(ZwQueryDirectoryFile(directory, NULL, NULL, NULL, &io, list->listing,
                                           sizeof list->listing, FileNamesInformation, FALSE, NULL,
                                           restart))) {
        const char *at = list->listing;

        restart = FALSE;
        for (;;) {
            const FILE_NAMES_INFORMATION *entry = (const void *)at;
            uint32_t pid = pid_from_name(entry->FileName, entry->FileNameLength / sizeof(WCHAR));

            if (pid != 0 && list->count < MAX_CANDIDATES)
                list->pids[list->count++] = pid;
            if (entry->NextEntryOffset == 0)
                break;
            at += entry->NextEntryOffset;
        }
    }
    ZwClose(directory);
}

static void sort_newest_first(struct process_list *list)
{
    for (uint32_t i = 1; i < list->count; i++) {
        uint32_t pid = list->pids[i], at = i;

        for (; at > 0 && list->pids[at - 1] < pid; at--)
            list->pids[at] = list->pids[at - 1];
        list->pids[at] = pid;
    }
}

static NTSTATUS open_memory_of(uint32_t pid, HANDLE *file)
{
    static const WCHAR prefix[] = L"\\??\\unix\\proc\\";
    static const WCHAR suffix[] = L"\\mem";
    WCHAR path[sizeof prefix / sizeof(WCHAR) + LONGEST_PID + sizeof suffix / sizeof(WCHAR)];
    size_t used = sizeof prefix / sizeof(WCHAR) - 1, digits = 0;
    WCHAR reversed[LONGEST_PID];

    memcpy(path, prefix, sizeof prefix);
    for (; pid != 0; pid /= 10)
        reversed[digits++] = (WCHAR)('0' + pid % 10);
    while (digits > 0)
        path[used++] = reversed[--digits];
    memcpy(path + used, suffix, sizeof suffix);
    return open_file(path, GENERIC_READ | GENERIC_WRITE, FILE_NON_DIRECTORY_FILE, file);
}

static bool read_file_at(HANDLE file, uint64_t address, void *to, uint32_t size)
{
    LARGE_INTEGER offset;
    IO_STATUS_BLOCK io;

    offset.QuadPart = (LONGLONG)address;
    return NT_SUCCESS(ZwReadFile(file, NULL, NULL, NULL, &io, to, size, &offset, NULL)) &&
           io.Information == size;
}

static bool write_file_at(HANDLE file, uint64_t address, const void *from, uint32_t size)
{
    LARGE_INTEGER offset;
    IO_STATUS_BLOCK io;

    offset.QuadPart = (LONGLONG)address;
    return NT_SUCCESS(ZwWriteFile(file, NULL, NULL, NULL, &io, (void *)(uintptr_t)from, size,
                                  &offset, NULL)) &&
           io.Information == size;
}

/* A value that no other process has at the same address. */
static void make_nonce(const struct client_process *client, uint64_t nonce[NONCE_WORDS])
{
    LARGE_INTEGER counter, frequency;

    client->ntdll->query_performance_counter(&counter, &frequency);
    nonce[0] = 0x45464173696d2121u;
    nonce[1] = (uint64_t)counter.QuadPart;
    nonce[2] = (uint64_t)(uintptr_t)client;
    nonce[3] = (uint64_t)(uintptr_t)client->pid ^ (nonce[1] * 0x9e3779b97f4a7c15u);
}

static HANDLE find_memory_file(struct process_list *list, uint64_t address,
                               const uint64_t nonce[NONCE_WORDS])
{
    uint64_t seen[NONCE_WORDS];
    HANDLE file;

    list_processes(list);
    sort_newest_first(list);
    for (uint32_t i = 0; i < list->count; i++) {
        if (!NT_SUCCESS(open_memory_of(list->pids[i], &file)))
            continue;
        if (read_file_at(file, address, seen, sizeof seen) && memcmp(seen, nonce, sizeof seen) == 0)
            return file;
        ZwClose(file);
    }
    return NULL;
}

void client_memory_prepare(struct client_process *client)
{
    struct shared_section page;
    struct process_list *list;
    uint64_t nonce[NONCE_WORDS];

    if (client->memory_sought)
        return;
    client->memory_sought = true;
    list = nt_allocate(sizeof *list);
    if (!list)
        return;
    if (NT_SUCCESS(shared_section_map(client, PAGE_SIZE, &page))) {
        make_nonce(client, nonce);
        memcpy(page.here, nonce, sizeof nonce);
        client->memory_file = find_memory_file(list, page.client, nonce);
        shared_section_unmap(client, &page);
    }
    nt_release(list);
}

bool client_memory_read(struct client_process *client, uint64_t address, void *to, uint32_t size)
{
    SIZE_T done = 0;

    if (client->memory_file)
        return read_file_at(client->memory_file, address, to, size);
    return NT_SUCCESS(client->ntdll->read_virtual_memory(
               client->process, (const void *)(uintptr_t)address, to, size, &done)) &&
           done == size;
}

bool client_memory_write(struct client_process *client, uint64_t address, const void *from,
                         uint32_t size)
{
    SIZE_T done = 0;

    if (client->memory_file)
        return write_file_at(client->memory_file, address, from, size);
    return NT_SUCCESS(client->ntdll->write_virtual_memory(
               client->process, (void *)(uintptr_t)address, from, size, &done)) &&
           done == size;
}

static bool protection_allows(ULONG protection, bool writable)
{
    const ULONG write =
        PAGE_READWRITE | PAGE_WRITECOPY | PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY;
    const ULONG read = PAGE_READONLY | PAGE_EXECUTE_READ | write;

    if ((protection & (PAGE_GUARD | PAGE_NOACCESS)) != 0)
        return false;
    return (protection & (writable ? write : read)) != 0;
}

bool client_memory_accessible(struct client_process *client, uint64_t address, uint64_t size,
                              bool writable)
{
    const struct nt_memory_region *region;
    uint64_t end = address + size;
    struct client_call call;

    if (end < address)
        return false;
    memset(&call, 0, sizeof call);
    call.kind = CLIENT_CALL_QUERY;
    call.process = client->process;
    region = &call.region;
    while (address < end) {
        uint64_t region_end;

        call.address = (void *)(uintptr_t)address;
        if (!NT_SUCCESS(client_calls_run(client->calls, &call)) || region->state != MEM_COMMIT ||
            !protection_allows(region->protection, writable))
            return false;
        region_end = (uint64_t)(uintptr_t)region->base + region->size;
        if (region_end <= address)
            return false;
        address = region_end;
    }
    return true;
}
