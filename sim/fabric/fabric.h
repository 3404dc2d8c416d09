/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The fabric of one simulation as a whole. */
#ifndef EFASIM_FABRIC_FABRIC_H
#define EFASIM_FABRIC_FABRIC_H

#include "../device/simulation.h"

/* False without memory; what was made is destroyed with the rest. */
bool efasim_fabric_create(struct efasim *sim);
/* No queue pair may be left. Nothing to do where it was never made. */
void efasim_fabric_destroy(struct efasim *sim);

#endif
