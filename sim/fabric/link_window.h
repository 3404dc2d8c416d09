/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * A link to another instance as the fabric sees it: the messages that crossed it and are not
 * answered, at most a window of them, and those that wait for room or for the link. It knows a
 * message only by where it keeps it.
 */
#ifndef EFASIM_FABRIC_LINK_WINDOW_H
#define EFASIM_FABRIC_LINK_WINDOW_H

#include "../device/remote_device.h"
#include "link_packet.h"
#include "state.h"

#define EFASIM_LINK_SLOTS 1024u
#define EFASIM_LINK_BYTES (4u << 20)
#define EFASIM_NO_LINK_SLOT UINT32_MAX

struct efasim_link_slot {
    struct efasim_message *message; /* NULL: a datagram, which has completed */
    uint32_t generation;
    uint32_t bytes;
    uint32_t next_free;
    bool is_used;
};

struct efasim_link {
    struct efasim *sim;
    struct efasim_link *next; /* of the fabric's */
    efasim_link_sender *send;
    void *context;
    bool is_up;
    uint64_t heard_at;
    uint32_t used; /* slots; also read without the lock */
    uint32_t bytes;
    uint32_t free_slot;
    struct efasim_message *held; /* in the order they came */
    struct efasim_message *last_held;
    struct efasim_link_slot slots[EFASIM_LINK_SLOTS];
};

struct efasim_link *efasim_link_window_create(struct efasim *sim, efasim_link_sender *send,
                                              void *context);
void efasim_link_windows_release(struct efasim *sim);

bool efasim_link_has_room(const struct efasim_link *link, uint32_t bytes);
/* There is room. */
struct efasim_token efasim_link_take_slot(struct efasim_link *link, struct efasim_message *message,
                                          uint32_t bytes);
/* NULL: no such message is outstanding any more. */
struct efasim_link_slot *efasim_link_find_slot(struct efasim_link *link, struct efasim_token token);
void efasim_link_free_slot(struct efasim_link *link, uint32_t slot);

void efasim_link_hold(struct efasim_link *link, struct efasim_message *message);
/* The link has nothing of this message any more; a message of no link is left as it is. */
void efasim_link_forget(struct efasim_message *message);

#endif
