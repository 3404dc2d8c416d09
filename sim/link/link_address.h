/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Addresses as users write them: 10.0.0.2:7471, [fd00::2]:7471, host:7471. */
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

/* Resolves names. False: `message` says what is wrong. */
bool link_address_read(const char *text, struct link_address *address, char *message,
                       size_t message_size);
bool link_address_is_loopback(const struct link_address *address);
/* Writes a socket's address in numbers. */
void link_address_describe(const struct sockaddr_storage *socket, socklen_t size, char *text,
                           size_t text_size);

#endif
