/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* What tests ask of the simulated driver's control device. */
#ifndef EFAWIN_TESTS_SIM_CONTROL_H
#define EFAWIN_TESTS_SIM_CONTROL_H

#include <stdbool.h>

#include "base/counters.h"

bool sim_get_objects(struct efasim_objects *objects);
bool sim_get_counters(struct efasim_counters *counters);
bool sim_reset_counters(void);

/* Prints why messages were dropped, if any were: for a test that misses one. */
void sim_print_drops(void);

/* True once there is no object and no client, within ten seconds. */
bool sim_becomes_clean(void);
/* True once `clients` have the device open and own `qps` queue pairs, within ten seconds. */
bool sim_reaches(unsigned clients, unsigned qps);

#endif
