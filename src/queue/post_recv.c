/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* ibv_post_recv: a list of requests into the receive ring, then the doorbell. */
#include <errno.h>

#include "line_store.h"
#include "os/log.h"
#include "queue_pair.h"

/*
 * The doorbell carries the counter's low 16 bits: it must ring before more descriptors than the
 * device could tell apart are waiting. Only rings of more than this many can get there.
 */
#define DESCRIPTORS_A_DOORBELL 0x4000u

#define LKEY_SHIFT 32
#define LENGTH_SHIFT 16

EFA_COLD static int refuse(struct efa_queue_pair *pair, const struct ibv_recv_wr *wr)
{
    struct efa_recv_queue *rq = &pair->rq;
    const struct ibv_qp *qp = &pair->verbs.qp;
    enum efa_log_level level = rq->complained ? EFA_LOG_DEBUG : EFA_LOG_WARN;
    bool fits = wr->num_sge > 0 && (uint32_t)wr->num_sge <= rq->max_sge;

    if (efa_load_relaxed_u32(&rq->posting) && fits)
        return ENOMEM; /* the normal back-pressure */
    rq->complained = true;
    if (!rq->table)
        efa_log(level, "ibv_post_recv: QP %u was created without a receive queue (max_recv_wr 0)",
                qp->qp_num);
    else if (!efa_load_relaxed_u32(&rq->posting))
        efa_log(level,
                "ibv_post_recv: QP %u is in state %d; receives may be posted from INIT (1) on and "
                "not in ERR (6)",
                qp->qp_num, (int)qp->state);
    else
        efa_log(level, "ibv_post_recv: QP %u: num_sge %d; the QP takes 1 to %u", qp->qp_num,
                wr->num_sge, rq->max_sge);
    return EINVAL;
}

EFA_INLINE bool is_refused(struct efa_recv_queue *rq, const struct ibv_recv_wr *wr)
{
    /* num_sge 0 wraps to the largest number. */
    return !efa_load_relaxed_u32(&rq->posting) || (uint32_t)wr->num_sge - 1 >= rq->max_sge ||
           !efa_request_available(rq->table, &rq->cursor);
}

EFA_INLINE void put(struct efa_recv_queue *rq, const struct ibv_sge *sge, uint32_t request_id,
                    uint32_t framing)
{
    size_t slot = rq->producer++ & (rq->descriptors - 1);
    uint32_t length = sge->length < EFA_RECV_MAX_BUFFER ? sge->length : EFA_RECV_MAX_BUFFER;
    uint64_t lkey_ctrl = (sge->lkey & 0x00ffffffu) | framing;

    efa_store_pair(rq->ring + slot * EFA_RECV_DESCRIPTOR_SIZE, sge->addr,
                   request_id | (uint64_t)length << LENGTH_SHIFT | lkey_ctrl << LKEY_SHIFT);
}

EFA_INLINE void put_request(struct efa_recv_queue *rq, const struct ibv_recv_wr *wr, uint16_t id)
{
    uint32_t last = (uint32_t)wr->num_sge - 1;
    uint32_t framing = EFA_RECV_FIRST;
    uint32_t request_id = id;

    for (uint32_t i = 0; i < last; i++) {
        put(rq, &wr->sg_list[i], request_id, framing);
        framing = 0;
        request_id = 0; /* stands in the first descriptor only */
    }
    put(rq, &wr->sg_list[last], request_id, framing | EFA_RECV_LAST);
}

int efa_post_recv(struct ibv_qp *qp, struct ibv_recv_wr *wr, struct ibv_recv_wr **bad_wr)
{
    struct efa_queue_pair *pair = efa_queue_pair_of(qp);
    struct efa_recv_queue *rq = &pair->rq;
    uint32_t rung;
    int error = 0;

    efa_recv_queue_lock(rq);
    rung = rq->producer;
    for (; wr; wr = wr->next) {
        if (EFA_UNLIKELY(is_refused(rq, wr))) {
            error = refuse(pair, wr);
            break;
        }
        put_request(rq, wr, efa_request_take(rq->table, &rq->cursor, wr->wr_id));
        if (EFA_UNLIKELY(rq->producer - rung >= DESCRIPTORS_A_DOORBELL)) {
            rung = rq->producer;
            efa_ring_doorbell(rq->doorbell, rung & 0xffff);
        }
    }
    if (EFA_LIKELY(rq->producer != rung))
        efa_ring_doorbell(rq->doorbell, rq->producer & 0xffff);
    efa_recv_queue_unlock(rq);
    if (EFA_UNLIKELY(error) && bad_wr)
        *bad_wr = wr;
    return error;
}
