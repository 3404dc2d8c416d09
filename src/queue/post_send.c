/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * ibv_post_send: a list of requests is checked, composed and stored one by one, then rung once. The
 * first that cannot be posted ends the list; those before it are posted.
 */
#include <errno.h>

#include "compose.h"
#include "os/log.h"
#include "queue_pair.h"

/* Cold: why a request was refused, and in words. */
EFA_COLD static int refuse(struct efa_queue_pair *pair, const struct ibv_send_wr *wr)
{
    struct efa_send_queue *sq = &pair->sq;
    const struct ibv_qp *qp = &pair->verbs.qp;
    enum efa_log_level level = sq->complained ? EFA_LOG_DEBUG : EFA_LOG_WARN;
    uint32_t flags = (uint32_t)wr->send_flags;
    uint32_t posting = efa_load_relaxed_u32(&sq->posting);

    sq->complained = true;
    if (posting == 0) {
        if (!sq->table)
            efa_log(level, "ibv_post_send: QP %u was created without a send queue (max_send_wr 0)",
                    qp->qp_num);
        else
            efa_log(level,
                    "ibv_post_send: QP %u is in state %d; sends need RTS (3) or SQD (4), see "
                    "ibv_modify_qp",
                    qp->qp_num, (int)qp->state);
    } else if (wr->opcode > IBV_WR_DRIVER1 || !(posting >> wr->opcode & 1)) {
        efa_log(level,
                "ibv_post_send: QP %u: opcode %d is not offered (SEND and SEND_WITH_IMM are)",
                qp->qp_num, (int)wr->opcode);
    } else if (flags & ~(uint32_t)(IBV_SEND_SIGNALED | IBV_SEND_INLINE)) {
        efa_log(level,
                "ibv_post_send: QP %u: send_flags 0x%x; only SIGNALED and INLINE are offered",
                qp->qp_num, flags);
    } else if (!((flags | sq->implied_flags) & IBV_SEND_SIGNALED)) {
        efa_log(level,
                "ibv_post_send: QP %u: unsignaled sends are not offered; set IBV_SEND_SIGNALED, or "
                "create the QP with sq_sig_all",
                qp->qp_num);
    } else if ((uint32_t)wr->num_sge > sq->max_sge) {
        efa_log(level, "ibv_post_send: QP %u: num_sge %d; the QP takes 0 to %u", qp->qp_num,
                wr->num_sge, sq->max_sge);
    } else if (!wr->wr.ud.ah) {
        efa_log(level, "ibv_post_send: QP %u: wr.ud.ah is NULL", qp->qp_num);
    } else if (!efa_request_available(sq->table, &sq->cursor)) {
        /* The normal back-pressure: the caller polls and comes again. */
        return ENOMEM;
    } else {
        efa_log(level, "ibv_post_send: QP %u: the inline data is longer than the %u bytes that fit",
                qp->qp_num, sq->max_inline);
    }
    return EINVAL;
}

/* One test for "flags and implied flags are SIGNALED, perhaps INLINE, and nothing else". */
EFA_INLINE bool flags_are_wrong(const struct efa_send_queue *sq, uint32_t flags)
{
    return (((flags | sq->implied_flags) ^ IBV_SEND_SIGNALED) & ~(uint32_t)IBV_SEND_INLINE) != 0;
}

EFA_INLINE bool is_refused(struct efa_send_queue *sq, const struct ibv_send_wr *wr)
{
    uint32_t posting = efa_load_relaxed_u32(&sq->posting);

    return (uint32_t)wr->opcode > IBV_WR_DRIVER1 || !(posting >> wr->opcode & 1) ||
           flags_are_wrong(sq, (uint32_t)wr->send_flags) || (uint32_t)wr->num_sge > sq->max_sge ||
           !wr->wr.ud.ah || !efa_request_available(sq->table, &sq->cursor);
}

EFA_INLINE bool compose_inline_payload(const struct efa_send_queue *sq,
                                       const struct ibv_send_wr *wr, uint64_t *words,
                                       uint32_t *used)
{
    for (int i = 0; i < wr->num_sge; i++) {
        const struct ibv_sge *sge = &wr->sg_list[i];

        if (!efa_compose_inline(words, used, sq->max_inline, (const void *)(uintptr_t)sge->addr,
                                sge->length))
            return false;
    }
    return true;
}

int efa_post_send(struct ibv_qp *qp, struct ibv_send_wr *wr, struct ibv_send_wr **bad_wr)
{
    struct efa_queue_pair *pair = efa_queue_pair_of(qp);
    struct efa_send_queue *sq = &pair->sq;
    uint32_t producer_before;
    int error = 0;

    efa_send_queue_lock(sq);
    producer_before = sq->producer;
    for (; wr; wr = wr->next) {
        uint64_t words[EFA_SEND_DESCRIPTOR_WORDS] = {0};
        uint32_t ctrl1 = EFA_SEND_OP_SEND;
        uint32_t length = (uint32_t)wr->num_sge;

        if (EFA_UNLIKELY(is_refused(sq, wr))) {
            error = refuse(pair, wr);
            break;
        }
        if ((uint32_t)wr->send_flags & IBV_SEND_INLINE) {
            length = 0;
            if (EFA_UNLIKELY(!compose_inline_payload(sq, wr, words, &length))) {
                error = refuse(pair, wr);
                break;
            }
            ctrl1 |= EFA_SEND_INLINE_MSG;
        } else {
            for (uint32_t i = 0; i < length; i++) {
                const struct ibv_sge *sge = &wr->sg_list[i];

                words[EFA_PAYLOAD_WORD + 2 * i] = efa_compose_buffer(sge->length, sge->lkey);
                words[EFA_PAYLOAD_WORD + 2 * i + 1] = sge->addr;
            }
        }
        if (wr->opcode == IBV_WR_SEND_WITH_IMM) {
            ctrl1 |= EFA_SEND_HAS_IMM;
            words[1] = efa_swap_imm(wr->imm_data);
        }

        uint16_t id = efa_request_take(sq->table, &sq->cursor, wr->wr_id);

        words[0] = efa_compose_control(sq, id, ctrl1) |
                   (uint64_t)(uint16_t)wr->wr.ud.remote_qpn << EFA_WORD0_DESTINATION_SHIFT |
                   (uint64_t)length << EFA_WORD0_LENGTH_SHIFT;
        words[1] |= (uint64_t)(uint16_t)wr->wr.ud.ah->handle << EFA_WORD1_HANDLE_SHIFT;
        words[2] = wr->wr.ud.remote_qkey;
        efa_send_queue_put(sq, words);
    }
    if (EFA_LIKELY(sq->producer != producer_before))
        efa_send_queue_ring(sq);
    efa_send_queue_unlock(sq);
    if (EFA_UNLIKELY(error) && bad_wr)
        *bad_wr = wr;
    return error;
}
