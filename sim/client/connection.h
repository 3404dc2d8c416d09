/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * A session with the service, as its clients see it: requests and their replies, and the ring
 * memory that came with them. Errors are Win32 codes, as a driver's would be.
 */
#ifndef EFASIM_CLIENT_CONNECTION_H
#define EFASIM_CLIENT_CONNECTION_H

#include <stdbool.h>
#include <stdint.h>

#include "protocol.h"

struct efasim_connection;

/*
 * `instance` as efasim_instance_find takes it. On failure welcome->message says why; it is empty
 * where a request to a real adapter would say no more than the error.
 */
struct efasim_purpose_options {
    enum efasim_purpose purpose;
    uint32_t device;
    bool rings; /* the client uses the bells (protocol.h) */
};
uint32_t efasim_connection_open(const char *instance, const struct efasim_purpose_options *options,
                                struct efasim_connection **connection,
                                struct efasim_welcome *welcome);
void efasim_connection_close(struct efasim_connection *connection);

/*
 * One request. *returned is always set, `output` on success only. A service that is gone is
 * EFA_WIN32_DEVICE_NOT_CONNECTED, at once and from then on.
 */
uint32_t efasim_connection_request(struct efasim_connection *connection, uint32_t code,
                                   const void *input, uint32_t input_size, void *output,
                                   uint32_t output_size, uint32_t *returned);

/* Wakes the service's engine. */
void efasim_connection_ring(struct efasim_connection *connection);

/* Whether the service is gone: its rings are dead memory then. Looks once a millisecond at most. */
bool efasim_connection_is_lost(struct efasim_connection *connection);

#endif
