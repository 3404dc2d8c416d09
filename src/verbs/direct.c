/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Queries for direct access to rings and limits. efa_qp_hand_over hands the rings of a QP over. */
#include "direct.h"

#include <errno.h>
#include <string.h>

#include "extension.h"
#include "os/log.h"
#include "qp_attr.h"

static void fill_ring(struct efadv_wq_attr *attr, uint8_t *ring, const uint8_t *end,
                      uint32_t entry_size, uint32_t *doorbell)
{
    memset(attr, 0, sizeof *attr);
    attr->entry_size = entry_size;
    attr->num_entries = (uint32_t)((size_t)(end - ring) / entry_size);
    attr->max_batch = attr->num_entries;
    if (!attr->num_entries)
        return;
    attr->buffer = ring;
    attr->doorbell = doorbell;
}

int efa_query_qp_rings(struct ibv_qp *ibv, struct efadv_wq_attr *sq_attr,
                       struct efadv_wq_attr *rq_attr, uint32_t inlen)
{
    const char *call = "efadv_query_qp_wqs";
    struct efadv_wq_attr sq, rq;
    struct efa_qp *qp;
    int error;

    if (!ibv || !sq_attr || !rq_attr)
        return efa_reject(EINVAL, "%s: qp, sq_attr or rq_attr is NULL", call);
    error = efa_check_output(call, EFA_SIZE_THROUGH(efadv_wq_attr, max_batch), inlen);
    if (error)
        return error;
    qp = efa_qp_of(ibv);
    error = efa_qp_hand_over(qp);
    if (error)
        return error;
    fill_ring(&sq, qp->queues.sq.ring, qp->queues.sq.ring_end, EFA_SEND_DESCRIPTOR_SIZE,
              qp->queues.sq.doorbell);
    fill_ring(&rq, qp->queues.rq.ring, qp->queues.rq.ring_end, EFA_RECV_DESCRIPTOR_SIZE,
              qp->queues.rq.doorbell);
    /* Receive descriptors lie in host memory, and have no such limit. */
    if (sq.num_entries)
        sq.max_batch = qp->queues.sq.max_batch;
    efa_fill_output(sq_attr, inlen, &sq, sizeof sq);
    efa_fill_output(rq_attr, inlen, &rq, sizeof rq);
    return 0;
}

int efa_query_cq_ring(struct ibv_cq *ibv, struct efadv_cq_attr *attr, uint32_t inlen)
{
    const char *call = "efadv_query_cq";
    const struct efa_device_info *info;
    struct efadv_cq_attr full;
    int error;

    if (!ibv || !attr)
        return efa_reject(EINVAL, "%s: cq or attr is NULL", call);
    error = efa_check_output(call, EFA_SIZE_THROUGH(efadv_cq_attr, num_entries), inlen);
    if (error)
        return error;
    info = &efa_context_of(ibv->context)->info;
    if (info->num_sub_cqs != 1)
        return efa_reject(EOPNOTSUPP,
                          "%s: this adapter uses %u rings for a CQ, and the structure describes "
                          "one: poll through the library",
                          call, info->num_sub_cqs);
    memset(&full, 0, sizeof full);
    full.buffer = efa_cq_of(ibv)->entries;
    full.entry_size = EFA_COMPLETION_ENTRY_SIZE;
    full.num_entries = (uint32_t)ibv->cqe;
    efa_fill_output(attr, inlen, &full, sizeof full);
    return 0;
}

int efa_query_mr_direct(struct ibv_mr *mr, struct efadv_mr_attr *attr, uint32_t inlen)
{
    const char *call = "efadv_query_mr";
    int error;

    if (!mr || !attr)
        return efa_reject(EINVAL, "%s: mr or attr is NULL", call);
    error = efa_check_output(call, sizeof *attr, inlen);
    if (error)
        return error;
    return efa_reject(EOPNOTSUPP,
                      "%s: the driver does not report interconnect IDs of memory regions", call);
}

int efa_max_sq_depth(struct ibv_context *context, struct efadv_sq_depth_attr *attr, uint32_t inlen)
{
    const char *call = "efadv_get_max_sq_depth";
    struct efadv_sq_depth_attr asked;
    const struct efa_limits *limits;
    uint32_t max_rdma_sge;
    int error;

    if (!context || !attr)
        return -efa_reject(EINVAL, "%s: context or attr is NULL", call);
    error = efa_check_input(call, attr, sizeof asked, EFA_SIZE_THROUGH(efadv_sq_depth_attr, flags),
                            inlen);
    if (error)
        return -error;
    memset(&asked, 0, sizeof asked);
    memcpy(&asked, attr, inlen < sizeof asked ? inlen : sizeof asked);
    limits = &efa_context_of(context)->limits;
    max_rdma_sge = efa_limits_have(limits, EFA_FEATURE_RDMA_READ) ? 1 : 0;
    if (asked.flags)
        return -efa_reject(EOPNOTSUPP, "%s: flags 0x%x; the adapter supports none", call,
                           asked.flags);
    if (asked.max_send_sge > limits->max_sq_sge)
        return -efa_reject(EINVAL, "%s: max_send_sge %u; the adapter takes up to %u", call,
                           asked.max_send_sge, limits->max_sq_sge);
    if (asked.max_rdma_sge > max_rdma_sge)
        return -efa_reject(EINVAL, "%s: max_rdma_sge %u; the adapter takes up to %u", call,
                           asked.max_rdma_sge, max_rdma_sge);
    if (asked.max_inline_data > limits->max_inline)
        return -efa_reject(EINVAL, "%s: max_inline_data %u; the adapter takes up to %u", call,
                           asked.max_inline_data, limits->max_inline);
    return (int)limits->max_sq_wr;
}

int efa_max_rq_depth(struct ibv_context *context, struct efadv_rq_depth_attr *attr, uint32_t inlen)
{
    const char *call = "efadv_get_max_rq_depth";
    const struct efa_limits *limits;
    int error;

    if (!context || !attr)
        return -efa_reject(EINVAL, "%s: context or attr is NULL", call);
    error = efa_check_input(call, attr, offsetof(struct efadv_rq_depth_attr, reserved),
                            EFA_SIZE_THROUGH(efadv_rq_depth_attr, max_recv_sge), inlen);
    if (error)
        return -error;
    limits = &efa_context_of(context)->limits;
    if (attr->max_recv_sge == 0 || attr->max_recv_sge > limits->max_rq_sge)
        return -efa_reject(EINVAL, "%s: max_recv_sge %u; the adapter takes 1 to %u", call,
                           attr->max_recv_sge, limits->max_rq_sge);
    return (int)efa_max_recv_requests(limits, attr->max_recv_sge);
}
