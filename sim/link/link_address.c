/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Reading and writing addresses. */
#define _GNU_SOURCE
#include "link_address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PORTS 65535

/* Splits the text at its last colon; removes the brackets of an IPv6 address. */
static bool split(const char *text, char *host, size_t host_size, const char **port)
{
    const char *colon = strrchr(text, ':');
    size_t length;

    if (!colon || colon == text)
        return false;
    *port = colon + 1;
    length = (size_t)(colon - text);
    if (text[0] == '[') {
        if (length < 3 || text[length - 1] != ']')
            return false;
        text++;
        length -= 2;
    } else if (memchr(text, ':', length)) {
        return false;
    }
    if (length >= host_size)
        return false;
    memcpy(host, text, length);
    host[length] = '\0';
    return true;
}

static bool is_port(const char *text)
{
    char *end;
    long port = strtol(text, &end, 10);

    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && port >= 1 && port <= PORTS;
}

bool link_address_read(const char *text, struct link_address *address, char *message,
                       size_t message_size)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found;
    char host[LINK_ADDRESS_SIZE];
    const char *port;
    int error;

    if (strlen(text) >= sizeof address->text || !split(text, host, sizeof host, &port) ||
        !is_port(port)) {
        snprintf(message, message_size,
                 "invalid address '%.100s'; expected ADDRESS:PORT with a port from 1 to %d, such "
                 "as 10.0.0.2:7471 or "
                 "[fd00::2]:7471",
                 text, PORTS);
        return false;
    }
    error = getaddrinfo(host, port, &hints, &found);
    if (error != 0) {
        snprintf(message, message_size, "cannot resolve the address '%.100s': %s", host,
                 gai_strerror(error));
        return false;
    }
    memset(address, 0, sizeof *address);
    snprintf(address->text, sizeof address->text, "%s", text);
    memcpy(&address->socket, found->ai_addr, found->ai_addrlen);
    address->size = found->ai_addrlen;
    freeaddrinfo(found);
    return true;
}

bool link_address_is_loopback(const struct link_address *address)
{
    if (address->socket.ss_family == AF_INET) {
        struct sockaddr_in in;

        memcpy(&in, &address->socket, sizeof in);
        return ntohl(in.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
    }
    if (address->socket.ss_family == AF_INET6) {
        struct sockaddr_in6 in6;

        memcpy(&in6, &address->socket, sizeof in6);
        return IN6_IS_ADDR_LOOPBACK(&in6.sin6_addr) != 0;
    }
    return false;
}

void link_address_describe(const struct sockaddr_storage *socket, socklen_t size, char *text,
                           size_t text_size)
{
    char host[64], port[8];

    if (getnameinfo((const struct sockaddr *)socket, size, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        snprintf(text, text_size, "an unknown address");
    else
        snprintf(text, text_size, strchr(host, ':') ? "[%s]:%s" : "%s:%s", host, port);
}
