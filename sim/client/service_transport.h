/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The library's transport to the adapters of a running service. */
#ifndef EFASIM_CLIENT_SERVICE_TRANSPORT_H
#define EFASIM_CLIENT_SERVICE_TRANSPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "../../src/driver/transport.h"

struct service_transport {
    struct efa_transport transport; /* first: the transport's address is this structure's */
    const char *instance;           /* what efasim_instance_find takes */
    uint32_t device;
    bool rings; /* the client calls service_transport_ring after each doorbell (protocol.h) */
    /* Receives one sentence if opening a session fails and the error code does not say why. May
     * be NULL. */
    void (*report)(const char *line);
};

/* Fills the structure, except `rings`. It and the strings must outlive the sessions. */
void service_transport_init(struct service_transport *transport, const char *instance,
                            uint32_t device, void (*report)(const char *line));

/* How many adapters the instance has. Without a service: 0, and the error of an attempt to open
 * one. */
uint32_t service_transport_count(const char *instance, void (*report)(const char *line),
                                 uint32_t *count);

/* Wakes the engine of the service behind a session. */
void service_transport_ring(void *session);

/* Whether the service behind a session is gone. */
bool service_transport_is_lost(void *session);

#endif
