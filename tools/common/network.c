/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* One TCP connection, on Winsock or POSIX sockets; see network.h. */
#ifdef _WIN32
#define WIN32_LEAN_AND_MEAN
#include <winsock2.h>
#include <ws2tcpip.h>
#else
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>
#endif

#include "network.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "interrupt.h"
#include "message.h"
#include "resolve.h"

#define RETRY_MS 100
#define NOTE_AFTER_NS 1000000000u
#define QUEUE 8
/* How often a wait checks for Ctrl-C. */
#define LOOK_EVERY_US 100000u

#ifdef _WIN32

#define SOCKET_LENGTH(n) ((int)(n))
#define WOULD_BLOCK(error) ((error) == WSAEWOULDBLOCK || (error) == WSAEINPROGRESS)
#define SEND_FLAGS 0
#define IS_GONE(error) ((error) == WSAECONNRESET || (error) == WSAECONNABORTED)

static int last_error(void)
{
    return WSAGetLastError();
}

static const char *error_text(int error)
{
    static wchar_t wide[200];
    static char text[3 * EFA_ARRAY_SIZE(wide)]; /* as UTF-8, like all output */
    DWORD length = FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL,
                                  (DWORD)error, 0, wide, EFA_ARRAY_SIZE(wide), NULL);

    /* The text becomes part of a sentence, so it must not end with a full stop. */
    while (length > 0 && wcschr(L"\r\n .", wide[length - 1]))
        wide[--length] = L'\0';
    if (length == 0 ||
        WideCharToMultiByte(CP_UTF8, 0, wide, -1, text, sizeof text, NULL, NULL) <= 0)
        snprintf(text, sizeof text, "network error %d", error);
    return text;
}

static bool set_nonblocking(tool_socket handle)
{
    u_long on = 1;

    return ioctlsocket(handle, (long)FIONBIO, &on) == 0;
}

/* The option that keeps other programs from using the port differs from POSIX. */
static void claim_port(tool_socket handle)
{
    const int on = 1;

    setsockopt(handle, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, (const char *)&on, sizeof on);
}

bool tool_network_start(void)
{
    WSADATA data;
    const int error = WSAStartup(MAKEWORD(2, 2), &data);

    if (error != 0)
        tool_error("Windows sockets did not start: %s", error_text(error));
    return error == 0;
}

void tool_close_socket(tool_socket peer)
{
    if (peer != TOOL_NO_SOCKET)
        closesocket(peer);
}

#else

#define SOCKET_LENGTH(n) (n)
#define WOULD_BLOCK(error) ((error) == EAGAIN || (error) == EWOULDBLOCK || (error) == EINPROGRESS)
#define SEND_FLAGS MSG_NOSIGNAL
#define IS_GONE(error) ((error) == ECONNRESET || (error) == EPIPE)

static int last_error(void)
{
    return errno;
}

static const char *error_text(int error)
{
    return strerror(error);
}

static bool set_nonblocking(tool_socket handle)
{
    return fcntl(handle, F_SETFL, fcntl(handle, F_GETFL) | O_NONBLOCK) == 0;
}

