/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* An adapter with its tables of objects, and the clients that opened one. */
#ifndef EFASIM_DEVICE_DEVICE_H
#define EFASIM_DEVICE_DEVICE_H

#include "../base/counters.h"
#include "../base/slots.h"
#include "simulation.h"

struct efasim_client {
    struct efasim *sim;
    struct efasim_device *device;
    void *front_client;
    struct efasim_client *previous;
    struct efasim_client *next;
    uint32_t number;  /* for log lines */
    uint32_t version; /* the device's oldest version until a successful QUERY_DEVICE */
};

struct efasim_device {
    struct efasim *sim;
    uint32_t index;
    struct efasim_device_config config;
    bool removed;
    /* when the wire has carried everything that was sent (bandwidth model) */
    uint64_t wire_free_at;
    struct efasim_slots pds;
    struct efasim_slots ahs;
    struct efasim_slots mrs;
    struct efasim_slots cqs;
    struct efasim_slots qps;
    uint16_t *qp_generations; /* per slot */
    uint32_t qp_number_span;  /* slots, rounded up to a power of two */
    uint32_t key_seed;
    struct efasim_counters counters;
};

#endif
