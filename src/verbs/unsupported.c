/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Each returns EOPNOTSUPP. Operations whose callers check for NULL stay NULL, as do those for
 * objects that cannot be created.
 */
#include "unsupported.h"

#include <errno.h>

#include "os/log.h"

static int req_notify_cq(struct ibv_cq *cq, int solicited_only)
{
    (void)cq;
    (void)solicited_only;
    efa_log(EFA_LOG_WARN, "ibv_req_notify_cq: the driver has no completion events; poll");
    return EOPNOTSUPP;
}

static int post_srq_recv(struct ibv_srq *srq, struct ibv_recv_wr *wr, struct ibv_recv_wr **bad_wr)
{
    (void)srq;
    if (bad_wr)
        *bad_wr = wr;
    return efa_reject(EOPNOTSUPP, "ibv_post_srq_recv: EFA has no shared receive queues");
}

void efa_set_unsupported_ops(struct ibv_context_ops *ops)
{
    ops->req_notify_cq = req_notify_cq;
    ops->post_srq_recv = post_srq_recv;
}
