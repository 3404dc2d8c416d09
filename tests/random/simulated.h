/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* A world in this process: the library on the simulated device, which works when it is told to. */
#ifndef WALK_SIMULATED_H
#define WALK_SIMULATED_H

#include "walk.h"

struct walk_world walk_simulated(void);

#endif
