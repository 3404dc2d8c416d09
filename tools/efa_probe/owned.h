/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The objects that a session has created and not destroyed. The driver would free them when the
 * session is closed; destroying them first relies on less.
 */
#ifndef EFA_PROBE_OWNED_H
#define EFA_PROBE_OWNED_H

#include <stddef.h>
#include <stdint.h>

#include "driver/transport.h"

struct owned_object;

struct owned {
    struct owned_object *objects;
    size_t count;
    size_t room;
    uint32_t version; /* the interface version of the session; 0: none was asked for */
};

/* After each request that succeeded. */
void owned_note(struct owned *owned, uint32_t code, const void *input, const void *output);

/* Destroys what is left, queue pairs first, and frees the list. Errors are ignored. */
void owned_destroy(struct owned *owned, const struct efa_transport *transport, void *session);

#endif
