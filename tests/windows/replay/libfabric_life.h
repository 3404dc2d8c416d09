/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The calls that libfabric's EFA provider makes, in its order and with its values, over the whole
 * life of a provider: discovery, domain, endpoints, traffic, an error, teardown; and again. Only
 * the kit's headers are used, so the same source is a native test and a Windows program. Loading
 * the library is the caller's part.
 */
#ifndef LIBFABRIC_LIFE_H
#define LIBFABRIC_LIFE_H

#include <stdbool.h>

struct life_options {
    bool datagram;     /* UD endpoints instead of SRD */
    unsigned rounds;   /* lives, one after the other */
    unsigned messages; /* that each endpoint sends in each life */
    void *host;
    /* Called while nothing happens, to let the device work. */
    void (*idle)(void *host);
    /* Runs a function in another thread and waits for it; returns false if no thread can be
     * created. */
    bool (*run_elsewhere)(void *host, void (*function)(void *argument), void *argument);
    /* Receives the description of the first failure. */
    void (*complain)(void *host, const char *line);
};

bool libfabric_life(const struct life_options *options);

#endif
