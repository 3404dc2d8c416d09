/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * A session with the service, for its clients: requests, replies, and the memory of rings. Errors
 * are Win32 codes, as from a driver.
 */
#ifndef EFASIM_CLIENT_CONNECTION_H
#define EFASIM_CLIENT_CONNECTION_H

#include <stdbool.h>
#include <stdint.h>

#include "protocol.h"

struct efasim_connection;

struct efasim_purpose_options {
    enum efasim_purpose purpose;
    uint32_t device;
    bool rings; /* the client rings the bells (protocol.h) */
};
/*
 * `instance` is what efasim_instance_find takes. On failure welcome->message says why; it is empty
 * if the error code says everything.
 */
uint32_t efasim_connection_open(const char *instance, const struct efasim_purpose_options *options,
                                struct efasim_connection **connection,
                                struct efasim_welcome *welcome);
void efasim_connection_close(struct efasim_connection *connection);

/*
 * One request. *returned is always set, `output` on success only. If the service is gone, this and
 * all later requests fail with EFA_WIN32_DEVICE_NOT_CONNECTED at once.
 */
uint32_t efasim_connection_request(struct efasim_connection *connection, uint32_t code,
                                   const void *input, uint32_t input_size, void *output,
                                   uint32_t output_size, uint32_t *returned);

/* Wakes the service's engine. */
void efasim_connection_ring(struct efasim_connection *connection);

/* Whether the service is gone and no longer serves the rings. Checks at most once a
 * millisecond. */
bool efasim_connection_is_lost(struct efasim_connection *connection);

#endif
