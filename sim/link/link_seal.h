/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Encryption and authentication of one connection: libsodium's secretstream in each direction,
 * with keys of this connection only. They are derived from the shared key and from a key pair that
 * each side makes for the connection. So a recorded connection cannot be replayed, and it cannot be
 * decrypted by somebody who learns the shared key later.
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

/* The first bytes in each direction, not encrypted. */
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
/* `theirs` has this version. False: its public key is invalid. */
bool link_seal_agree(struct link_seal *seal, const uint8_t key[LINK_KEY_SIZE],
                     const struct link_greeting *theirs, bool is_dialer,
                     uint8_t header[LINK_SEAL_HEADER]);
bool link_seal_accept(struct link_seal *seal, const uint8_t header[LINK_SEAL_HEADER]);
void link_seal_forget(struct link_seal *seal);

/* `sealed` has room for LINK_SEAL_EXTRA more bytes. */
void link_seal_out(struct link_seal *seal, const uint8_t *plain, size_t size, uint8_t *sealed);
/* False: it was sealed with another key, or at another place of the stream. */
bool link_seal_in(struct link_seal *seal, const uint8_t *sealed, size_t size, uint8_t *plain);

#endif
