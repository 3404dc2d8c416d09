/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The client processes of the service: the listener that they connect to, frames from and to each,
 * and access to their memory. listener_linux.c, peer_linux.c and peer_memory_linux.c implement it
 * with a Unix socket and process_vm_readv, the files of the same names for Windows with a named
 * pipe and ReadProcessMemory.
 */
#ifndef EFASIM_SERVICE_PEER_H
#define EFASIM_SERVICE_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../client/instance.h"
#include "../../platform.h"
#include "shared_memory.h"

struct listener;
struct peer;

/* False: `message` has the reason, and nothing is left to clean up. */
bool listener_open(const struct efasim_instance *instance, struct listener **listener,
                   char *message, size_t message_size);
/* Makes all waiting calls of the listener and of its peers return, now and from now on. */
void listener_stop(struct listener *listener);
/* No peer may be left. */
void listener_close(struct listener *listener);

enum listener_result {
    LISTENER_PEER,     /* *peer is a new one */
    LISTENER_REJECTED, /* the process that connected is not allowed; `message` names it */
    LISTENER_STOPPED
};
enum listener_result listener_accept(struct listener *listener, struct peer **peer, char *message,
                                     size_t message_size);

void peer_close(struct peer *peer);

/*
 * Receives the next frame of the client, cut off at `size` bytes. False: the client has closed its
 * channel or died, or the listener was stopped.
 */
bool peer_receive(struct peer *peer, void *frame, uint32_t size, uint32_t *received);
/* Sends a frame, with the memory's handle beside it unless `memory` is NULL. */
bool peer_send(struct peer *peer, const void *frame, uint32_t size,
               const struct shared_memory *memory);

/* Names the process, for messages. */
uint32_t peer_process(const struct peer *peer);
void peer_describe(const struct peer *peer, char *text, size_t text_size);

/* As in efasim_platform. They fail if the client is gone or has replaced its program. */
uint32_t peer_validate(struct peer *peer, uint64_t address, uint64_t size, bool writable);
void peer_copy(struct peer *peer, enum efasim_copy_direction direction, struct efasim_copy *copies,
               uint32_t count);
/* Copies one range; false: `message` says why the memory cannot be accessed. */
bool peer_read(struct peer *peer, uint64_t address, void *bytes, size_t size, char *message,
               size_t message_size);

#endif
