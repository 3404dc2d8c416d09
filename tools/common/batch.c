/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Asks a queue pair for the batch limit; see batch.h. */
#include "batch.h"

#include <string.h>

#include <infiniband/efadv.h>
#include <infiniband/verbs.h>

static uint32_t ask(struct ibv_pd *pd, struct ibv_cq *cq, uint32_t depth)
{
    struct ibv_qp_init_attr attr;
    struct efadv_wq_attr sends, receives;
    struct ibv_qp *qp;
    uint32_t max_batch = 0;

    memset(&attr, 0, sizeof attr);
    memset(&sends, 0, sizeof sends);
    memset(&receives, 0, sizeof receives);
    attr.send_cq = cq;
    attr.recv_cq = cq;
    attr.cap.max_send_wr = depth;
    attr.cap.max_send_sge = 1;
    attr.qp_type = IBV_QPT_UD;
    qp = ibv_create_qp(pd, &attr);
    if (!qp)
        return 0;
    if (efadv_query_qp_wqs(qp, &sends, &receives, sizeof sends) == 0)
        max_batch = sends.max_batch;
    (void)ibv_destroy_qp(qp);
    return max_batch;
}

uint32_t tool_max_batch(struct ibv_context *context, uint32_t depth)
{
    struct ibv_pd *pd = ibv_alloc_pd(context);
    struct ibv_cq *cq = pd ? ibv_create_cq(context, 2, NULL, NULL, 0) : NULL;
    uint32_t max_batch = cq ? ask(pd, cq, depth) : 0;

    if (cq)
        (void)ibv_destroy_cq(cq);
    if (pd)
        (void)ibv_dealloc_pd(pd);
    return max_batch;
}
