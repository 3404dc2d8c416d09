/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The life of one client, step by step: from the device list over every kind of object, the states
 * of queue pairs and traffic on SRD and UD back to the closed device. Each step is one call (or a
 * few of the data path), can be repeated where it failed, and makes 0 or more driver requests.
 */
#ifndef ROBUST_LIFE_H
#define ROBUST_LIFE_H

#include <stdbool.h>
#include <stddef.h>

#include "infiniband/efadv.h"
#include "sim/fronts/inprocess/inprocess.h"

enum { LIFE_MRS = 4, LIFE_AHS = 3, LIFE_QPS = 5, LIFE_MEMORY = 1024 };

struct life {
    struct efasim_inprocess *sim;
    bool is_gone;       /* the device is: completions are flushed or never come */
    bool has_no_states; /* interface version 1: states are the library's own bookkeeping */

    struct ibv_device *device; /* kept by `context` */
    struct ibv_context *context, *second;
    struct ibv_pd *pd, *parent;
    struct ibv_td *td;
    struct ibv_mr *mrs[LIFE_MRS];
    struct ibv_ah *ahs[LIFE_AHS];
    struct ibv_cq *cq, *single;
    struct ibv_cq_ex *extended;
    struct ibv_qp *qps[LIFE_QPS];
    unsigned char memory[LIFE_MEMORY];
};

/* Results of a step other than 0 and errno values. */
enum {
    LIFE_SKIPPED = -1, /* what it needs is not there, because an earlier step failed */
    LIFE_WRONG = -2    /* data or completions are not what they must be; stderr says which */
};

struct life_step {
    const char *call;
    int (*run)(struct life *life, int argument);
    int argument;
};

extern const struct life_step life_steps[];
extern const size_t life_step_count;
/* From here on, objects are taken down; with `context` closed last. */
extern const size_t life_first_teardown;

/* Brings a queue pair back by RESET: `argument` is that of a step of ibv_modify_qp. */
int life_recover(struct life *life, int argument);

#endif
