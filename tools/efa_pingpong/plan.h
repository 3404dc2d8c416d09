/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* What a run of efa_pingpong is to do, and where its other side is. */
#ifndef EFA_PINGPONG_PLAN_H
#define EFA_PINGPONG_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include <infiniband/verbs.h>

/* Both sides must agree on all above rx_depth. */
struct pingpong_plan {
    bool ud; /* UD with the classic calls; SRD with the extended ones otherwise */
    bool verify;
    uint32_t size; /* bytes of a message */
    uint32_t iterations;
    uint32_t rx_depth;   /* each side's own, as all that follows */
    uint64_t timeout_ns; /* the longest wait for anything */
    const char *advice;  /* what a message of a failed request ends with, or NULL */
};

/* All that a sender must know of an EFA queue pair. */
struct pingpong_address {
    union ibv_gid gid;
    uint32_t qp_num;
    uint32_t qkey;
};

#endif
