/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * One client: its frames, which are not trusted. An invalid frame ends the session. A client can
 * keep only its own thread of the service busy.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../client/protocol.h"
#include "../../../src/driver/protocol.h"
#include "../control/control_requests.h"
#include "service_internal.h"

static void *session_allocate(size_t size)
{
    return calloc(1, size);
}

static bool reply(struct session *session, uint32_t error, const void *output, uint32_t size,
                  uint32_t returned)
{
    struct efasim_reply_frame frame;

    frame.kind = EFASIM_FRAME_REPLY;
    frame.error = error;
    frame.returned = returned;
    frame.size = size;
    if (size != 0)
        memcpy(frame.output, output, size);
    return peer_send(session->peer, &frame, EFASIM_REPLY_FRAME_HEAD + size, NULL);
}

static uint32_t reject_protocol(const struct efasim_hello_frame *hello,
                                struct efasim_welcome *welcome)
{
    snprintf(welcome->message, sizeof welcome->message,
             "the service has protocol %u, the client %u: use efasim and its client library from "
             "one build",
             EFASIM_PROTOCOL_VERSION, hello->protocol);
    return EFA_WIN32_REVISION_MISMATCH;
}

/* Checks that the client's witness is at this address of the process that connected. */
static uint32_t check_witness(struct session *session, const struct efasim_hello_frame *hello,
                              struct efasim_welcome *welcome)
{
    uint64_t witness;

    if (!peer_read(session->peer, hello->witness_address, &witness, sizeof witness,
                   welcome->message, sizeof welcome->message))
        return EFA_WIN32_ACCESS_DENIED;
    if (witness == hello->witness)
        return EFA_WIN32_SUCCESS;
    snprintf(welcome->message, sizeof welcome->message,
             "the memory of process %u lacks the witness of the client: it is not the process "
             "that connected",
             peer_process(session->peer));
    return EFA_WIN32_ACCESS_DENIED;
}

static uint32_t open_client(struct session *session, const struct efasim_hello_frame *hello,
                            struct efasim_welcome *welcome)
{
    struct efasim_service *service = session->service;
    uint32_t error;

    welcome->protocol = EFASIM_PROTOCOL_VERSION;
    welcome->device_count = service->device_count;
    if (hello->protocol != EFASIM_PROTOCOL_VERSION)
        return reject_protocol(hello, welcome);
    session->is_control = hello->purpose == EFASIM_PURPOSE_CONTROL;
    if (session->is_control)
        return EFA_WIN32_SUCCESS;
    if (hello->purpose != EFASIM_PURPOSE_ADAPTER)
        return EFA_WIN32_INVALID_PARAMETER;
    error = check_witness(session, hello, welcome);
    if (error != EFA_WIN32_SUCCESS)
        return error;
    if ((hello->flags & EFASIM_HELLO_RINGS) == 0) {
        session->is_silent = true;
        efa_fetch_add_u32(&service->silent, 1);
    }
    return efasim_client_open(service->sim, hello->device, session, &session->client);
}

static bool greet(struct session *session)
{
    struct efasim_welcome welcome;
    union efasim_frame frame;
    uint32_t received, error;

    if (!peer_receive(session->peer, &frame, sizeof frame, &received) ||
        received != sizeof frame.hello || frame.kind != EFASIM_FRAME_HELLO)
        return false;
    memset(&welcome, 0, sizeof welcome);
    error = open_client(session, &frame.hello, &welcome);
    if (error != EFA_WIN32_SUCCESS && welcome.message[0])
        service_log(session->service, EFASIM_LOG_WARNING, "%s", welcome.message);
    return reply(session, error, &welcome, sizeof welcome, sizeof welcome) &&
           error == EFA_WIN32_SUCCESS;
}

enum next {
    NEXT_FRAME,
    NEXT_IS_END,  /* the client is gone */
    NEXT_IS_WRONG /* it sent an invalid frame */
};

static enum next after_sending(bool sent)
{
    return sent ? NEXT_FRAME : NEXT_IS_END;
}

static enum next offer_memory(struct session *session)
{
    struct efasim_memory_frame frame = {.kind = EFASIM_FRAME_MEMORY};
    const struct shared_memory *shared =
        arena_offer(&session->arena, session->service->largest_request);

    if (!shared)
        return after_sending(reply(session, EFA_WIN32_NO_SYSTEM_RESOURCES, NULL, 0, 0));
    frame.size = shared->size;
    return after_sending(peer_send(session->peer, &frame, sizeof frame, shared));
}

static bool needs_memory(const struct session *session, uint32_t code)
{
    return (code == EFA_CREATE_CQ || code == EFA_CREATE_QP) &&
           !arena_has_room(&session->arena, session->service->largest_request);
}

static uint32_t list_links(const struct efasim_service_options *options, void *buffer,
                           uint32_t input_size, uint32_t output_size, uint32_t *returned)
{
    struct efasim_service_links links;
    uint32_t first;

    if (input_size != sizeof first)
        return EFA_WIN32_INVALID_PARAMETER;
    memcpy(&first, buffer, sizeof first);
    memset(&links, 0, sizeof links);
    if (options->links)
        options->links(options->context, first, &links);
    return control_reply(buffer, output_size, &links, sizeof links, returned);
}

