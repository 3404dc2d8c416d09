/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Exchanges with the service. Replies come from another process, so they are checked here. */
#include "connection.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/driver/win32_error.h"
#include "../../src/os/compiler.h"
#include "channel.h"

struct mapped_segment {
    void *memory;
    uint64_t size;
    struct mapped_segment *next;
};

struct efasim_connection {
    struct efasim_channel *channel;
    struct mapped_segment *segments; /* under the channel's lock */
    bool is_asking;                  /* under the channel's lock */
    uint32_t lost;
    uint64_t looked;          /* time of the last check; atomic */
    union efasim_frame frame; /* under the channel's lock */
};

static uint32_t lose(struct efasim_connection *connection)
{
    efa_store_release_u32(&connection->lost, 1);
    return EFA_WIN32_DEVICE_NOT_CONNECTED;
}

/* Leaves the reply in connection->frame. False if what arrived is not a reply. */
static bool exchange(struct efasim_connection *connection, const void *frame, uint32_t size)
{
    union efasim_frame *reply = &connection->frame;
    uint32_t received;

    if (!efasim_channel_send(connection->channel, frame, size) ||
        !efasim_channel_receive(connection->channel, reply, sizeof *reply, &received))
        return false;
    if (received < sizeof reply->kind)
        return false;
    if (reply->kind == EFASIM_FRAME_MEMORY)
        return received == sizeof reply->memory;
    return reply->kind == EFASIM_FRAME_REPLY && received >= EFASIM_REPLY_FRAME_HEAD &&
           reply->reply.size == received - EFASIM_REPLY_FRAME_HEAD;
}

static uint32_t greet(struct efasim_connection *connection,
                      const struct efasim_purpose_options *options, struct efasim_welcome *welcome)
{
    const struct efasim_reply_frame *reply = &connection->frame.reply;
    /* A value that is unlikely to be anywhere else by chance. */
    uint64_t witness = (uint64_t)(uintptr_t)connection * 0x9e3779b97f4a7c15u + 1;
    struct efasim_hello_frame hello = {
        .kind = EFASIM_FRAME_HELLO,
        .protocol = EFASIM_PROTOCOL_VERSION,
        .purpose = options->purpose,
        .device = options->device,
        .flags = options->rings ? EFASIM_HELLO_RINGS : 0,
        .witness_address = (uint64_t)(uintptr_t)&witness,
        .witness = witness,
    };

    if (!exchange(connection, &hello, sizeof hello) || reply->kind != EFASIM_FRAME_REPLY ||
        reply->size != sizeof *welcome) {
        snprintf(welcome->message, sizeof welcome->message,
                 "the service closed the connection, or is of another version: use efasim and its "
                 "client library from one build");
        return EFA_WIN32_REVISION_MISMATCH;
    }
    memcpy(welcome, reply->output, sizeof *welcome);
    welcome->message[sizeof welcome->message - 1] = '\0';
    return reply->error;
}

uint32_t efasim_connection_open(const char *instance, const struct efasim_purpose_options *options,
                                struct efasim_connection **connection_out,
                                struct efasim_welcome *welcome)
{
    struct efasim_connection *connection = calloc(1, sizeof *connection);
    uint32_t error;

    memset(welcome, 0, sizeof *welcome);
    if (!connection)
        return EFA_WIN32_NOT_ENOUGH_MEMORY;
    error = efasim_channel_open(instance, &connection->channel, welcome->message,
                                sizeof welcome->message);
    if (error != EFA_WIN32_SUCCESS) {
        free(connection);
        return error;
    }
    error = greet(connection, options, welcome);
    if (error != EFA_WIN32_SUCCESS) {
        efasim_connection_close(connection);
        return error;
    }
    *connection_out = connection;
    return EFA_WIN32_SUCCESS;
}

/* When this returns, the client's objects are destroyed, as when a driver's handle is closed. */
static void say_goodbye(struct efasim_connection *connection)
{
    struct efasim_bare_frame goodbye = {EFASIM_FRAME_GOODBYE};
    uint32_t received;

    if (!efasim_channel_send(connection->channel, &goodbye, sizeof goodbye))
        return;
    while (efasim_channel_receive(connection->channel, &connection->frame, sizeof connection->frame,
                                  &received))
        ;
}

