/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Destroys QPs and resets their queues. Neither waits for a poll in progress: the CQ retires the
 * request tables, and frees them when nobody polls (completion_queue.h).
 */
#include <errno.h>

#include "os/log.h"
#include "qp.h"

int efa_qp_prepare_tables(struct efa_qp *qp, uint32_t qp_num, struct efa_fresh_tables *fresh)
{
    struct efa_context *context = efa_context_of(qp->queues.verbs.qp.context);
    uint8_t generation = efa_context_next_generation(context, qp_num);
    struct efa_fresh_tables made = {NULL, NULL};

    if (qp->cap.max_send_wr)
        made.sq = efa_request_table_create(qp->cap.max_send_wr, EFA_QUEUE_SEND, qp_num, generation);
    if (qp->cap.max_recv_wr)
        made.rq = efa_request_table_create(qp->cap.max_recv_wr, EFA_QUEUE_RECV, qp_num, generation);
    if ((qp->cap.max_send_wr && !made.sq) || (qp->cap.max_recv_wr && !made.rq)) {
        efa_qp_discard_tables(&made);
        return efa_reject(ENOMEM, "no memory for the requests of QP %u", qp_num);
    }
    *fresh = made;
    return 0;
}

void efa_qp_discard_tables(struct efa_fresh_tables *fresh)
{
    efa_request_table_destroy(fresh->sq);
    efa_request_table_destroy(fresh->rq);
}

void efa_qp_empty_queues(struct efa_qp *qp, struct efa_fresh_tables *fresh)
{
    struct ibv_qp *ibv = &qp->queues.verbs.qp;
    struct efa_send_queue *sq = &qp->queues.sq;
    struct efa_recv_queue *rq = &qp->queues.rq;
    struct efa_request_table *old_sq = sq->source.table;
    struct efa_request_table *old_rq = rq->source.table;

    efa_context_begin_generation(efa_context_of(ibv->context), ibv->qp_num);
    /*
     * The queue takes its new table before the old one may be freed: this thread may end with the
     * process in between, and another call destroy the QP.
     */
    if (fresh->sq) {
        efa_send_queue_reset(sq, fresh->sq);
        efa_completion_queue_replace(&efa_cq_of(ibv->send_cq)->queue, EFA_QUEUE_SEND, old_sq,
                                     fresh->sq);
    }
    if (fresh->rq) {
        efa_recv_queue_reset(rq, fresh->rq);
        efa_completion_queue_replace(&efa_cq_of(ibv->recv_cq)->queue, EFA_QUEUE_RECV, old_rq,
                                     fresh->rq);
    }
}

static void detach_from_cqs(struct efa_qp *qp)
{
    struct efa_cq *send_cq = efa_cq_of(qp->queues.verbs.qp.send_cq);
    struct efa_cq *recv_cq = efa_cq_of(qp->queues.verbs.qp.recv_cq);

    if (qp->queues.sq.source.table)
        efa_completion_queue_detach(&send_cq->queue, EFA_QUEUE_SEND, qp->queues.sq.source.table);
    if (qp->queues.rq.source.table)
        efa_completion_queue_detach(&recv_cq->queue, EFA_QUEUE_RECV, qp->queues.rq.source.table);
    efa_fetch_add_u32(&send_cq->users, UINT32_MAX);
    efa_fetch_add_u32(&recv_cq->users, UINT32_MAX);
}

int efa_destroy_qp(struct ibv_qp *ibv)
{
    struct efa_context *context;
    struct efa_qp *qp;
    int error;

    if (!ibv)
        return efa_reject(EINVAL, "ibv_destroy_qp: qp is NULL");
    qp = efa_qp_of(ibv);
    context = efa_context_of(ibv->context);

    /* The driver may give the number to another QP as soon as it has destroyed this one. */
    efa_mutex_lock(&context->qp_mutex);
    error = efa_driver_destroy_qp(&context->driver, ibv->handle);
    if (!error) {
        detach_from_cqs(qp);
        efa_context_release_qp_num(context, ibv->qp_num);
    }
    efa_mutex_unlock(&context->qp_mutex);
    if (error)
        return error;
    efa_fetch_add_u32(&efa_pd_of(ibv->pd)->children, UINT32_MAX);
    efa_send_queue_free_stage(&qp->queues.sq);
    efa_os_free_aligned(qp);
    return 0;
}
