/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Keys of a connection, and its two streams. */
#include "link_seal.h"

#include <assert.h>
#include <string.h>

static_assert(sizeof(struct link_greeting) == 48, "is sent as it lies in memory");

void link_seal_init(struct link_seal *seal)
{
    memset(seal, 0, sizeof *seal);
    memcpy(seal->greeting.magic, LINK_MAGIC, sizeof seal->greeting.magic);
    seal->greeting.version = LINK_VERSION;
    randombytes_buf(seal->secret_key, sizeof seal->secret_key);
    crypto_scalarmult_base(seal->greeting.public_key, seal->secret_key);
}

/* The key of the direction from the dialer, or to it. */
static void derive(uint8_t *derived, const uint8_t key[LINK_KEY_SIZE], const uint8_t *shared,
                   const uint8_t *dialer, const uint8_t *listener, uint8_t direction)
{
    crypto_generichash_state state;

    crypto_generichash_init(&state, key, LINK_KEY_SIZE,
                            crypto_secretstream_xchacha20poly1305_KEYBYTES);
    crypto_generichash_update(&state, (const uint8_t *)LINK_MAGIC, sizeof LINK_MAGIC);
    crypto_generichash_update(&state, &direction, sizeof direction);
    crypto_generichash_update(&state, shared, crypto_scalarmult_BYTES);
    crypto_generichash_update(&state, dialer, crypto_scalarmult_BYTES);
    crypto_generichash_update(&state, listener, crypto_scalarmult_BYTES);
    crypto_generichash_final(&state, derived, crypto_secretstream_xchacha20poly1305_KEYBYTES);
}

bool link_seal_agree(struct link_seal *seal, const uint8_t key[LINK_KEY_SIZE],
                     const struct link_greeting *theirs, bool is_dialer,
                     uint8_t header[LINK_SEAL_HEADER])
{
    const uint8_t *dialer = is_dialer ? seal->greeting.public_key : theirs->public_key;
    const uint8_t *listener = is_dialer ? theirs->public_key : seal->greeting.public_key;
    uint8_t shared[crypto_scalarmult_BYTES];
    uint8_t out_key[crypto_secretstream_xchacha20poly1305_KEYBYTES];

    if (crypto_scalarmult(shared, seal->secret_key, theirs->public_key) != 0)
        return false;
    derive(out_key, key, shared, dialer, listener, is_dialer);
    derive(seal->in_key, key, shared, dialer, listener, !is_dialer);
    crypto_secretstream_xchacha20poly1305_init_push(&seal->out, header, out_key);
    sodium_memzero(shared, sizeof shared);
    sodium_memzero(out_key, sizeof out_key);
    sodium_memzero(seal->secret_key, sizeof seal->secret_key);
    return true;
}

bool link_seal_accept(struct link_seal *seal, const uint8_t header[LINK_SEAL_HEADER])
{
    int error = crypto_secretstream_xchacha20poly1305_init_pull(&seal->in, header, seal->in_key);

    sodium_memzero(seal->in_key, sizeof seal->in_key);
    return error == 0;
}

void link_seal_forget(struct link_seal *seal)
{
    sodium_memzero(seal, sizeof *seal);
}

void link_seal_out(struct link_seal *seal, const uint8_t *plain, size_t size, uint8_t *sealed)
{
    (void)crypto_secretstream_xchacha20poly1305_push(&seal->out, sealed, NULL, plain, size, NULL, 0,
                                                     0);
}

bool link_seal_in(struct link_seal *seal, const uint8_t *sealed, size_t size, uint8_t *plain)
{
    return size >= LINK_SEAL_EXTRA && crypto_secretstream_xchacha20poly1305_pull(
                                          &seal->in, plain, NULL, NULL, sealed, size, NULL, 0) == 0;
}
