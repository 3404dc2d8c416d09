/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * One TCP connection between the two sides of a test. Every wait ends at a deadline, in
 * nanoseconds of tool_now_ns, and but for sending with Ctrl-C. Failures are printed.
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

/* To be called once before the others. */
bool tool_network_start(void);

/* What a server listens with. Clients that are turned away stay open until they have read why. */
enum { TOOL_TURNED_AWAY = 8 };
struct tool_listener {
    tool_socket socket;
    tool_socket turned_away[TOOL_TURNED_AWAY];
    unsigned next;
};

bool tool_listen(uint16_t port, struct tool_listener *listener);
void tool_close_listener(struct tool_listener *listener);

/* Waits for one client; others wait in the queue. A deadline of UINT64_MAX is none,
 * and Ctrl-C is how such a wait is meant to end: nothing is printed then. */
bool tool_accept_peer(struct tool_listener *listener, uint64_t deadline, tool_socket *peer);

/* Tells all clients that came meanwhile that this server is busy. Does not wait. */
void tool_turn_away(struct tool_listener *listener);

/* What to connect to, and what to say first. */
struct tool_server {
    const char *host;
    uint16_t port;
    const void *greeting;
    size_t greeting_size; /* 0: say nothing, and do not wait for the server's first word */
};

/*
 * Connects and sends the greeting, again and again while the server is not there yet or is busy with
 * another client. Prints what it waits for after a second.
 */
bool tool_connect_peer(const struct tool_server *server, uint64_t deadline, tool_socket *peer);

/* The peer's address in figures. */
void tool_describe_peer(tool_socket peer, char *text, size_t size);

bool tool_send_all(tool_socket peer, const void *data, size_t size, uint64_t deadline);
bool tool_receive_all(tool_socket peer, void *data, size_t size, uint64_t deadline);

/* What is there now, without waiting: the number of bytes, 0 for none, -1 at the connection's end. */
long tool_receive_now(tool_socket peer, void *data, size_t size);

/* False where the peer has ended the connection, or it broke. Does not wait, takes nothing. */
bool tool_peer_is_there(tool_socket peer);

void tool_close_socket(tool_socket peer);

#endif
