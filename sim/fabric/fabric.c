/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The fabric of one simulation as a whole. */
#include "fabric.h"

#include <string.h>

#include "link_window.h"
#include "mover.h"
#include "state.h"

bool efasim_fabric_create(struct efasim *sim)
{
    sim->fabric = efasim_allocate(sim, sizeof *sim->fabric);
    if (!sim->fabric)
        return false;
    memset(sim->fabric->ud_header, EFASIM_UD_HEADER_BYTE, sizeof sim->fabric->ud_header);
    sim->fabric->mover = efasim_mover_create(sim);
    return sim->fabric->mover != NULL;
}

void efasim_fabric_destroy(struct efasim *sim)
{
    if (!sim->fabric)
        return;
    efasim_messages_release_all(sim);
    efasim_link_windows_release(sim);
    efasim_release_remotes(sim);
    efasim_release(sim, sim->fabric->mover);
    efasim_release(sim, sim->fabric);
}
