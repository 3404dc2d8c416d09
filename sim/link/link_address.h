/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* ADDRESS:PORT, as the user writes it: 10.0.0.2:7471, [fd00::2]:7471, host:7471. */
#ifndef EFASIM_LINK_ADDRESS_H
#define EFASIM_LINK_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#define LINK_ADDRESS_SIZE 128

struct link_address {
    char text[LINK_ADDRESS_SIZE]; /* as written */
    struct sockaddr_storage socket;
    socklen_t size;
};

/* False: `message` says what is wrong. Names are looked up. */
bool link_address_read(const char *text, struct link_address *address, char *message,
                       size_t message_size);
bool link_address_is_loopback(const struct link_address *address);
/* Of a socket address, in numbers. */
void link_address_describe(const struct sockaddr_storage *socket, socklen_t size, char *text,
                           size_t text_size);

#endif
