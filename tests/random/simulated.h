/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The set-up in this process: the library on the simulated device, which works only when the test
 * runs it. */
#ifndef WALK_SIMULATED_H
#define WALK_SIMULATED_H

#include "walk.h"

struct walk_world walk_simulated(void);

#endif
