/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* A TCP connection of two processes, on Winsock or POSIX sockets; see meet.h. */
#ifdef _WIN32
#include <winsock2.h>
#include <ws2tcpip.h>
#else
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <netdb.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#endif

#include "meet.h"

#include <stdio.h>
#include <string.h>

#define CONNECT_TRIES 200 /* with the pauses, 20 seconds */
#define PAUSE_MS 100

#ifdef _WIN32

#define SEND_FLAGS 0
typedef int length;

static bool prepare(void)
{
    WSADATA data;

    return WSAStartup(MAKEWORD(2, 2), &data) == 0;
}

static void clean_up(void)
{
    WSACleanup();
}

static void close_socket(intptr_t handle)
{
    closesocket((SOCKET)handle);
}

static int last_error(void)
{
    return WSAGetLastError();
}

static void pause_a_moment(void)
{
    Sleep(PAUSE_MS);
}

#else

#define SEND_FLAGS MSG_NOSIGNAL /* a closed connection is an error, not a signal */
#define SOCKET int
typedef size_t length;

static bool prepare(void)
{
    return true;
}

static void clean_up(void)
{
}

static void close_socket(intptr_t handle)
{
    close((int)handle);
}

static int last_error(void)
{
    return errno;
}

static void pause_a_moment(void)
{
    const struct timespec pause = {0, PAUSE_MS * 1000000};

    nanosleep(&pause, NULL);
}

#endif

static bool failed(const char *what)
{
    fprintf(stderr, "meet: %s failed: error %d\n", what, last_error());
    return false;
}

static struct addrinfo *resolve(const char *port, const char *host)
{
    struct addrinfo hints, *found;
    int error;

    memset(&hints, 0, sizeof hints);
    hints.ai_family = AF_INET;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = host ? 0 : AI_PASSIVE;
    error = getaddrinfo(host, port, &hints, &found);
    if (!error)
        return found;
    fprintf(stderr, "meet: no address for host '%s', port '%s': error %d\n", host ? host : "", port,
            error);
    return NULL;
}

static bool listen_for_one(struct meeting *meeting, const struct addrinfo *address)
{
    const intptr_t listener = (intptr_t)socket(AF_INET, SOCK_STREAM, 0);
    bool ok = false;

    if (listener == -1)
        return failed("socket");
    if (bind((SOCKET)listener, address->ai_addr, (socklen_t)address->ai_addrlen) != 0) {
        failed("bind"); /* the port may be in use */
    } else if (listen((SOCKET)listener, 1) != 0) {
        failed("listen");
    } else {
        meeting->socket = (intptr_t)accept((SOCKET)listener, NULL, NULL);
        ok = meeting->socket != -1 || failed("accept");
    }
    close_socket(listener);
    return ok;
}

static bool connect_to(struct meeting *meeting, const struct addrinfo *address)
{
    for (int i = 0; i < CONNECT_TRIES; i++) {
        meeting->socket = (intptr_t)socket(AF_INET, SOCK_STREAM, 0);
        if (meeting->socket == -1)
            return failed("socket");
        if (connect((SOCKET)meeting->socket, address->ai_addr, (socklen_t)address->ai_addrlen) == 0)
            return true;
        if (i + 1 == CONNECT_TRIES)
            failed("connect");
        close_socket(meeting->socket);
        meeting->socket = -1;
        pause_a_moment();
    }
    return false;
}

bool meet(struct meeting *meeting, const char *port, const char *host)
{
    struct addrinfo *address;
    bool ok = false;

    meeting->socket = -1;
    if (!prepare())
        return failed("WSAStartup");
    address = resolve(port, host);
    if (address) {
        ok = host ? connect_to(meeting, address) : listen_for_one(meeting, address);
        freeaddrinfo(address);
    }
    if (!ok)
        clean_up();
    return ok;
}

bool meet_swap(const struct meeting *meeting, const void *own, void *other, size_t size)
{
    const SOCKET connection = (SOCKET)meeting->socket;
    size_t received = 0;

    /* Small enough for the socket's buffer, so both processes may send first. */
    if (send(connection, (const char *)own, (length)size, SEND_FLAGS) != (int)size)
        return failed("send");
    while (received < size) {
        const int count =
            (int)recv(connection, (char *)other + received, (length)(size - received), 0);

        if (count < 0)
            return failed("recv");
        if (count == 0) {
            fprintf(stderr, "meet: the other process ended the connection\n");
            return false;
        }
        received += (size_t)count;
    }
    return true;
}

void meet_end(struct meeting *meeting)
{
    if (meeting->socket == -1)
        return;
    close_socket(meeting->socket);
    meeting->socket = -1;
    clean_up();
}
