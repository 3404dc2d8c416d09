/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* A client's process handle and the memory shared with it. Its own memory: client_memory.c. */
#include "client_process.h"

#define THIS_PROCESS ((HANDLE)(LONG_PTR) - 1)

NTSTATUS client_process_open(struct client_process *client, struct client_calls *calls, HANDLE pid)
{
    OBJECT_ATTRIBUTES attributes;
    CLIENT_ID id;

    memset(client, 0, sizeof *client);
    client->calls = calls;
    client->ntdll = calls->ntdll;
    client->pid = pid;
    id.UniqueProcess = pid;
    id.UniqueThread = NULL;
    InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    return ZwOpenProcess(&client->process, PROCESS_ALL_ACCESS, &attributes, &id);
}

void client_process_close(struct client_process *client)
{
    if (client->memory_file)
        ZwClose(client->memory_file);
    if (client->process)
        ZwClose(client->process);
    client->memory_file = NULL;
    client->process = NULL;
}

bool client_process_is_dead(const struct client_process *client)
{
    LARGE_INTEGER now = {.QuadPart = 0};

    return ZwWaitForSingleObject(client->process, FALSE, &now) == STATUS_SUCCESS;
}

NTSTATUS shared_section_map(struct client_process *client, size_t size,
                            struct shared_section *shared)
{
    LARGE_INTEGER section_size;
    void *here = NULL;
    struct client_call call;
    SIZE_T view_size = 0;
    HANDLE section;
    NTSTATUS status;

    section_size.QuadPart = (LONGLONG)size;
    status = ZwCreateSection(&section, SECTION_ALL_ACCESS, NULL, &section_size, PAGE_READWRITE,
                             SEC_COMMIT, NULL);
    if (!NT_SUCCESS(status))
        return status;
    status = ZwMapViewOfSection(section, THIS_PROCESS, &here, 0, 0, NULL, &view_size, ViewUnmap, 0,
                                PAGE_READWRITE);
    if (!NT_SUCCESS(status))
        goto close_section;
    memset(&call, 0, sizeof call);
    call.kind = CLIENT_CALL_MAP;
    call.process = client->process;
    call.section = section;
    status = client_calls_run(client->calls, &call);
    if (!NT_SUCCESS(status))
        goto unmap_here;
    shared->section = section;
    shared->here = here;
    shared->client = (uint64_t)(uintptr_t)call.address;
    return STATUS_SUCCESS;

unmap_here:
    ZwUnmapViewOfSection(THIS_PROCESS, here);
close_section:
    ZwClose(section);
    return status;
}

static void unmap_in_client(struct client_process *client, uint64_t address)
{
    struct client_call call;

    memset(&call, 0, sizeof call);
    call.kind = CLIENT_CALL_UNMAP;
    call.process = client->process;
    call.address = (void *)(uintptr_t)address;
    client_calls_run(client->calls, &call); /* fails if the client is dead */
}

void shared_section_unmap(struct client_process *client, struct shared_section *shared)
{
    if (client)
        unmap_in_client(client, shared->client);
    ZwUnmapViewOfSection(THIS_PROCESS, shared->here);
    ZwClose(shared->section);
    memset(shared, 0, sizeof *shared);
}
