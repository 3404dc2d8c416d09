/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Shared by the files of the in-process front. */
#ifndef EFASIM_INPROCESS_INTERNAL_H
#define EFASIM_INPROCESS_INTERNAL_H

#include <pthread.h>

#include "../../../src/driver/win32_error.h"
#include "../../../src/os/compiler.h"
#include "inprocess.h"

struct inprocess_device {
    struct efa_transport transport; /* first: the transport's address is the device's */
    struct efasim_inprocess *inprocess;
    unsigned index;
    bool watches_doorbells;
};

struct efasim_inprocess {
    struct efasim *sim;
    struct efasim_platform platform;
    struct efasim_inprocess_hooks hooks;
    unsigned device_count;
    struct inprocess_device devices[EFASIM_MAX_DEVICES];

    pthread_mutex_t model_lock;
    uint32_t waiting; /* threads that wait for the model's lock: the engine lets them go first */

    uint32_t is_virtual;
    uint64_t virtual_now;
    bool indirect;
    bool traps_reads;

    pthread_t engine;
    bool engine_runs;
    uint32_t engine_stop;
    pthread_mutex_t engine_lock;
    pthread_cond_t engine_wake;
    uint32_t wake_count; /* under engine_lock */
};

bool inprocess_platform_init(struct efasim_inprocess *inprocess);
void inprocess_platform_destroy(struct efasim_inprocess *inprocess);
uint64_t inprocess_real_time(void);

#endif
