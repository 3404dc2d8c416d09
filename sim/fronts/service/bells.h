/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The bells of all pages of doorbells (client/protocol.h). One thread at a time may use them. */
#ifndef EFASIM_SERVICE_BELLS_H
#define EFASIM_SERVICE_BELLS_H

#include "../../platform.h"

struct bells {
    uint32_t **words;
    uint32_t count;
    uint32_t room;
};

void bells_destroy(struct bells *bells);

/* Adds the bell of each page of the mapping. False: no memory. */
bool bells_add(struct bells *bells, const struct efasim_mapping *mapping);
void bells_remove(struct bells *bells, const struct efasim_mapping *mapping);

void bells_set(const struct bells *bells, bool asleep);

#endif
