/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The memory of clients on Windows. Each call is expensive, so adjacent ranges move together.
 * Registered memory that the client has freed since fails range by range.
 */
#include "peer_windows.h"

#include <stdio.h>

#include "../../../src/driver/win32_error.h"
#include "../copy_rows.h"

static bool move(const struct peer *peer, enum efasim_copy_direction direction, uint64_t client,
                 void *model, size_t size)
{
    void *address = (void *)(uintptr_t)client;
    SIZE_T moved = 0;
    BOOL ok;

    if (direction == EFASIM_COPY_FROM_CLIENT)
        ok = ReadProcessMemory(peer->process, address, model, size, &moved);
    else
        ok = WriteProcessMemory(peer->process, address, model, size, &moved);
    return ok && moved == size;
}

static bool move_row(void *context, enum efasim_copy_direction direction,
                     const struct efasim_copy *copy, uint32_t size)
{
    return move(context, direction, copy->client, copy->model, size);
}

void peer_copy(struct peer *peer, enum efasim_copy_direction direction, struct efasim_copy *copies,
               uint32_t count)
{
    efasim_copy_rows(copies, count, direction, move_row, peer);
}

static bool allows(DWORD protection, bool writable)
{
    const DWORD write =
        PAGE_READWRITE | PAGE_WRITECOPY | PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY;
    const DWORD read = PAGE_READONLY | PAGE_EXECUTE_READ | write;

    return (protection & (PAGE_GUARD | PAGE_NOACCESS)) == 0 &&
           (protection & (writable ? write : read)) != 0;
}

uint32_t peer_validate(struct peer *peer, uint64_t address, uint64_t size, bool writable)
{
    uint64_t end = address + size;

    while (address < end) {
        MEMORY_BASIC_INFORMATION region;
        uint64_t region_end;

        if (VirtualQueryEx(peer->process, (const void *)(uintptr_t)address, &region,
                           sizeof region) != sizeof region ||
            region.State != MEM_COMMIT || !allows(region.Protect, writable))
            return EFA_WIN32_NOACCESS;
        region_end = (uint64_t)(uintptr_t)region.BaseAddress + region.RegionSize;
        if (region_end <= address)
            return EFA_WIN32_NOACCESS;
        address = region_end;
    }
    return EFA_WIN32_SUCCESS;
}

bool peer_read(struct peer *peer, uint64_t address, void *bytes, size_t size, char *message,
               size_t message_size)
{
    if (move(peer, EFASIM_COPY_FROM_CLIENT, address, bytes, size))
        return true;
    snprintf(message, message_size,
             "the service cannot reach the memory of process %lu: Win32 error %lu; its address is "
             "not valid, or the process is protected",
             peer->process_id, GetLastError());
    return false;
}
