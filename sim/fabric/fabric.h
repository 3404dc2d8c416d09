/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The fabric of one simulation as a whole. */
#ifndef EFASIM_FABRIC_FABRIC_H
#define EFASIM_FABRIC_FABRIC_H

#include "../device/simulation.h"

/* False if memory is short; the caller then destroys the fabric as usual. */
bool efasim_fabric_create(struct efasim *sim);
/* No queue pair may be left. Does nothing if the fabric was never created. */
void efasim_fabric_destroy(struct efasim *sim);

#endif
