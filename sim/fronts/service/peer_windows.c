/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Frames from and to a client on Windows. Each wait also ends when the client dies. */
#include "peer_windows.h"

#include <stdio.h>
#include <stdlib.h>

#include "../../client/protocol.h"

void peer_close(struct peer *peer)
{
    CloseHandle(peer->process);
    CloseHandle(peer->pipe);
    CloseHandle(peer->done);
    free(peer);
}

/*
 * `ok`: what the call that began the operation returned. A frame that is too long counts as
 * received.
 */
static bool finish(const struct peer *peer, BOOL ok, OVERLAPPED *operation, uint32_t *length)
{
    const HANDLE waited[] = {peer->stop, peer->done, peer->process};
    DWORD moved = 0;

    if (!ok && GetLastError() != ERROR_IO_PENDING && GetLastError() != ERROR_MORE_DATA)
        return false;
    if (WaitForMultipleObjects(3, waited, FALSE, INFINITE) != WAIT_OBJECT_0 + 1) {
        (void)CancelIoEx(peer->pipe, operation);
        (void)GetOverlappedResult(peer->pipe, operation, &moved, TRUE);
        return false;
    }
    ok = GetOverlappedResult(peer->pipe, operation, &moved, FALSE);
    *length = moved;
    return ok || GetLastError() == ERROR_MORE_DATA;
}

bool peer_receive(struct peer *peer, void *frame, uint32_t size, uint32_t *received)
{
    OVERLAPPED operation = {.hEvent = peer->done};
    BOOL ok = ReadFile(peer->pipe, frame, size, NULL, &operation);

    return finish(peer, ok, &operation, received);
}

static bool send_bytes(const struct peer *peer, const void *frame, uint32_t size)
{
    OVERLAPPED operation = {.hEvent = peer->done};
    BOOL ok = WriteFile(peer->pipe, frame, size, NULL, &operation);
    uint32_t sent;

    return finish(peer, ok, &operation, &sent) && sent == size;
}

/* The client gets a handle of its own, and closes it. */
static bool send_memory(const struct peer *peer, const struct efasim_memory_frame *frame,
                        const struct shared_memory *memory)
{
    struct efasim_memory_frame sent = *frame;
    HANDLE theirs;

    if (!DuplicateHandle(GetCurrentProcess(), (HANDLE)memory->handle, peer->process, &theirs,
                         FILE_MAP_READ | FILE_MAP_WRITE, FALSE, 0))
        return false;
    sent.handle = (uint64_t)(uintptr_t)theirs;
    if (send_bytes(peer, &sent, sizeof sent))
        return true;
    (void)DuplicateHandle(peer->process, theirs, NULL, NULL, 0, FALSE, DUPLICATE_CLOSE_SOURCE);
    return false;
}

bool peer_send(struct peer *peer, const void *frame, uint32_t size,
               const struct shared_memory *memory)
{
    return memory ? send_memory(peer, frame, memory) : send_bytes(peer, frame, size);
}

uint32_t peer_process(const struct peer *peer)
{
    return peer->process_id;
}

void peer_describe(const struct peer *peer, char *text, size_t text_size)
{
    snprintf(text, text_size, "process %lu (%s)", peer->process_id, peer->name);
}
