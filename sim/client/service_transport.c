/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The library's transport: each session is a connection to the service. */
#include "service_transport.h"

#include <stddef.h>

#include "../../src/driver/win32_error.h"
#include "connection.h"

static uint32_t open_connection(const char *instance, const struct efasim_purpose_options *options,
                                void (*report)(const char *line),
                                struct efasim_connection **connection,
                                struct efasim_welcome *welcome)
{
    uint32_t error = efasim_connection_open(instance, options, connection, welcome);

    if (error != EFA_WIN32_SUCCESS && report && welcome->message[0])
        report(welcome->message);
    return error;
}

static uint32_t open_session(const struct efa_transport *base, void **session)
{
    const struct service_transport *transport =
        (const struct service_transport *)(const void *)base;
    const struct efasim_purpose_options options = {EFASIM_PURPOSE_ADAPTER, transport->device,
                                                   transport->rings};
    struct efasim_connection *connection;
    struct efasim_welcome welcome;
    uint32_t error =
        open_connection(transport->instance, &options, transport->report, &connection, &welcome);

    if (error == EFA_WIN32_SUCCESS)
        *session = connection;
    return error;
}

static uint32_t request(const struct efa_transport *base, void *session, uint32_t code,
                        const void *input, uint32_t input_size, void *output, uint32_t output_size,
                        uint32_t *returned)
{
    (void)base;
    return efasim_connection_request(session, code, input, input_size, output, output_size,
                                     returned);
}

static void close_session(const struct efa_transport *base, void *session)
{
    (void)base;
    efasim_connection_close(session);
}

void service_transport_init(struct service_transport *transport, const char *instance,
                            uint32_t device, void (*report)(const char *line))
{
    transport->transport.name = "simulated";
    transport->transport.open = open_session;
    transport->transport.request = request;
    transport->transport.close = close_session;
    transport->instance = instance;
    transport->device = device;
    transport->rings = false;
    transport->report = report;
}

uint32_t service_transport_count(const char *instance, void (*report)(const char *line),
                                 uint32_t *count)
{
    const struct efasim_purpose_options options = {EFASIM_PURPOSE_CONTROL, 0, false};
    struct efasim_connection *connection;
    struct efasim_welcome welcome;
    uint32_t error = open_connection(instance, &options, report, &connection, &welcome);

    *count = 0;
    if (error != EFA_WIN32_SUCCESS)
        return error;
    *count = welcome.device_count;
    efasim_connection_close(connection);
    return EFA_WIN32_SUCCESS;
}

void service_transport_ring(void *session)
{
    efasim_connection_ring(session);
}

bool service_transport_is_lost(void *session)
{
    return efasim_connection_is_lost(session);
}
