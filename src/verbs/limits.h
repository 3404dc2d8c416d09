/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * What the device allows, as the library offers it: rounded to what rings can be, and to what its
 * own numbering can count.
 */
#ifndef EFA_VERBS_LIMITS_H
#define EFA_VERBS_LIMITS_H

#include "driver/protocol.h"
#include "os/compiler.h"

/* A page of the driver's max_mr_pages, whatever the system's is. */
#define EFA_MR_PAGE_SIZE 4096

/* What EFA hardware that reads remotely takes in one request; the driver does not report it. */
#define EFA_MAX_RDMA_SIZE (1u << 30)

struct efa_limits {
    uint32_t max_sq_wr;  /* a power of two */
    uint32_t max_rq_wr;  /* of one buffer each: the descriptors that a receive queue may hold */
    uint32_t max_sq_sge; /* at most what a descriptor holds */
    uint32_t max_rq_sge;
    uint32_t max_inline; /* bytes, at most what a descriptor holds */
    uint32_t max_cqe;    /* a power of two */
    uint64_t max_mr_size;
    bool rdma_read;
    bool rnr_retry;
};

/* `modifies_qps`: the driver has MODIFY_QP, without which nobody can set an RNR retry count. */
void efa_limits_from_info(struct efa_limits *limits, const struct efa_device_info *info,
                          bool modifies_qps);

/* The deepest receive queue for requests of `sge` buffers, which is not 0. */
EFA_INLINE uint32_t efa_max_recv_requests(const struct efa_limits *limits, uint32_t sge)
{
    return limits->max_rq_wr / sge;
}

#endif
