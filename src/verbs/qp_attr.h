/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The attributes of a new QP, checked, and the numbers derived from them. */
#ifndef EFA_VERBS_QP_ATTR_H
#define EFA_VERBS_QP_ATTR_H

#include "qp.h"

/* The attributes of every creating call, in one form. */
struct efa_qp_attributes {
    const char *call;
    const struct ibv_qp_init_attr_ex *attr; /* its send_ops_flags only if comp_mask has them */
    bool is_srd;
    bool has_extended_ops;   /* comp_mask has send_ops_flags */
    uint64_t send_ops_flags; /* 0 without them */
};

struct efa_qp_sizes {
    uint32_t sq_depth;       /* send requests: 0 or a power of two */
    uint32_t sq_descriptors; /* as many, but two for one */
    uint32_t rq_depth;       /* receive requests */
    uint32_t rq_descriptors; /* 0 or a power of two */
};

/* Returns 0, EINVAL or EOPNOTSUPP; logs the reason. */
int efa_qp_check(const struct efa_context *context, const struct efa_qp_attributes *wanted,
                 struct efa_qp_sizes *sizes);

/* From IBV_QP_EX_WITH_* to 1 << ibv_wr_opcode. */
uint32_t efa_qp_operations(uint64_t send_ops_flags);

#endif
