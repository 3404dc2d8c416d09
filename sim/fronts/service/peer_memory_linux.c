/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The memory of clients on Linux. One system call moves many ranges, for a tenth of the cost of
 * single calls. If the client has unmapped registered memory, only the affected ranges fail.
 */
#define _GNU_SOURCE
#include "peer_linux.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>

#include "../../../src/driver/win32_error.h"
#include "../mappings_linux.h"

#define MOST_RANGES 1024u /* the system's limit for one call */

/*
 * If a client has ended, another process may have its number. If it has replaced its program, its
 * memory is another one. In both cases its channel is closed.
 */
static bool is_there(const struct peer *peer)
{
    struct pollfd asked[2] = {{.fd = peer->process_file, .events = POLLIN},
                              {.fd = peer->socket, .events = 0}};

    return poll(asked, 2, 0) == 0;
}

/* Moves ranges in their order, and returns how many were moved completely. */
static uint32_t move(const struct peer *peer, enum efasim_copy_direction direction,
                     const struct efasim_copy *copies, uint32_t count, bool *reachable)
{
    struct iovec ours[MOST_RANGES], theirs[MOST_RANGES];
    uint32_t moved = 0;
    ssize_t bytes;

    for (uint32_t i = 0; i < count; i++) {
        ours[i].iov_base = copies[i].model;
        theirs[i].iov_base = (void *)(uintptr_t)copies[i].client;
        ours[i].iov_len = theirs[i].iov_len = copies[i].size;
    }
    if (direction == EFASIM_COPY_FROM_CLIENT)
        bytes = process_vm_readv(peer->process, ours, count, theirs, count, 0);
    else
        bytes = process_vm_writev(peer->process, ours, count, theirs, count, 0);
    *reachable = bytes >= 0 || errno == EFAULT;
    while (moved < count && bytes >= (ssize_t)copies[moved].size)
        bytes -= (ssize_t)copies[moved++].size;
    return moved;
}

void peer_copy(struct peer *peer, enum efasim_copy_direction direction, struct efasim_copy *copies,
               uint32_t count)
{
    bool reachable = is_there(peer);

    for (uint32_t next = 0; next < count && reachable;) {
        uint32_t left = count - next;
        uint32_t asked = left < MOST_RANGES ? left : MOST_RANGES;
        uint32_t moved = move(peer, direction, &copies[next], asked, &reachable);

        for (uint32_t i = 0; i < moved; i++)
            copies[next + i].done = true;
        /* The first range that was not moved is an invalid one. */
        next += moved == asked ? asked : moved + 1;
    }
}

uint32_t peer_validate(struct peer *peer, uint64_t address, uint64_t size, bool writable)
{
    char path[64];
    bool is_mapped;
    FILE *maps;

    snprintf(path, sizeof path, "/proc/%jd/maps", (intmax_t)peer->process);
    maps = fopen(path, "re");
    if (!maps)
        return EFA_WIN32_NOACCESS;
    is_mapped = efasim_is_mapped(maps, address, size, writable);
    fclose(maps);
    return is_mapped ? EFA_WIN32_SUCCESS : EFA_WIN32_NOACCESS;
}

bool peer_read(struct peer *peer, uint64_t address, void *bytes, size_t size, char *message,
               size_t message_size)
{
    struct iovec ours = {bytes, size}, theirs = {(void *)(uintptr_t)address, size};

    if (process_vm_readv(peer->process, &ours, 1, &theirs, 1, 0) == (ssize_t)size)
        return true;
    snprintf(message, message_size, "the service cannot reach the memory of process %jd: %s; %s",
             (intmax_t)peer->process, strerror(errno),
             errno == EPERM ? "kernel.yama.ptrace_scope must be 0 or 1, and the program neither "
                              "set-user-ID nor made undumpable"
                            : "its address is not valid");
    return false;
}