void efasim_connection_close(struct efasim_connection *connection)
{
    struct mapped_segment *segment = connection->segments;

    say_goodbye(connection);
    efasim_channel_close(connection->channel);
    while (segment) {
        struct mapped_segment *next = segment->next;

        efasim_channel_unmap(segment->memory, segment->size);
        free(segment);
        segment = next;
    }
    free(connection);
}

/* Maps the segment of the service's MEMORY frame and reports its address. */
static uint32_t take_segment(struct efasim_connection *connection)
{
    const struct efasim_memory_frame memory = connection->frame.memory;
    struct mapped_segment *segment = calloc(1, sizeof *segment);
    struct efasim_mapped_frame mapped = {.kind = EFASIM_FRAME_MAPPED};
    void *mapping = efasim_channel_map(connection->channel, memory.handle, memory.size);

    if (segment && mapping) {
        segment->memory = mapping;
        segment->size = memory.size;
        segment->next = connection->segments;
        connection->segments = segment;
        mapped.address = (uint64_t)(uintptr_t)mapping;
    } else {
        free(segment);
        if (mapping)
            efasim_channel_unmap(mapping, memory.size);
    }
    if (!efasim_channel_send(connection->channel, &mapped, sizeof mapped))
        return lose(connection);
    return mapped.address ? EFA_WIN32_SUCCESS : EFA_WIN32_NOT_ENOUGH_MEMORY;
}

static uint32_t take_reply(struct efasim_connection *connection, void *output, uint32_t output_size,
                           uint32_t *returned)
{
    const struct efasim_reply_frame *reply = &connection->frame.reply;

    if (reply->size > output_size)
        return lose(connection);
    *returned = reply->returned;
    if (reply->error == EFA_WIN32_SUCCESS && reply->size != 0)
        memcpy(output, reply->output, reply->size);
    return reply->error;
}

/* A request needs at most one segment. A service that sends another one is faulty. */
static uint32_t ask_at_once(struct efasim_connection *connection,
                            const struct efasim_request_frame *request, uint32_t size, void *output,
                            uint32_t *returned)
{
    if (!exchange(connection, request, size))
        return lose(connection);
    if (connection->frame.kind == EFASIM_FRAME_MEMORY) {
        uint32_t error = take_segment(connection);
        if (error != EFA_WIN32_SUCCESS)
            return error;
        if (!exchange(connection, request, size) || connection->frame.kind != EFASIM_FRAME_REPLY)
            return lose(connection);
    }
    return take_reply(connection, output, request->output_size, returned);
}

/*
 * While a process ends, Windows ends its threads wherever they are. The reply to one of them would
 * be taken for that to the next request.
 */
static uint32_t ask(struct efasim_connection *connection,
                    const struct efasim_request_frame *request, uint32_t size, void *output,
                    uint32_t *returned)
{
    uint32_t error;

    if (connection->is_asking)
        return lose(connection);
    connection->is_asking = true;
    error = ask_at_once(connection, request, size, output, returned);
    connection->is_asking = false;
    return error;
}

uint32_t efasim_connection_request(struct efasim_connection *connection, uint32_t code,
                                   const void *input, uint32_t input_size, void *output,
                                   uint32_t output_size, uint32_t *returned)
{
    struct efasim_request_frame request;
    uint32_t sent = efasim_frame_part(input_size);
    uint32_t error;

    *returned = 0;
    if (efa_load_acquire_u32(&connection->lost))
        return EFA_WIN32_DEVICE_NOT_CONNECTED;
    request.kind = EFASIM_FRAME_REQUEST;
    request.code = code;
    request.input_size = input_size;
    request.output_size = output_size;
    if (input)
        memcpy(request.input, input, sent);
    efasim_channel_lock(connection->channel);
    error = ask(connection, &request, EFASIM_REQUEST_FRAME_HEAD + sent, output, returned);
    efasim_channel_unlock(connection->channel);
    return error;
}

void efasim_connection_ring(struct efasim_connection *connection)
{
    struct efasim_bare_frame bell = {EFASIM_FRAME_BELL};

    (void)efasim_channel_notify(connection->channel, &bell, sizeof bell);
}

bool efasim_connection_is_lost(struct efasim_connection *connection)
{
    uint64_t now;

    if (efa_load_acquire_u32(&connection->lost))
        return true;
    now = efasim_channel_clock();
    if (efa_load_relaxed_u64(&connection->looked) == now)
        return false;
    efa_store_relaxed_u64(&connection->looked, now);
    if (!efasim_channel_is_lost(connection->channel))
        return false;
    lose(connection);
    return true;
}
