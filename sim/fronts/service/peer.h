/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The processes that the service serves: how they reach it (the listener), frames from and to each,
 * and the reach into their memory. listener_linux.c, peer_linux.c and peer_memory_linux.c implement
 * it with a Unix socket and process_vm_readv.
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

/* False: `message` says why. Nothing is left of an attempt that failed. */
bool listener_open(const struct efasim_instance *instance, struct listener **listener,
                   char *message, size_t message_size);
/* All calls that wait, of the listener and of its peers, return from now on. */
void listener_stop(struct listener *listener);
/* Once no peer is left. */
void listener_close(struct listener *listener);

enum listener_result {
    LISTENER_PEER,     /* *peer is a new one */
    LISTENER_REJECTED, /* a process connected that must not; `message` names it */
    LISTENER_STOPPED
};
enum listener_result listener_accept(struct listener *listener, struct peer **peer, char *message,
                                     size_t message_size);

void peer_close(struct peer *peer);

/*
 * The next frame of the client; it may be cut short if it is longer than `size`. False: the client
 * has closed its channel, has died, or the listener was stopped.
 */
bool peer_receive(struct peer *peer, void *frame, uint32_t size, uint32_t *received);
/* With the memory's handle beside the frame, unless it is NULL. */
bool peer_send(struct peer *peer, const void *frame, uint32_t size,
               const struct shared_memory *memory);

/* Who it is, for messages. */
uint32_t peer_process(const struct peer *peer);
void peer_describe(const struct peer *peer, char *text, size_t text_size);

/* As efasim_platform has these. A client that is gone or has replaced its program is not touched. */
uint32_t peer_validate(struct peer *peer, uint64_t address, uint64_t size, bool writable);
void peer_copy(struct peer *peer, enum efasim_copy_direction direction, struct efasim_copy *copies,
               uint32_t count);
/* One range; false: `message` says why its memory cannot be reached. */
bool peer_read(struct peer *peer, uint64_t address, void *bytes, size_t size, char *message,
               size_t message_size);

#endif
