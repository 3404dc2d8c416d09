/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The greeting, then records. Until its first record was opened, a peer is not authenticated. */
#include "link_session.h"

#include <stdio.h>
#include <string.h>

#include "../fronts/service/system.h"

#define GREETING_PATIENCE (5 * SYSTEM_SECOND)

static bool say(char *message, size_t message_size, const struct link_session *session,
                enum link_socket_result result, const char *when)
{
    if (result == LINK_SOCKET_STOPPED)
        message[0] = '\0';
    else if (result == LINK_SOCKET_SILENT && session->socket.deadline != 0)
        snprintf(message, message_size, "%s did not complete its greeting within %u s",
                 session->name, (unsigned)(GREETING_PATIENCE / SYSTEM_SECOND));
    else
        snprintf(message, message_size, "%s %s%s", session->name, link_socket_explain(result),
                 when);
    return false;
}

static bool check_greeting(const struct link_session *session, const struct link_greeting *theirs,
                           char *message, size_t message_size)
{
    if (memcmp(theirs->magic, LINK_MAGIC, sizeof theirs->magic) != 0) {
        snprintf(message, message_size,
                 "%s did not send the greeting of an efasim: check the address and the port",
                 session->name);
        return false;
    }
    if (theirs->version == LINK_VERSION)
        return true;
    snprintf(message, message_size,
             "%s has links of version %u, this efasim of version %u: use the same efasim on "
             "all machines",
             session->name, theirs->version, LINK_VERSION);
    return false;
}

static bool write_hello(struct link_session *session, const struct link_hello *own)
{
    struct link_record_head head = {.flags = LINK_RECORD_HELLO};

    memcpy(session->out_plain, &head, sizeof head);
    memcpy(session->out_plain + sizeof head, own, sizeof *own);
    return link_session_write(session, sizeof head + sizeof *own, GREETING_PATIENCE) ==
           LINK_SOCKET_DONE;
}

static bool agree(struct link_session *session, const uint8_t key[LINK_KEY_SIZE], char *message,
                  size_t message_size)
{
    uint8_t header[LINK_SEAL_HEADER];
    struct link_greeting theirs;
    enum link_socket_result result;

    link_seal_init(&session->seal);
    (void)link_socket_write(&session->socket, &session->seal.greeting, sizeof theirs,
                            GREETING_PATIENCE);
    result = link_socket_read(&session->socket, &theirs, sizeof theirs, GREETING_PATIENCE);
    if (result != LINK_SOCKET_DONE)
        return say(message, message_size, session, result, " before its greeting was complete");
    if (!check_greeting(session, &theirs, message, message_size))
        return false;
    if (!link_seal_agree(&session->seal, key, &theirs, session->is_dialer, header)) {
        snprintf(message, message_size, "%s sent a greeting with an invalid public key",
                 session->name);
        return false;
    }
    (void)link_socket_write(&session->socket, header, sizeof header, GREETING_PATIENCE);
    return true;
}

static bool wrong_key(const struct link_session *session, char *message, size_t message_size)
{
    snprintf(message, message_size, "%s has another key; use the same key file on all machines",
             session->name);
    return false;
}

static bool greet(struct link_session *session, const uint8_t key[LINK_KEY_SIZE],
                  const struct link_hello *own, struct link_hello *theirs, char *message,
                  size_t message_size)
{
    uint8_t header[LINK_SEAL_HEADER];
    enum link_socket_result result;
    struct link_frame_head frame;
    size_t size;

    if (!agree(session, key, message, message_size))
        return false;
    (void)write_hello(session, own);
    result = link_socket_read(&session->socket, header, sizeof header, GREETING_PATIENCE);
    if (result == LINK_SOCKET_DONE)
        result = link_socket_read(&session->socket, &frame, sizeof frame, GREETING_PATIENCE);
    size = sizeof(struct link_record_head) + sizeof *theirs;
    if (result == LINK_SOCKET_DONE && frame.size != size + LINK_SEAL_EXTRA)
        return wrong_key(session, message, message_size);
    if (result == LINK_SOCKET_DONE)
        result = link_socket_read(&session->socket, session->in, frame.size, GREETING_PATIENCE);
    /* A peer that could not open this side's hello closes the connection. */
    if (result == LINK_SOCKET_CLOSED || result == LINK_SOCKET_CUT)
        return say(message, message_size, session, result,
                   " after the greeting: it may have another key");
    if (result != LINK_SOCKET_DONE)
        return say(message, message_size, session, result, " after its greeting");
    if (!link_seal_accept(&session->seal, header) ||
        !link_seal_in(&session->seal, session->in, frame.size, session->in_plain))
        return wrong_key(session, message, message_size);
    if (link_record_read_hello(session->in_plain, size, theirs))
        return true;
    snprintf(message, message_size, "%s sent an invalid hello", session->name);
    return false;
}

/* One deadline for the whole greeting: a peer that sends it byte by byte must not occupy a
 * connection for long. */
bool link_session_greet(struct link_session *session, const uint8_t key[LINK_KEY_SIZE],
                        const struct link_hello *own, struct link_hello *theirs, char *message,
                        size_t message_size)
{
    bool ok;

    session->socket.deadline = system_now() + GREETING_PATIENCE;
    ok = greet(session, key, own, theirs, message, message_size);
    session->socket.deadline = 0;
    return ok;
}

void link_session_reject(struct link_session *session, const char *why)
{
    struct link_record_head head = {.flags = LINK_RECORD_REJECTION};
    size_t length = strlen(why);

    if (length >= LINK_REJECTION_SIZE)
        length = LINK_REJECTION_SIZE - 1;
    memcpy(session->out_plain, &head, sizeof head);
    memcpy(session->out_plain + sizeof head, why, length);
    (void)link_session_write(session, sizeof head + length, GREETING_PATIENCE);
}

enum link_socket_result link_session_write(struct link_session *session, size_t size,
                                           uint64_t patience)
{
    struct link_frame_head frame = {(uint32_t)(size + LINK_SEAL_EXTRA)};

    memcpy(session->out, &frame, sizeof frame);
    link_seal_out(&session->seal, session->out_plain, size, session->out + sizeof frame);
    return link_socket_write(&session->socket, session->out, sizeof frame + frame.size, patience);
}

bool link_session_read(struct link_session *session, size_t *size, uint64_t patience, char *message,
                       size_t message_size)
{
    struct link_frame_head frame;
    enum link_socket_result result =
        link_socket_read(&session->socket, &frame, sizeof frame, patience);

    if (result != LINK_SOCKET_DONE)
        return say(message, message_size, session, result, "");
    if (frame.size < LINK_SEAL_EXTRA || frame.size > LINK_RECORD_LARGEST + LINK_SEAL_EXTRA) {
        snprintf(message, message_size, "%s sent a frame of %u bytes (limit %zu)", session->name,
                 frame.size, LINK_RECORD_LARGEST + LINK_SEAL_EXTRA);
        return false;
    }
    result = link_socket_read(&session->socket, session->in, frame.size, patience);
    if (result == LINK_SOCKET_CLOSED)
        result = LINK_SOCKET_CUT;
    if (result != LINK_SOCKET_DONE)
        return say(message, message_size, session, result, "");
    *size = frame.size - LINK_SEAL_EXTRA;
    if (link_seal_in(&session->seal, session->in, frame.size, session->in_plain))
        return true;
    snprintf(message, message_size, "%s: a frame was altered in transit", session->name);
    return false;
}
