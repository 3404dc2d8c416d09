/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* What users are told of links. */
#define _GNU_SOURCE
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "links.h"
#include "links_internal.h"

static_assert(sizeof((struct efasim_service_link *)0)->peer == LINK_ADDRESS_SIZE, "an address");

struct list {
    uint32_t first;
    struct efasim_service_links *listed;
};

static void write_time(time_t time, char *text, size_t size)
{
    struct tm utc;

    if (!gmtime_r(&time, &utc) || strftime(text, size, "%Y-%m-%dT%H:%M:%SZ", &utc) == 0)
        snprintf(text, size, "unknown");
}

/* `link` NULL: there has been no connection to the peer. links.lock is held. */
static void add(struct list *list, const char *peer, struct link *link, time_t started)
{
    uint32_t number = list->listed->total++;
    struct link_counts counts = {0};
    struct efasim_service_link *entry;

    if (number < list->first || list->listed->count == EFASIM_SERVICE_LINKS_LISTED)
        return;
    entry = &list->listed->list[list->listed->count++];
    if (link) {
        pthread_mutex_lock(&link->lock);
        counts = link->counts;
        pthread_mutex_unlock(&link->lock);
    }
    snprintf(entry->peer, sizeof entry->peer, "%s", peer);
    write_time(link ? link->since : started, entry->since, sizeof entry->since);
    entry->is_up = link && link->is_up;
    entry->reconnects = link && link->rose > 1 ? link->rose - 1 : 0;
    entry->sent = counts.sent;
    entry->received = counts.received;
    entry->lost = counts.lost;
}

/* Whether one of the first dialers has the link. Two addresses may be of one peer. */
static bool is_dialled(const struct links *links, const struct link *link, uint32_t dialers)
{
    for (uint32_t i = 0; i < dialers; i++)
        if (links->dialers[i].link == link)
            return true;
    return false;
}

void links_list(struct links *links, uint32_t first, struct efasim_service_links *listed)
{
    struct list list = {first, listed};

    memset(listed, 0, sizeof *listed);
    pthread_mutex_lock(&links->lock);
    for (uint32_t i = 0; i < links->dialer_count; i++) {
        struct dialer *dialer = &links->dialers[i];

        if (!dialer->link || !is_dialled(links, dialer->link, i))
            add(&list, dialer->address.text, dialer->link, links->started);
    }
    /* Without one that was never up: its peer was rejected. */
    for (struct link *link = links->list; link; link = link->next)
        if (link->rose != 0 && !is_dialled(links, link, links->dialer_count))
            add(&list, link->name, link, links->started);
    pthread_mutex_unlock(&links->lock);
}
