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

bool tool_listen(uint16_t port, tool_socket *listener);

/* Waits for one peer, then listens no more. */
bool tool_accept_peer(tool_socket listener, uint64_t deadline, tool_socket *peer);

/* Connects, again and again while the other side is not there yet. */
bool tool_connect_peer(const char *host, uint16_t port, uint64_t deadline, tool_socket *peer);

bool tool_send_all(tool_socket peer, const void *data, size_t size, uint64_t deadline);
bool tool_receive_all(tool_socket peer, void *data, size_t size, uint64_t deadline);

/* What is there now, without waiting: the number of bytes, 0 for none, -1 at the connection's end. */
long tool_receive_now(tool_socket peer, void *data, size_t size);

/* False where the peer has ended the connection, or it broke. Does not wait, takes nothing. */
bool tool_peer_is_there(tool_socket peer);

void tool_close_socket(tool_socket peer);

#endif
