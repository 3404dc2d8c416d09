/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The checks of a new QP's attributes. */
#include "qp_attr.h"

#include <errno.h>

#include "device/ring.h"
#include "os/log.h"

static bool is_within(const char *call, const char *name, uint32_t value, uint32_t limit)
{
    if (value <= limit)
        return true;
    efa_log(EFA_LOG_WARN, "%s: cap.%s %u; the adapter takes up to %u", call, name, value, limit);
    return false;
}

static int check_cap(const struct efa_limits *limits, const char *call,
                     const struct ibv_qp_cap *cap)
{
    bool ok = is_within(call, "max_send_wr", cap->max_send_wr, limits->max_sq_wr);

    ok = is_within(call, "max_recv_wr", cap->max_recv_wr, limits->max_rq_wr) && ok;
    ok = is_within(call, "max_send_sge", cap->max_send_sge, limits->max_sq_sge) && ok;
    ok = is_within(call, "max_recv_sge", cap->max_recv_sge, limits->max_rq_sge) && ok;
    ok = is_within(call, "max_inline_data", cap->max_inline_data, limits->max_inline) && ok;
    if (!ok)
        return EINVAL;
    if (cap->max_send_wr == 0 && cap->max_recv_wr == 0)
        return efa_reject(EINVAL, "%s: cap.max_send_wr and cap.max_recv_wr are both 0", call);
    if (cap->max_recv_wr != 0 && cap->max_recv_sge == 0)
        return efa_reject(EINVAL, "%s: cap.max_recv_sge is 0; a receive needs a buffer", call);
    if (cap->max_recv_wr != 0 &&
        cap->max_recv_wr > efa_max_recv_requests(limits, cap->max_recv_sge))
        return efa_reject(EINVAL,
                          "%s: cap.max_recv_wr %u of cap.max_recv_sge %u buffers each; the "
                          "adapter's receive queues hold up to %u buffers, which is %u such "
                          "requests (efadv_get_max_rq_depth)",
                          call, cap->max_recv_wr, cap->max_recv_sge, limits->max_rq_wr,
                          efa_max_recv_requests(limits, cap->max_recv_sge));
    return 0;
}

static int check_operations(const struct efa_limits *limits, const struct efa_qp_attributes *wanted)
{
    uint64_t offered = IBV_QP_EX_WITH_SEND | IBV_QP_EX_WITH_SEND_WITH_IMM;

    if (wanted->is_srd && efa_limits_have(limits, EFA_FEATURE_RDMA_READ))
        offered |= IBV_QP_EX_WITH_RDMA_READ;
    if (wanted->send_ops_flags & ~offered)
        return efa_reject(
            EOPNOTSUPP, "%s: send_ops_flags 0x%llx; this QP type on this adapter supports 0x%llx",
            wanted->call, (unsigned long long)wanted->send_ops_flags, (unsigned long long)offered);
    return 0;
}

static int check_objects(const struct efa_context *context, const struct efa_qp_attributes *wanted)
{
    const struct ibv_qp_init_attr_ex *attr = wanted->attr;
    const struct ibv_context *ibv = &context->verbs.context;

    if (!attr->send_cq || !attr->recv_cq)
        return efa_reject(EINVAL,
                          "%s: send_cq or recv_cq is NULL; both are needed, and may be the "
                          "same",
                          wanted->call);
    if (attr->srq)
        return efa_reject(EINVAL, "%s: srq is set; EFA has no shared receive queues", wanted->call);
    if (attr->pd->context != ibv || attr->send_cq->context != ibv || attr->recv_cq->context != ibv)
        return efa_reject(EINVAL, "%s: the PD or a CQ belongs to another context", wanted->call);
    return 0;
}

int efa_qp_check(const struct efa_context *context, const struct efa_qp_attributes *wanted,
                 struct efa_qp_sizes *sizes)
{
    const struct ibv_qp_cap *cap = &wanted->attr->cap;
    int error = check_objects(context, wanted);

    if (!error)
        error = check_cap(&context->limits, wanted->call, cap);
    if (!error)
        error = check_operations(&context->limits, wanted);
    if (error)
        return error;

    sizes->sq_depth = cap->max_send_wr ? efa_ring_entries(cap->max_send_wr) : 0;
    sizes->sq_descriptors = sizes->sq_depth;
    /* A doorbell announces at most all descriptors but one: a ring of one could not be used. */
    if (sizes->sq_depth == 1 && context->limits.max_sq_wr > 1)
        sizes->sq_descriptors = 2;
    sizes->rq_depth = cap->max_recv_wr;
    sizes->rq_descriptors =
        cap->max_recv_wr ? efa_ring_entries(cap->max_recv_wr * cap->max_recv_sge) : 0;
    return 0;
}

uint32_t efa_qp_operations(uint64_t send_ops_flags)
{
    uint32_t operations = 0;

    if (send_ops_flags & IBV_QP_EX_WITH_SEND)
        operations |= 1u << IBV_WR_SEND;
    if (send_ops_flags & IBV_QP_EX_WITH_SEND_WITH_IMM)
        operations |= 1u << IBV_WR_SEND_WITH_IMM;
    if (send_ops_flags & IBV_QP_EX_WITH_RDMA_READ)
        operations |= 1u << IBV_WR_RDMA_READ;
    return operations;
}
