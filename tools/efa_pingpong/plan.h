/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The parameters of a run of efa_pingpong, and the address of the other side. */
#ifndef EFA_PINGPONG_PLAN_H
#define EFA_PINGPONG_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include <infiniband/verbs.h>

/* Both sides must agree on all members above rx_depth. */
struct pingpong_plan {
    bool ud; /* UD with the classic calls; SRD with the extended ones otherwise */
    bool verify;
    uint32_t size; /* bytes of a message */
    uint32_t iterations;
    uint32_t rx_depth;   /* this and the following members may differ between the sides */
    uint64_t timeout_ns; /* the longest wait for anything */
    const char *advice;  /* advice at the end of the message about a failed request, or NULL */
};

/* The information that a sender needs about an EFA queue pair. */
struct pingpong_address {
    union ibv_gid gid;
    uint32_t qp_num;
    uint32_t qkey;
};

#endif
