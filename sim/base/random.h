/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Random numbers: the same seed gives the same sequence. */
#ifndef EFASIM_RANDOM_H
#define EFASIM_RANDOM_H

#include <stdint.h>

/* Uniform in [0, bound); bound is not 0. */
static inline uint64_t efasim_random_below(uint64_t *state, uint64_t bound)
{
    /* The splitmix64 sequence. Every seed is valid; the state is one word. */
    uint64_t x = *state += 0x9e3779b97f4a7c15u;

    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    x ^= x >> 31;
    return x % bound;
}

#endif