/* A port that was used a moment ago may be used again. */
static void claim_port(tool_socket handle)
{
    const int on = 1;

    setsockopt(handle, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
}

bool tool_network_start(void)
{
    return true;
}

void tool_close_socket(tool_socket peer)
{
    if (peer != TOOL_NO_SOCKET)
        close(peer);
}

#endif

enum wait_for { WAIT_READABLE, WAIT_WRITABLE };
enum wait_result { WAIT_READY, WAIT_LATE, WAIT_INTERRUPTED };

/* Ready, or broken: the next call on the socket reports that. */
static enum wait_result wait_until(tool_socket handle, enum wait_for what, uint64_t deadline)
{
    for (;;) {
        const uint64_t now = tool_now_ns();
        const uint64_t left_us = deadline > now ? (deadline - now) / 1000 : 0;
        struct timeval time;
        fd_set ready, broken;

        FD_ZERO(&ready);
        FD_ZERO(&broken);
        FD_SET(handle, &ready);
        FD_SET(handle, &broken);
        time.tv_sec = 0;
        time.tv_usec = (long)(left_us < LOOK_EVERY_US ? left_us : LOOK_EVERY_US);
        if (select((int)handle + 1, what == WAIT_READABLE ? &ready : NULL,
                   what == WAIT_WRITABLE ? &ready : NULL, &broken, &time) > 0)
            return WAIT_READY;
        if (tool_interrupted())
            return WAIT_INTERRUPTED;
        if (tool_now_ns() >= deadline)
            return WAIT_LATE;
    }
}

/* Without waiting: something to accept, or to read. */
static bool is_ready(tool_socket handle)
{
    struct timeval none = {0, 0};
    fd_set ready;

    FD_ZERO(&ready);
    FD_SET(handle, &ready);
    return select((int)handle + 1, &ready, NULL, NULL, &none) > 0;
}

/* A listening socket for IPv6 and IPv4 alike, or for IPv4 where there is no IPv6. */
static tool_socket open_listener(uint16_t port, int *error)
{
    static const int families[] = {AF_INET6, AF_INET};
    tool_socket listener = TOOL_NO_SOCKET;

    for (size_t i = 0; i < EFA_ARRAY_SIZE(families); i++) {
        struct sockaddr_in6 any6;
        struct sockaddr_in any4;
        const bool six = families[i] == AF_INET6;
        const int off = 0;

        memset(&any6, 0, sizeof any6);
        any6.sin6_family = AF_INET6;
        any6.sin6_port = htons(port);
        memset(&any4, 0, sizeof any4);
        any4.sin_family = AF_INET;
        any4.sin_port = htons(port);
        listener = (tool_socket)socket(families[i], SOCK_STREAM, IPPROTO_TCP);
        if (listener == TOOL_NO_SOCKET) {
            *error = last_error();
            continue;
        }
        if (six)
            setsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, (const char *)&off, sizeof off);
        claim_port(listener);
        if (bind(listener, six ? (struct sockaddr *)&any6 : (struct sockaddr *)&any4,
                 SOCKET_LENGTH(six ? sizeof any6 : sizeof any4)) == 0 &&
            listen(listener, QUEUE) == 0)
            return listener;
        *error = last_error();
        tool_close_socket(listener);
    }
    return TOOL_NO_SOCKET;
}

/* A busy server sends this to a client instead of its greeting. */
static const char busy_answer[8] = {'B', 'U', 'S', 'Y', 'B', 'U', 'S', 'Y'};

bool tool_listen(uint16_t port, struct tool_listener *listener)
{
    int error = 0;

    for (size_t i = 0; i < TOOL_TURNED_AWAY; i++)
        listener->turned_away[i] = TOOL_NO_SOCKET;
    listener->next = 0;
    listener->socket = open_listener(port, &error);
    if (listener->socket == TOOL_NO_SOCKET)
        tool_error(
            "cannot listen on port %u: %s (if another program uses it, choose one with --port)",
            port, error_text(error));
    return listener->socket != TOOL_NO_SOCKET;
}

void tool_close_listener(struct tool_listener *listener)
{
    for (size_t i = 0; i < TOOL_TURNED_AWAY; i++) {
        tool_close_socket(listener->turned_away[i]);
        listener->turned_away[i] = TOOL_NO_SOCKET;
    }
    tool_close_socket(listener->socket);
    listener->socket = TOOL_NO_SOCKET;
}

static tool_socket accept_one(struct tool_listener *listener)
{
    tool_socket accepted = (tool_socket)accept(listener->socket, NULL, NULL);

    if (accepted != TOOL_NO_SOCKET && !set_nonblocking(accepted)) {
        tool_close_socket(accepted);
        accepted = TOOL_NO_SOCKET;
    }
    return accepted;
}

bool tool_accept_peer(struct tool_listener *listener, uint64_t deadline, tool_socket *peer)
{
    *peer = TOOL_NO_SOCKET;
    switch (wait_until(listener->socket, WAIT_READABLE, deadline)) {
    case WAIT_READY:
        *peer = accept_one(listener);
        if (*peer == TOOL_NO_SOCKET)
            tool_error("accepting the client failed: %s", error_text(last_error()));
        break;
    case WAIT_LATE:
        tool_error("no client came in time (see --timeout)");
        break;
    case WAIT_INTERRUPTED:
        if (deadline != UINT64_MAX)
            tool_error("interrupted while waiting for a client");
        break;
    }
    return *peer != TOOL_NO_SOCKET;
}

void tool_turn_away(struct tool_listener *listener)
{
    while (is_ready(listener->socket)) {
        tool_socket *place = &listener->turned_away[listener->next++ % TOOL_TURNED_AWAY];

        /* The connection is not closed at once: if bytes of the client were unread, the system
         * would drop the reply. */
        tool_close_socket(*place);
        *place = accept_one(listener);
        if (*place == TOOL_NO_SOCKET)
            return;
        send(*place, busy_answer, SOCKET_LENGTH(sizeof busy_answer), SEND_FLAGS);
    }
}

