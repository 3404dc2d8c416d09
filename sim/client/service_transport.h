/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The adapters of a running service behind the library's transport interface. */
#ifndef EFASIM_CLIENT_SERVICE_TRANSPORT_H
#define EFASIM_CLIENT_SERVICE_TRANSPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "../../src/driver/transport.h"

struct service_transport {
    struct efa_transport transport; /* first: the transport's address is this structure's */
    const char *instance;           /* as efasim_instance_find takes it */
    uint32_t device;
    bool rings; /* the client calls service_transport_ring as protocol.h asks */
    /* One sentence where a session cannot be opened and the error does not say why. May be NULL. */
    void (*report)(const char *line);
};

/* Fills the structure in, without `rings`; it and the strings must outlive the sessions. */
void service_transport_init(struct service_transport *transport, const char *instance,
                            uint32_t device, void (*report)(const char *line));

/* How many adapters the instance has: 0, and an error as of opening one, when there is no service. */
uint32_t service_transport_count(const char *instance, void (*report)(const char *line),
                                 uint32_t *count);

/* Wakes the engine of the service behind a session. */
void service_transport_ring(void *session);

/* Whether the service behind a session is gone. */
bool service_transport_is_lost(void *session);

#endif
