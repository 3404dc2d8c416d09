/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* One connection to a peer: the greeting, then records. */
#ifndef EFASIM_LINK_SESSION_H
#define EFASIM_LINK_SESSION_H

#include "link_record.h"
#include "link_seal.h"
#include "link_socket.h"

/* Precedes a sealed record: its length, not encrypted. */
struct link_frame_head {
    uint32_t size;
};

#define LINK_FRAME_LARGEST (sizeof(struct link_frame_head) + LINK_RECORD_LARGEST + LINK_SEAL_EXTRA)

struct link_session {
    struct link_socket socket;
    bool is_dialer;
    char name[LINK_ADDRESS_SIZE]; /* of the peer */
    struct link_seal seal;
    uint8_t in[LINK_FRAME_LARGEST];
    uint8_t in_plain[LINK_FRAME_LARGEST];
    uint8_t out[LINK_FRAME_LARGEST];
    uint8_t out_plain[LINK_FRAME_LARGEST]; /* the writer's record */
    struct efasim_link_arrival arrivals[LINK_RECORD_PACKETS];
};

/*
 * Exchanges greetings and hellos. False: `message` says why; it is empty if the links are being
 * stopped.
 */
bool link_session_greet(struct link_session *session, const uint8_t key[LINK_KEY_SIZE],
                        const struct link_hello *own, struct link_hello *theirs, char *message,
                        size_t message_size);
/* Sends the peer the reason why it is rejected. */
void link_session_reject(struct link_session *session, const char *why);

/* Sends the first `size` bytes of out_plain. */
enum link_socket_result link_session_write(struct link_session *session, size_t size,
                                           uint64_t patience);
/* Reads a record into in_plain. False: `message` says why; it is empty if the links are being
 * stopped. */
bool link_session_read(struct link_session *session, size_t *size, uint64_t patience, char *message,
                       size_t message_size);

#endif
