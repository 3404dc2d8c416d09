/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Links as fronts use them: up, down, and packets that come in. */
#include "../efasim_links.h"

#include <string.h>

#include "../device/address_handle.h"
#include "../fabric/depart.h"
#include "../fabric/link_in.h"
#include "../fabric/mover.h"

struct efasim_link *efasim_link_create(struct efasim *sim, efasim_link_sender *send, void *context)
{
    struct efasim_link *link;

    efasim_lock(sim);
    link = efasim_link_window_create(sim, send, context);
    efasim_unlock(sim);
    return link;
}

static_assert(EFASIM_LINK_ADAPTERS == EFASIM_MAX_REMOTES, "the limit that users are told");

static enum efasim_link_result check_gids(const struct efasim_link *link,
                                          const uint8_t (*gids)[EFA_GID_SIZE], uint32_t count,
                                          uint32_t *index)
{
    struct efasim *sim = link->sim;
    uint32_t new = 0;

    for (*index = 0; *index < count; ++*index) {
        const struct efasim_remote_device *remote = efasim_find_remote(sim, gids[*index]);

        if (efasim_find_device(sim, gids[*index]))
            return EFASIM_LINK_OWN_GID;
        if (remote && remote->link != link && remote->link->is_up)
            return EFASIM_LINK_THEIR_GID;
        new += !remote;
    }
    return sim->remote_count + new <= EFASIM_MAX_REMOTES ? EFASIM_LINK_OK : EFASIM_LINK_TOO_MANY;
}

enum efasim_link_result efasim_link_accepts(struct efasim_link *link,
                                            const uint8_t (*gids)[EFA_GID_SIZE], uint32_t count,
                                            uint32_t *index)
{
    enum efasim_link_result result;

    efasim_lock(link->sim);
    result = check_gids(link, gids, count, index);
    efasim_unlock(link->sim);
    return result;
}

static bool learn(struct efasim_link *link, const uint8_t gid[EFA_GID_SIZE])
{
    struct efasim *sim = link->sim;
    struct efasim_remote_device *remote = efasim_find_remote(sim, gid);

    if (!remote) {
        remote = efasim_add_remote(sim, gid);
        if (!remote)
            return false;
        efasim_lead_handles_to(sim, remote);
    }
    remote->link = link;
    return true;
}

/* Of all messages, or of the datagrams among them. */
static void free_slots(struct efasim_link *link, bool all)
{
    for (uint32_t i = 0; i < EFASIM_LINK_SLOTS; i++)
        if (link->slots[i].is_used && (all || !link->slots[i].message))
            efasim_link_free_slot(link, i);
}

static void set_now(struct efasim *sim)
{
    sim->now = sim->platform.now(sim->platform.context);
}

enum efasim_link_result efasim_link_up(struct efasim_link *link,
                                       const uint8_t (*gids)[EFA_GID_SIZE], uint32_t count,
                                       bool is_new, uint32_t *index)
{
    struct efasim *sim = link->sim;
    enum efasim_link_result result;

    efasim_lock(sim);
    set_now(sim);
    result = check_gids(link, gids, count, index);
    for (uint32_t i = 0; i < count && result == EFASIM_LINK_OK; i++)
        if (!learn(link, gids[i]))
            result = EFASIM_LINK_TOO_MANY;
    if (result == EFASIM_LINK_OK) {
        if (is_new)
            free_slots(link, true);
        link->is_up = true;
        link->heard_at = sim->now;
        efasim_link_let_go(link);
        efasim_mover_flush(sim);
    }
    efasim_unlock(sim);
    return result;
}

void efasim_link_down(struct efasim_link *link)
{
    efasim_lock(link->sim);
    link->is_up = false;
    free_slots(link, false);
    efasim_unlock(link->sim);
}

void efasim_link_heard(struct efasim_link *link)
{
    efasim_lock(link->sim);
    set_now(link->sim);
    link->heard_at = link->sim->now;
    efasim_unlock(link->sim);
}

enum efasim_link_taken efasim_link_receive(struct efasim_link *link,
                                           struct efasim_link_arrival *arrivals, uint32_t *count)
{
    struct efasim *sim = link->sim;
    enum efasim_link_taken taken = EFASIM_LINK_TAKEN;
    uint32_t i = 0;

    efasim_lock(sim);
    set_now(sim);
    link->heard_at = sim->now;
    if (sim->stalled)
        taken = EFASIM_LINK_STALLED;
    while (taken == EFASIM_LINK_TAKEN && i < *count) {
        if (efasim_link_take_packet(link, &arrivals[i].packet, arrivals[i].payload))
            i++;
        else
            taken = EFASIM_LINK_NONSENSE;
    }
    efasim_link_let_go(link);
    efasim_mover_flush(sim);
    efasim_unlock(sim);
    *count = i;
    /* A message may have a new due time. */
    if (i != 0 && sim->platform.wake)
        sim->platform.wake(sim->platform.context);
    return taken;
}

bool efasim_link_is_awaited(struct efasim_link *link, const struct efasim_packet *packet)
{
    bool is_awaited;

    efasim_lock(link->sim);
    is_awaited = efasim_link_find_slot(link, packet->token) != NULL;
    efasim_unlock(link->sim);
    return is_awaited;
}

bool efasim_link_awaits_any(const struct efasim_link *link)
{
    return efa_load_relaxed_u32(&link->used) != 0;
}
