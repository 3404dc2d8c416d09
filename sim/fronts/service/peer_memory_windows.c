/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The memory of clients on Windows. Each call has its price, so ranges that lie next to each other
 * on both sides move together. Registered memory that the client has freed since fails range by
 * range.
 */
#include "peer_windows.h"

#include <stdio.h>

#include "../../../src/driver/win32_error.h"

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

/* How many ranges from the first on lie in one row on both sides; their size together. */
static uint32_t find_row(const struct efasim_copy *copies, uint32_t count, size_t *size)
{
    uint32_t row = 1;

    *size = copies[0].size;
    while (row < count && copies[row].client == copies[0].client + *size &&
           copies[row].model == (uint8_t *)copies[0].model + *size)
        *size += copies[row++].size;
    return row;
}

void peer_copy(struct peer *peer, enum efasim_copy_direction direction, struct efasim_copy *copies,
               uint32_t count)
{
    uint32_t row;

    for (uint32_t next = 0; next < count; next += row) {
        size_t size;
        bool moved;

        row = find_row(&copies[next], count - next, &size);
        moved = move(peer, direction, copies[next].client, copies[next].model, size);
        for (uint32_t i = next; i < next + row; i++)
            copies[i].done = moved || (row > 1 && move(peer, direction, copies[i].client,
                                                       copies[i].model, copies[i].size));
    }
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
             "the service cannot read the memory of process %lu: Win32 error %lu; its address is "
             "not valid, or the process is protected",
             peer->process_id, GetLastError());
    return false;
}
