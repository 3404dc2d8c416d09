/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The device's limits as the library offers them: rounded to possible ring sizes, and to what
 * request ids can number.
 */
#ifndef EFA_VERBS_LIMITS_H
#define EFA_VERBS_LIMITS_H

#include "driver/protocol.h"
#include "os/compiler.h"

/* The page size of the driver's max_mr_pages. It does not depend on the system's page size. */
#define EFA_MR_PAGE_SIZE 4096

struct efa_limits {
    uint32_t max_sq_wr;  /* a power of two */
    uint32_t max_rq_wr;  /* of one buffer each: the descriptors that fit a receive queue */
    uint32_t max_sq_sge; /* at most what a descriptor holds */
    uint32_t max_rq_sge;
    uint32_t max_inline; /* bytes, at most what a descriptor holds */
    uint32_t max_cqe;    /* a power of two */
    uint64_t max_mr_size;
    uint32_t features; /* usable ones: enum efa_feature */
};

/* `modifies_qps`: the driver has MODIFY_QP, which some features need. */
void efa_limits_from_info(struct efa_limits *limits, const struct efa_device_info *info,
                          bool modifies_qps);

EFA_INLINE bool efa_limits_have(const struct efa_limits *limits, enum efa_feature feature)
{
    return (limits->features & (uint32_t)feature) != 0;
}

/* The deepest receive queue for requests of `sge` buffers. `sge` is not 0. */
EFA_INLINE uint32_t efa_max_recv_requests(const struct efa_limits *limits, uint32_t sge)
{
    return limits->max_rq_wr / sge;
}

#endif