/* ---- The client ---- */

/* An attempt to reach a server, and its state, which is printed once after a while. */
struct attempt {
    const struct tool_server *server;
    uint64_t begin;
    uint64_t deadline;
    bool was_noted;
    bool is_busy;
    int error; /* 0: nobody answered */
};

static const char *trouble_text(const struct attempt *attempt)
{
    if (attempt->is_busy)
        return "it is busy with another client";
    return attempt->error != 0 ? error_text(attempt->error) : "nobody answers";
}

static void note_waiting(struct attempt *attempt)
{
    if (attempt->was_noted || tool_now_ns() - attempt->begin < NOTE_AFTER_NS)
        return;
    attempt->was_noted = true;
    fprintf(stderr, "waiting for the server on %s port %u: %s\n", attempt->server->host,
            attempt->server->port, trouble_text(attempt));
    fflush(stderr);
}

/* Waits in parts, and prints in between what it waits for. */
static enum wait_result wait_and_note(struct attempt *attempt, tool_socket handle,
                                      enum wait_for what)
{
    for (;;) {
        const uint64_t soon = tool_now_ns() + NOTE_AFTER_NS;
        const uint64_t end = soon < attempt->deadline ? soon : attempt->deadline;
        const enum wait_result result = wait_until(handle, what, end);

        if (result != WAIT_LATE || end == attempt->deadline)
            return result;
        note_waiting(attempt);
    }
}

static tool_socket try_address(struct attempt *attempt, const struct addrinfo *address)
{
    tool_socket handle = (tool_socket)socket(address->ai_family, SOCK_STREAM, IPPROTO_TCP);
    int result = 0;
    socklen_t length = sizeof result;

    if (handle == TOOL_NO_SOCKET) {
        attempt->error = last_error();
        return TOOL_NO_SOCKET;
    }
    set_nonblocking(handle);
    if (connect(handle, address->ai_addr, SOCKET_LENGTH(address->ai_addrlen)) == 0)
        return handle;
    attempt->error = last_error();
    if (WOULD_BLOCK(attempt->error)) {
        attempt->error = 0;
        if (wait_and_note(attempt, handle, WAIT_WRITABLE) == WAIT_READY &&
            getsockopt(handle, SOL_SOCKET, SO_ERROR, (char *)&result, &length) == 0) {
            if (result == 0)
                return handle;
            attempt->error = result;
        }
    }
    tool_close_socket(handle);
    return TOOL_NO_SOCKET;
}

/*
 * Whether the server's first bytes report that it is busy. They are not taken from the socket. If
 * nothing arrives, the later receive reports that.
 */
static bool answers_busy(struct attempt *attempt, tool_socket peer)
{
    char answer[sizeof busy_answer];
    long got = 0;

    while (got < (long)sizeof answer) {
        if (wait_and_note(attempt, peer, WAIT_READABLE) != WAIT_READY)
            return false;
        got = (long)recv(peer, answer, SOCKET_LENGTH(sizeof answer), MSG_PEEK);
        if (got <= 0 || memcmp(answer, busy_answer, (size_t)got) != 0)
            return false;
        if (got < (long)sizeof answer)
            tool_sleep_ms(1);
    }
    return true;
}

static bool greet(struct attempt *attempt, tool_socket *peer)
{
    const struct tool_server *server = attempt->server;

    if (server->greeting_size == 0)
        return true;
    if (!tool_send_all(*peer, server->greeting, server->greeting_size, attempt->deadline))
        return true; /* the peer's end is found by receiving */
    if (!answers_busy(attempt, *peer)) {
        /* A server that was busy and has not replied yet is still busy. */
        if (!attempt->is_busy || tool_now_ns() < attempt->deadline)
            return true;
    }
    attempt->is_busy = true;
    tool_close_socket(*peer);
    *peer = TOOL_NO_SOCKET;
    return false;
}

static bool try_addresses(struct attempt *attempt, const struct addrinfo *addresses,
                          tool_socket *peer)
{
    for (const struct addrinfo *one = addresses; one; one = one->ai_next) {
        *peer = try_address(attempt, one);
        if (*peer != TOOL_NO_SOCKET)
            return greet(attempt, peer);
        attempt->is_busy = false;
    }
    return false;
}

