/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* A connection's socket. Each wait ends at a deadline, or when the links are stopped. */
#ifndef EFASIM_LINK_SOCKET_H
#define EFASIM_LINK_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "link_address.h"

struct link_socket {
    int file;
    int stop;          /* readable once the links are stopped */
    uint64_t deadline; /* no wait goes beyond this time of system_now(); 0: no deadline */
};

enum link_socket_result {
    LINK_SOCKET_DONE,
    LINK_SOCKET_CLOSED, /* before the first byte */
    LINK_SOCKET_CUT,    /* after it */
    LINK_SOCKET_SILENT, /* no byte was transferred within `patience` or before the deadline */
    LINK_SOCKET_FAILED, /* errno */
    LINK_SOCKET_STOPPED
};

/* Transfer `size` bytes. Each wait for the next bytes may take `patience` nanoseconds. */
enum link_socket_result link_socket_read(const struct link_socket *socket, void *bytes, size_t size,
                                         uint64_t patience);
enum link_socket_result link_socket_write(const struct link_socket *socket, const void *bytes,
                                          size_t size, uint64_t patience);
/* Creates and connects a socket. On failure it leaves no socket open. */
enum link_socket_result link_socket_connect(struct link_socket *socket,
                                            const struct link_address *address, uint64_t patience);
/* False: `message` says why. */
bool link_socket_listen(const struct link_address *address, int *file, char *message,
                        size_t message_size);
/* TCP sends at once, without waiting for more data. */
void link_socket_send_at_once(int file);
/* Waits. Returns true as soon as the links are stopped. */
bool link_socket_pause(int stop, uint64_t nanoseconds);
/* Waits until a peer can be accepted. False: the links are stopped. */
bool link_socket_await_peer(int file, int stop);
/* The result in words, for a message: "closed the connection". */
const char *link_socket_explain(enum link_socket_result result);

#endif
