/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Sockets that do not block, and poll. */
#define _GNU_SOURCE
#include "link_socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../fronts/service/system.h"

#define BACKLOG 16

/* Until the socket is ready. */
static enum link_socket_result await(const struct link_socket *socket, short events,
                                     uint64_t patience)
{
    struct pollfd files[2] = {{socket->file, events, 0}, {socket->stop, POLLIN, 0}};
    int count;

    if (socket->deadline != 0) {
        const uint64_t now = system_now();

        if (now >= socket->deadline)
            return LINK_SOCKET_SILENT;
        if (patience > socket->deadline - now)
            patience = socket->deadline - now;
    }
    count = poll(files, 2, (int)(patience / SYSTEM_MILLISECOND) + 1);
    if (count < 0)
        return errno == EINTR ? LINK_SOCKET_DONE : LINK_SOCKET_FAILED;
    if (files[1].revents != 0)
        return LINK_SOCKET_STOPPED;
    return count == 0 ? LINK_SOCKET_SILENT : LINK_SOCKET_DONE;
}

static bool would_wait(ssize_t moved)
{
    return moved < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
}

enum link_socket_result link_socket_read(const struct link_socket *socket, void *bytes, size_t size,
                                         uint64_t patience)
{
    size_t done = 0;

    while (done < size) {
        ssize_t moved = recv(socket->file, (uint8_t *)bytes + done, size - done, MSG_DONTWAIT);
        enum link_socket_result result = LINK_SOCKET_DONE;

        if (moved > 0)
            done += (size_t)moved;
        else if (would_wait(moved))
            result = await(socket, POLLIN, patience);
        else if (moved == 0 || errno == ECONNRESET)
            result = done == 0 ? LINK_SOCKET_CLOSED : LINK_SOCKET_CUT;
        else
            result = LINK_SOCKET_FAILED;
        if (result != LINK_SOCKET_DONE)
            return result;
    }
    return LINK_SOCKET_DONE;
}

enum link_socket_result link_socket_write(const struct link_socket *socket, const void *bytes,
                                          size_t size, uint64_t patience)
{
    size_t done = 0;

    while (done < size) {
        ssize_t moved = send(socket->file, (const uint8_t *)bytes + done, size - done,
                             MSG_DONTWAIT | MSG_NOSIGNAL);
        enum link_socket_result result = LINK_SOCKET_DONE;

        if (moved > 0)
            done += (size_t)moved;
        else if (would_wait(moved))
            result = await(socket, POLLOUT, patience);
        else if (moved < 0 && (errno == EPIPE || errno == ECONNRESET))
            result = LINK_SOCKET_CLOSED;
        else
            result = LINK_SOCKET_FAILED;
        if (result != LINK_SOCKET_DONE)
            return result;
    }
    return LINK_SOCKET_DONE;
}

void link_socket_send_at_once(int file)
{
    int yes = 1;

    (void)setsockopt(file, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

static enum link_socket_result finish_connecting(const struct link_socket *socket,
                                                 uint64_t patience)
{
    enum link_socket_result result = await(socket, POLLOUT, patience);
    int error = 0;
    socklen_t size = sizeof error;

    if (result != LINK_SOCKET_DONE)
        return result;
    if (getsockopt(socket->file, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
        return LINK_SOCKET_FAILED;
    errno = error;
    return error == 0 ? LINK_SOCKET_DONE : LINK_SOCKET_FAILED;
}

enum link_socket_result link_socket_connect(struct link_socket *sock,
                                            const struct link_address *address, uint64_t patience)
{
    enum link_socket_result result = LINK_SOCKET_DONE;
    int error;

    sock->file = socket(address->socket.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (sock->file < 0)
        return LINK_SOCKET_FAILED;
    link_socket_send_at_once(sock->file);
    if (connect(sock->file, (const struct sockaddr *)&address->socket, address->size) != 0)
        result = errno == EINPROGRESS ? finish_connecting(sock, patience) : LINK_SOCKET_FAILED;
    if (result == LINK_SOCKET_DONE)
        return result;
    error = errno;
    close(sock->file);
    sock->file = -1;
    errno = error;
    return result;
}

bool link_socket_listen(const struct link_address *address, int *file, char *message,
                        size_t message_size)
{
    int yes = 1;

    *file = socket(address->socket.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (*file >= 0 && setsockopt(*file, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0 &&
        bind(*file, (const struct sockaddr *)&address->socket, address->size) == 0 &&
        listen(*file, BACKLOG) == 0)
        return true;
    snprintf(message, message_size, "cannot listen at %s: %s%s", address->text, strerror(errno),
             errno == EADDRINUSE ? "; another program uses the port, choose another one" : "");
    if (*file >= 0)
        close(*file);
    *file = -1;
    return false;
}

bool link_socket_pause(int stop, uint64_t nanoseconds)
{
    struct pollfd file = {stop, POLLIN, 0};
    struct timespec time = system_timespec(nanoseconds);

    return ppoll(&file, 1, &time, NULL) > 0;
}

bool link_socket_await_peer(int file, int stop)
{
    struct pollfd files[2] = {{file, POLLIN, 0}, {stop, POLLIN, 0}};

    while (files[1].revents == 0) {
        if (poll(files, 2, -1) > 0 && files[1].revents == 0)
            return true;
    }
    return false;
}

const char *link_socket_explain(enum link_socket_result result)
{
    switch (result) {
    case LINK_SOCKET_CLOSED:
        return "closed the connection";
    case LINK_SOCKET_CUT:
        return "closed the connection in the middle of a frame";
    case LINK_SOCKET_SILENT:
        return "sent nothing";
    default:
        return strerror(errno);
    }
}
