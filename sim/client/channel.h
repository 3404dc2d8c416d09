/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The client's end of the channel to a service, and the memory that the service sends through it.
 * Each frame arrives whole. channel_linux.c implements it with a Unix socket, channel_windows.c
 * with a named pipe.
 */
#ifndef EFASIM_CLIENT_CHANNEL_H
#define EFASIM_CLIENT_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct efasim_channel;

/*
 * Connects to an instance (instance.h) that the same user runs, and allows it to reach this
 * process's memory. Returns 0 or a Win32 error code; on failure `message` says why.
 */
uint32_t efasim_channel_open(const char *instance, struct efasim_channel **channel, char *message,
                             size_t message_size);

/* Can be called in a forked child too: the parent's session goes on. */
void efasim_channel_close(struct efasim_channel *channel);

/* One exchange at a time. */
void efasim_channel_lock(struct efasim_channel *channel);
void efasim_channel_unlock(struct efasim_channel *channel);

/* False if the service is gone, or if this is a forked child of the process that opened the
 * channel. */
bool efasim_channel_send(struct efasim_channel *channel, const void *frame, uint32_t size);
bool efasim_channel_receive(struct efasim_channel *channel, void *frame, uint32_t size,
                            uint32_t *received);

/* Sends without waiting and without the lock. False: it could not be sent at once, and is lost. */
bool efasim_channel_notify(struct efasim_channel *channel, const void *frame, uint32_t size);

/* Milliseconds since a fixed moment, from a coarse and cheap clock. */
uint64_t efasim_channel_clock(void);

/* Does not wait and takes no lock. */
bool efasim_channel_is_lost(struct efasim_channel *channel);

/*
 * Maps the segment that came with the last frame; `handle` is from that frame. NULL if none came or
 * memory is short. Forked children do not inherit its pages.
 */
void *efasim_channel_map(struct efasim_channel *channel, uint64_t handle, uint64_t size);
void efasim_channel_unmap(void *memory, uint64_t size);

#endif