bool tool_find_host(const struct tool_server *server, uint64_t deadline)
{
    struct addrinfo *addresses = tool_resolve(server->host, server->port, deadline);

    if (!addresses)
        return false;
    freeaddrinfo(addresses);
    return true;
}

bool tool_connect_peer(const struct tool_server *server, uint64_t deadline, tool_socket *peer)
{
    struct addrinfo *addresses = tool_resolve(server->host, server->port, deadline);
    struct attempt attempt = {server, tool_now_ns(), deadline, false, false, 0};

    *peer = TOOL_NO_SOCKET;
    if (!addresses)
        return false;
    while (!try_addresses(&attempt, addresses, peer) && tool_now_ns() < deadline &&
           !tool_interrupted()) {
        note_waiting(&attempt);
        tool_sleep_ms(RETRY_MS);
    }
    freeaddrinfo(addresses);
    if (*peer != TOOL_NO_SOCKET)
        return true;
    if (tool_interrupted())
        tool_error("interrupted while waiting for the server on %s port %u", server->host,
                   server->port);
    else if (attempt.is_busy)
        tool_error(
            "the server on %s port %u is busy with another client: try again later, or "
            "wait longer (--timeout)",
            server->host, server->port);
    else
        tool_error("no server on %s port %u: %s (start it there first, without a host name)",
                   server->host, server->port, trouble_text(&attempt));
    return false;
}

void tool_describe_peer(tool_socket peer, char *text, size_t size)
{
    struct sockaddr_storage address;
    socklen_t length = sizeof address;

    if (getpeername(peer, (struct sockaddr *)&address, &length) != 0 ||
        getnameinfo((struct sockaddr *)&address, length, text, (socklen_t)size, NULL, 0,
                    NI_NUMERICHOST) != 0)
        snprintf(text, size, "unknown");
    /* IPv4 on a socket of both kinds. */
    if (strncmp(text, "::ffff:", 7) == 0)
        memmove(text, text + 7, strlen(text + 7) + 1);
}

/* If a side ends with unread data in its socket, the system resets the connection. */
static void report_broken(const char *what, int error)
{
    if (IS_GONE(error))
        tool_error("the other side is gone: see what it printed, or whether it was killed");
    else
        tool_error("%s: %s", what, error_text(error));
}

bool tool_send_all(tool_socket peer, const void *data, size_t size, uint64_t deadline)
{
    const char *next = (const char *)data;

    while (size > 0) {
        const long sent = (long)send(peer, next, SOCKET_LENGTH(size), SEND_FLAGS);
        if (sent > 0) {
            next += sent;
            size -= (size_t)sent;
        } else if (!WOULD_BLOCK(last_error())) {
            report_broken("sending to the other side failed", last_error());
            return false;
        } else if (tool_now_ns() >= deadline) {
            tool_error("the other side does not read any more (see --timeout)");
            return false;
        } else {
            /* Ctrl-C does not stop this: the message may report the interruption. */
            wait_until(peer, WAIT_WRITABLE, deadline);
        }
    }
    return true;
}

bool tool_receive_all(tool_socket peer, void *data, size_t size, uint64_t deadline)
{
    char *next = (char *)data;

    while (size > 0) {
        const long got = (long)recv(peer, next, SOCKET_LENGTH(size), 0);
        if (got > 0) {
            next += got;
            size -= (size_t)got;
        } else if (got == 0) {
            tool_error(
                "the other side ended the connection: see what it printed, or whether it was "
                "killed");
            return false;
        } else if (!WOULD_BLOCK(last_error())) {
            report_broken("the connection to the other side broke", last_error());
            return false;
        } else {
            const enum wait_result result = wait_until(peer, WAIT_READABLE, deadline);

            if (result == WAIT_READY)
                continue;
            tool_error(result == WAIT_LATE
                           ? "the other side did not answer in time (see --timeout)"
                           : "interrupted while waiting for the other side's answer");
            return false;
        }
    }
    return true;
}

long tool_receive_now(tool_socket peer, void *data, size_t size)
{
    const long got = (long)recv(peer, (char *)data, SOCKET_LENGTH(size), 0);

    if (got > 0)
        return got;
    return got < 0 && WOULD_BLOCK(last_error()) ? 0 : -1;
}

bool tool_peer_is_there(tool_socket peer)
{
    char byte;
    const long got = (long)recv(peer, &byte, 1, MSG_PEEK);

    return got > 0 || (got < 0 && WOULD_BLOCK(last_error()));
}