static uint32_t serve_control(struct session *session, uint32_t code, void *buffer,
                              uint32_t input_size, uint32_t output_size, uint32_t *returned)
{
    struct efasim_service *service = session->service;
    const struct efasim_service_options *options = &service->options;
    const struct control_target target = {service->sim, options->trace != NULL, session_allocate,
                                          free};
    const struct efasim_service_status status = {system_process(), service->device_count};

    switch (code) {
    case EFASIM_SERVICE_STATUS:
        return control_reply(buffer, output_size, &status, sizeof status, returned);
    case EFASIM_SERVICE_LINKS:
        return list_links(options, buffer, input_size, output_size, returned);
    case EFASIM_SERVICE_STOP:
        if (!options->stop)
            return EFA_WIN32_NOT_SUPPORTED;
        options->stop(options->context);
        return EFA_WIN32_SUCCESS;
    default:
        return control_serve(&target, code, buffer, input_size, output_size, returned);
    }
}

/* The input's size comes from the caller and may exceed the bytes sent: then the adapter rejects
 * it. */
static uint32_t carry_out(struct session *session, const struct efasim_request_frame *frame,
                          uint32_t sent, uint8_t *output, uint32_t room, uint32_t *returned)
{
    if (!session->is_control)
        return efasim_request(session->client, frame->code, frame->input, frame->input_size, output,
                              room, returned);
    if (sent != frame->input_size)
        return EFA_WIN32_INVALID_PARAMETER;
    memcpy(output, frame->input, sent);
    return serve_control(session, frame->code, output, sent, room, returned);
}

static enum next serve_request(struct session *session, const struct efasim_request_frame *frame,
                               uint32_t received)
{
    uint8_t output[EFASIM_FRAME_BYTES];
    uint32_t sent = efasim_frame_part(frame->input_size);
    uint32_t room = efasim_frame_part(frame->output_size);
    uint32_t returned = 0, size = 0, error;

    if (received != EFASIM_REQUEST_FRAME_HEAD + sent)
        return NEXT_IS_WRONG;
    if (session->client && needs_memory(session, frame->code))
        return offer_memory(session);
    error = carry_out(session, frame, sent, output, room, &returned);
    engine_wake(&session->service->engine); /* a state or a key may have changed */
    /* A fault may report a reply that is longer than the buffer. */
    if (error == EFA_WIN32_SUCCESS)
        size = returned < room ? returned : room;
    return after_sending(reply(session, error, output, size, returned));
}

static enum next serve_frame(struct session *session, const union efasim_frame *frame,
                             uint32_t received)
{
    if (received >= EFASIM_REQUEST_FRAME_HEAD && frame->kind == EFASIM_FRAME_REQUEST)
        return serve_request(session, &frame->request, received);
    if (received == sizeof frame->mapped && frame->kind == EFASIM_FRAME_MAPPED)
        return arena_accept(&session->arena, frame->mapped.address) ? NEXT_FRAME : NEXT_IS_WRONG;
    if (received == sizeof frame->bare && frame->kind == EFASIM_FRAME_BELL) {
        engine_wake(&session->service->engine);
        return NEXT_FRAME;
    }
    if (received == sizeof frame->bare && frame->kind == EFASIM_FRAME_GOODBYE)
        return NEXT_IS_END;
    return NEXT_IS_WRONG;
}

static void complain(struct session *session, uint32_t received)
{
    char who[64];

    peer_describe(session->peer, who, sizeof who);
    service_log(session->service, EFASIM_LOG_WARNING,
                "%s sent an invalid frame of %u bytes: the service ends its session", who,
                received);
}

static void serve_client(struct session *session)
{
    union efasim_frame frame;
    enum next next = NEXT_FRAME;
    uint32_t received;

    if (!greet(session))
        return;
    while (next == NEXT_FRAME && peer_receive(session->peer, &frame, sizeof frame, &received))
        next = serve_frame(session, &frame, received);
    if (next == NEXT_IS_WRONG)
        complain(session, received);
}

static bool owns_any(const struct efasim_objects *objects)
{
    return (objects->pds | objects->mrs | objects->cqs | objects->qps | objects->ahs) != 0;
}

static void report_left_over(struct session *session)
{
    const struct efasim_service_options *options = &session->service->options;
    struct efasim_left_over left_over;
    char who[64];

    if (!options->left_over)
        return;
    efasim_get_client_objects(session->client, &left_over.objects);
    if (!owns_any(&left_over.objects))
        return;
    peer_describe(session->peer, who, sizeof who);
    left_over.who = who;
    options->left_over(options->context, &left_over);
}

void session_serve(void *argument)
{
    struct session *session = argument;

    serve_client(session);
    arena_close(&session->arena);
    if (session->client) {
        report_left_over(session);
        efasim_client_close(session->client);
    }
    arena_destroy(&session->arena);
    if (session->is_silent)
        efa_fetch_add_u32(&session->service->silent, UINT32_MAX);
    peer_close(session->peer);
    efa_store_release_u32(&session->finished, 1);
}
