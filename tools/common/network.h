/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * One TCP connection between the two sides of a test. Every wait ends at a deadline, in nanoseconds
 * of tool_now_ns. Every wait except sending also ends with Ctrl-C. Failures are printed.
 */
#ifndef EFA_TOOLS_NETWORK_H
#define EFA_TOOLS_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef _WIN32
typedef uintptr_t tool_socket;
#else
typedef int tool_socket;
#endif
#define TOOL_NO_SOCKET ((tool_socket) - 1)

/* Must be called once before the others. */
bool tool_network_start(void);

/* The sockets of a server. Connections of rejected clients stay open until the client has read
 * the reason. */
enum { TOOL_TURNED_AWAY = 8 };
struct tool_listener {
    tool_socket socket;
    tool_socket turned_away[TOOL_TURNED_AWAY];
    unsigned next;
};

bool tool_listen(uint16_t port, struct tool_listener *listener);
void tool_close_listener(struct tool_listener *listener);

/* Waits for one client; others wait in the queue. UINT64_MAX means no deadline. Ctrl-C is the
 * normal end of such a wait, so nothing is printed then. */
bool tool_accept_peer(struct tool_listener *listener, uint64_t deadline, tool_socket *peer);

/* Informs all clients that connected meanwhile that this server is busy. Does not wait. */
void tool_turn_away(struct tool_listener *listener);

/* The server to connect to, and the greeting. */
struct tool_server {
    const char *host;
    uint16_t port;
    const void *greeting;
    size_t greeting_size; /* 0: send no greeting, and do not wait for the server's first bytes */
};

/* False, after a message, if the host is not known. */
bool tool_find_host(const struct tool_server *server, uint64_t deadline);

/*
 * Connects and sends the greeting. Tries again while the server is not there yet or is busy with
 * another client. After a second it prints what it waits for.
 */
bool tool_connect_peer(const struct tool_server *server, uint64_t deadline, tool_socket *peer);

/* The peer's address in figures. */
void tool_describe_peer(tool_socket peer, char *text, size_t size);

bool tool_send_all(tool_socket peer, const void *data, size_t size, uint64_t deadline);
bool tool_receive_all(tool_socket peer, void *data, size_t size, uint64_t deadline);

/* Receives without waiting. Returns the number of bytes, 0 if there are none, -1 at the
 * connection's end. */
long tool_receive_now(tool_socket peer, void *data, size_t size);

/* False if the peer has closed the connection, or it is broken. Does not wait and receives
 * nothing. */
bool tool_peer_is_there(tool_socket peer);

void tool_close_socket(tool_socket peer);

#endif
