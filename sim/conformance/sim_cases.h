/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Shapes of conformance cases: what is open when a case begins and closed when it ends. The options
 * may be the case's argument; a case that uses its argument itself opens and closes for itself.
 */
#ifndef EFASIM_CONFORMANCE_CASES_H
#define EFASIM_CONFORMANCE_CASES_H

#include "sim_support.h"

/* A case with one endpoint, `e`. */
#define ENDPOINT_CASE(name, options)                                \
    static void name##_on(struct raw_endpoint *e);                  \
    static void name(struct sim_world *world, const void *argument) \
    {                                                               \
        struct raw_endpoint endpoint;                               \
        (void)argument;                                             \
        raw_endpoint_open(world, &endpoint, options);               \
        name##_on(&endpoint);                                       \
        raw_endpoint_close(&endpoint);                              \
    }                                                               \
    static void name##_on(struct raw_endpoint *e)

/* A case with a sender and a receiver, `p`, both with these options. */
#define PAIR_CASE(name, options)                                    \
    static void name##_on(struct raw_pair *p);                      \
    static void name(struct sim_world *world, const void *argument) \
    {                                                               \
        struct raw_pair pair;                                       \
        (void)argument;                                             \
        raw_pair_open(world, &pair, options, options);              \
        name##_on(&pair);                                           \
        raw_pair_close(&pair);                                      \
    }                                                               \
    static void name##_on(struct raw_pair *p)

#endif
