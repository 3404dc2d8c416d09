/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The key that all instances of one fabric share: a file of 64 hexadecimal digits. */
#ifndef EFASIM_LINK_KEY_H
#define EFASIM_LINK_KEY_H

#include <stdbool.h>
#include <stddef.h>

#define LINK_KEY_SIZE 32

/* Initialises libsodium, before any other use of it here. False: `message` says why. */
bool link_key_prepare(char *message, size_t message_size);
/* False: `message` says why. The file must belong to this user, and no other
 * user may have access to it. */
bool link_key_read(const char *path, unsigned char key[LINK_KEY_SIZE], char *message,
                   size_t message_size);
/* Writes a new key into a new file. False: `message` says why. */
bool link_key_make(const char *path, char *message, size_t message_size);

#endif
