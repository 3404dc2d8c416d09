/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The key that all instances of one fabric share: a file of 64 hexadecimal digits. */
#ifndef EFASIM_LINK_KEY_H
#define EFASIM_LINK_KEY_H

#include <stdbool.h>
#include <stddef.h>

#define LINK_KEY_SIZE 32

/* False: `message` says why. The file must be its user's, and nobody else's to read. */
bool link_key_read(const char *path, unsigned char key[LINK_KEY_SIZE], char *message,
                   size_t message_size);
/* A new key in a new file. */
bool link_key_make(const char *path, char *message, size_t message_size);

#endif
