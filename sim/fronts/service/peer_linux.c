/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Frames from and to a client on Linux. Each wait also ends when the client dies. */
#define _GNU_SOURCE
#include "peer_linux.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void peer_close(struct peer *peer)
{
    close(peer->process_file);
    close(peer->socket);
    free(peer);
}

/* The socket alone is not enough: a forked child of the client may keep a copy of it. */
static bool wait_for(const struct peer *peer, short events)
{
    struct pollfd waited[3] = {{.fd = peer->stop, .events = POLLIN},
                               {.fd = peer->process_file, .events = POLLIN},
                               {.fd = peer->socket, .events = events}};

    while (poll(waited, 3, -1) < 0)
        if (errno != EINTR)
            return false;
    return waited[0].revents == 0 && waited[1].revents == 0;
}

bool peer_receive(struct peer *peer, void *frame, uint32_t size, uint32_t *received)
{
    while (wait_for(peer, POLLIN)) {
        ssize_t length = recv(peer->socket, frame, size, MSG_DONTWAIT);

        if (length > 0) {
            *received = (uint32_t)length;
            return true;
        }
        if (length == 0 || (errno != EAGAIN && errno != EINTR))
            return false;
    }
    return false;
}

bool peer_send(struct peer *peer, const void *frame, uint32_t size,
               const struct shared_memory *memory)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    /* sendmsg declares its input as writable. */
    struct iovec data = {(void *)(uintptr_t)frame, size};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1};

    if (memory) {
        int handle = (int)memory->handle;

        memset(&control, 0, sizeof control);
        control.header.cmsg_level = SOL_SOCKET;
        control.header.cmsg_type = SCM_RIGHTS;
        control.header.cmsg_len = CMSG_LEN(sizeof handle);
        memcpy(CMSG_DATA(&control.header), &handle, sizeof handle);
        message.msg_control = control.bytes;
        message.msg_controllen = sizeof control.bytes;
    }
    while (wait_for(peer, POLLOUT)) {
        ssize_t sent = sendmsg(peer->socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);

        if (sent >= 0)
            return sent == (ssize_t)size;
        if (errno != EAGAIN && errno != EINTR)
            return false;
    }
    return false;
}

uint32_t peer_process(const struct peer *peer)
{
    return (uint32_t)peer->process;
}

void peer_describe(const struct peer *peer, char *text, size_t text_size)
{
    snprintf(text, text_size, "process %jd (%s)", (intmax_t)peer->process, peer->name);
}
