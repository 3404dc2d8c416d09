/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The client's end of the channel to a service, and the memory that arrives by it. Frames keep
 * their boundaries. channel_linux.c implements it with a Unix socket.
 */
#ifndef EFASIM_CLIENT_CHANNEL_H
#define EFASIM_CLIENT_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct efasim_channel;

/*
 * Connects to an instance (instance.h) that the same user runs, and allows it to reach this
 * process's memory. 0, or a Win32 error code; `message` then says what is wrong.
 */
uint32_t efasim_channel_open(const char *instance, struct efasim_channel **channel, char *message,
                             size_t message_size);

/* Also in a forked child, where it leaves the parent's session alone. */
void efasim_channel_close(struct efasim_channel *channel);

/* One exchange at a time. */
void efasim_channel_lock(struct efasim_channel *channel);
void efasim_channel_unlock(struct efasim_channel *channel);

/* False: the service is gone, or this is a forked child of the process that opened the channel. */
bool efasim_channel_send(struct efasim_channel *channel, const void *frame, uint32_t size);
bool efasim_channel_receive(struct efasim_channel *channel, void *frame, uint32_t size,
                            uint32_t *received);

/* Sends without waiting and without the lock; what cannot be sent at once is lost. */
void efasim_channel_notify(struct efasim_channel *channel, const void *frame, uint32_t size);

/* Milliseconds since a fixed moment, roughly: cheap to ask. */
uint64_t efasim_channel_clock(void);

/* Asks without waiting, and without the lock. */
bool efasim_channel_is_lost(struct efasim_channel *channel);

/*
 * Maps the segment that the last frame brought; `handle` is the frame's. NULL: there is none, or no
 * memory. Its pages are not inherited by forked children.
 */
void *efasim_channel_map(struct efasim_channel *channel, uint64_t handle, uint64_t size);
void efasim_channel_unmap(void *memory, uint64_t size);

#endif
