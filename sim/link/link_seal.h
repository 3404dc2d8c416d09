/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Encryption and authentication of one connection: libsodium's secretstream in each direction,
 * under keys of this connection only. They come from the shared key and from a key pair that each
 * side makes for the connection, so that a recorded connection can be neither replayed nor, once
 * the key is known, read.
 */
#ifndef EFASIM_LINK_SEAL_H
#define EFASIM_LINK_SEAL_H

#include <sodium.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "link_key.h"

#define LINK_VERSION 1u
#define LINK_MAGIC "efasim link" /* with its 0: 12 bytes */
#define LINK_SEAL_HEADER crypto_secretstream_xchacha20poly1305_HEADERBYTES
#define LINK_SEAL_EXTRA crypto_secretstream_xchacha20poly1305_ABYTES

/* The first bytes in each direction, in the clear. */
struct link_greeting {
    char magic[12];
    uint32_t version;
    uint8_t public_key[crypto_scalarmult_BYTES];
};

struct link_seal {
    crypto_secretstream_xchacha20poly1305_state out, in;
    uint8_t secret_key[crypto_scalarmult_SCALARBYTES];
    uint8_t in_key[crypto_secretstream_xchacha20poly1305_KEYBYTES];
    struct link_greeting greeting;
};

void link_seal_init(struct link_seal *seal);
/* `theirs` is of this version. False: no honest side has such a public key. */
bool link_seal_agree(struct link_seal *seal, const uint8_t key[LINK_KEY_SIZE],
                     const struct link_greeting *theirs, bool is_dialer,
                     uint8_t header[LINK_SEAL_HEADER]);
bool link_seal_accept(struct link_seal *seal, const uint8_t header[LINK_SEAL_HEADER]);
void link_seal_forget(struct link_seal *seal);

/* `sealed` has room for LINK_SEAL_EXTRA more bytes. */
void link_seal_out(struct link_seal *seal, const uint8_t *plain, size_t size, uint8_t *sealed);
/* False: it was not sealed by this key, or not at this place of the stream. */
bool link_seal_in(struct link_seal *seal, const uint8_t *sealed, size_t size, uint8_t *plain);

#endif
