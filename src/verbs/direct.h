/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The efadv calls for rings and limits, which a client needs to drive queues itself. */
#ifndef EFA_VERBS_DIRECT_H
#define EFA_VERBS_DIRECT_H

#include "infiniband/efadv.h"

int efa_query_qp_rings(struct ibv_qp *qp, struct efadv_wq_attr *sq_attr,
                       struct efadv_wq_attr *rq_attr, uint32_t inlen);
int efa_query_cq_ring(struct ibv_cq *cq, struct efadv_cq_attr *attr, uint32_t inlen);
int efa_query_mr_direct(struct ibv_mr *mr, struct efadv_mr_attr *attr, uint32_t inlen);

/* Returns a depth, or a negative errno value. */
int efa_max_sq_depth(struct ibv_context *context, struct efadv_sq_depth_attr *attr, uint32_t inlen);
int efa_max_rq_depth(struct ibv_context *context, struct efadv_rq_depth_attr *attr, uint32_t inlen);

#endif
