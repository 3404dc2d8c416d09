/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Where a test's own instance of the service is, apart from all others. */
#ifndef SERVICE_PLACE_H
#define SERVICE_PLACE_H

#include <stdbool.h>

/* Makes it what the environment names. */
bool service_place_make(void);
/* Once the service has stopped; false: it left something, which was printed. */
bool service_place_remove(void);

#endif
