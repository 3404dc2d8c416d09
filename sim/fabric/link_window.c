/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The window of a link: slots of outstanding messages, and the line of those held back. */
#include "link_window.h"

struct efasim_link *efasim_link_window_create(struct efasim *sim, efasim_link_sender *send,
                                              void *context)
{
    struct efasim_link *link = efasim_allocate(sim, sizeof *link);

    if (!link)
        return NULL;
    link->sim = sim;
    link->send = send;
    link->context = context;
    for (uint32_t i = 0; i < EFASIM_LINK_SLOTS; i++)
        link->slots[i].next_free = i + 1;
    link->slots[EFASIM_LINK_SLOTS - 1].next_free = EFASIM_NO_LINK_SLOT;
    link->next = sim->fabric->links;
    sim->fabric->links = link;
    return link;
}

void efasim_link_windows_release(struct efasim *sim)
{
    while (sim->fabric->links) {
        struct efasim_link *link = sim->fabric->links;

        sim->fabric->links = link->next;
        efasim_release(sim, link);
    }
}

/* One message always has room: a chunk of a read may be larger than the window's rest for ever. */
bool efasim_link_has_room(const struct efasim_link *link, uint32_t bytes)
{
    return link->free_slot != EFASIM_NO_LINK_SLOT &&
           (link->used == 0 || link->bytes + bytes <= EFASIM_LINK_BYTES);
}

struct efasim_token efasim_link_take_slot(struct efasim_link *link, struct efasim_message *message,
                                          uint32_t bytes)
{
    uint32_t number = link->free_slot;
    struct efasim_link_slot *slot = &link->slots[number];
    struct efasim_token token = {number, slot->generation};

    link->free_slot = slot->next_free;
    slot->message = message;
    slot->bytes = bytes;
    slot->is_used = true;
    link->bytes += bytes;
    efa_store_relaxed_u32(&link->used, link->used + 1);
    if (message) {
        message->link = link;
        message->link_slot = number;
    }
    return token;
}

struct efasim_link_slot *efasim_link_find_slot(struct efasim_link *link, struct efasim_token token)
{
    struct efasim_link_slot *slot;

    if (token.slot >= EFASIM_LINK_SLOTS)
        return NULL;
    slot = &link->slots[token.slot];
    return slot->is_used && slot->generation == token.generation ? slot : NULL;
}

void efasim_link_free_slot(struct efasim_link *link, uint32_t number)
{
    struct efasim_link_slot *slot = &link->slots[number];

    if (slot->message)
        slot->message->link = NULL;
    slot->message = NULL;
    slot->generation++;
    slot->is_used = false;
    slot->next_free = link->free_slot;
    link->free_slot = number;
    link->bytes -= slot->bytes;
    efa_store_relaxed_u32(&link->used, link->used - 1);
}

void efasim_link_hold(struct efasim_link *link, struct efasim_message *message)
{
    message->link = link;
    message->link_slot = EFASIM_NO_LINK_SLOT;
    message->next_held = NULL;
    message->previous_held = link->last_held;
    if (link->last_held)
        link->last_held->next_held = message;
    else
        link->held = message;
    link->last_held = message;
}

static void take_from_line(struct efasim_link *link, struct efasim_message *message)
{
    if (message->previous_held)
        message->previous_held->next_held = message->next_held;
    else
        link->held = message->next_held;
    if (message->next_held)
        message->next_held->previous_held = message->previous_held;
    else
        link->last_held = message->previous_held;
}

void efasim_link_forget(struct efasim_message *message)
{
    struct efasim_link *link = message->link;

    if (!link)
        return;
    if (message->link_slot == EFASIM_NO_LINK_SLOT)
        take_from_line(link, message);
    else
        efasim_link_free_slot(link, message->link_slot);
    message->link = NULL;
}
