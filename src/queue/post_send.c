/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * ibv_post_send: checks, composes and stores a list of requests one by one. The doorbell rings when
 * a batch is full, and at the end. The first request that cannot be posted ends the list; those
 * before it are posted.
 *
 * A straight line handles usual requests. At the first unusual one, a tail call does the rest of
 * the list, so that the straight line needs no stack frame.
 */
#include <errno.h>

#include "compose.h"
#include "os/log.h"
#include "queue_pair.h"

/* Cold: logs what is wrong with a request. */
EFA_COLD static int reject_wrong(struct efa_queue_pair *pair, const struct ibv_send_wr *wr)
{
    struct efa_send_queue *sq = &pair->sq;
    const struct ibv_qp *qp = &pair->verbs.qp;
    enum efa_log_level level = sq->complained ? EFA_LOG_DEBUG : EFA_LOG_WARN;
    uint32_t flags = (uint32_t)wr->send_flags;

    sq->complained = true;
    if (!sq->source.table) {
        efa_log(level, "ibv_post_send: QP %u was created without a send queue (max_send_wr 0)",
                qp->qp_num);
    } else if (efa_queue_pair_is_handed_over(pair)) {
        efa_log(level,
                "ibv_post_send: the rings of QP %u were handed over by efadv_query_qp_wqs: write "
                "them, or use another QP",
                qp->qp_num);
    } else if (sq->is_abandoned) {
        efa_log(level,
                "ibv_post_send: QP %u: a thread ended with the process while it posted here; only "
                "ibv_modify_qp to RESET makes the queue usable again",
                qp->qp_num);
    } else if (!efa_send_queue_is_posting(sq)) {
        efa_log(level,
                "ibv_post_send: QP %u is in state %d; sends need RTS (3) or SQD (4), see "
                "ibv_modify_qp",
                qp->qp_num, efa_qp_state_seen(qp));
    } else if (wr->opcode != IBV_WR_SEND && wr->opcode != IBV_WR_SEND_WITH_IMM) {
        efa_log(level,
                "ibv_post_send: QP %u: opcode %d is not supported (SEND and SEND_WITH_IMM are)",
                qp->qp_num, (int)wr->opcode);
    } else if (flags & ~(uint32_t)(IBV_SEND_SIGNALED | IBV_SEND_INLINE)) {
        efa_log(level,
                "ibv_post_send: QP %u: send_flags 0x%x; only SIGNALED and INLINE are supported",
                qp->qp_num, flags);
    } else if (!((flags & IBV_SEND_SIGNALED) || sq->sig_all)) {
        efa_log(level,
                "ibv_post_send: QP %u: unsignaled sends are not supported; set IBV_SEND_SIGNALED "
                "or create the QP with sq_sig_all",
                qp->qp_num);
    } else if (wr->num_sge < 0) {
        efa_log(level, "ibv_post_send: QP %u: num_sge %d is negative", qp->qp_num, wr->num_sge);
    } else if (!(flags & IBV_SEND_INLINE) && (uint32_t)wr->num_sge > sq->max_sge) {
        efa_log(level, "ibv_post_send: QP %u: num_sge %d; the QP takes 0 to %u", qp->qp_num,
                wr->num_sge, sq->max_sge);
    } else if (!wr->wr.ud.ah) {
        efa_log(level, "ibv_post_send: QP %u: wr.ud.ah is NULL", qp->qp_num);
    } else {
        efa_log(level, "ibv_post_send: QP %u: the inline data is longer than the %u bytes that fit",
                qp->qp_num, sq->max_inline);
    }
    return EINVAL;
}

/* Ends a list at a request that cannot be posted. */
EFA_COLD static int end_at(struct efa_queue_pair *pair, struct ibv_send_wr *wr,
                           struct ibv_send_wr **bad_wr, int error)
{
    struct efa_send_queue *sq = &pair->sq;

    if (!sq->is_abandoned && efa_send_queue_unrung(sq) != 0)
        efa_send_queue_ring_anew(sq);
    efa_send_queue_hide_ids(sq);
    efa_send_queue_unlock(sq);
    if (bad_wr)
        *bad_wr = wr;
    return error;
}

/*
 * Opcode and flags as one word. They are neighbours, but are loaded one by one: the program may
 * have just stored them one by one, and a load of both would wait until both have left the
 * processor's store buffer. Relaxed, or the compiler would combine the loads.
 */
EFA_INLINE uint64_t what_of(const struct ibv_send_wr *wr)
{
    return efa_load_relaxed_u32((const uint32_t *)&wr->opcode) |
           (uint64_t)efa_load_relaxed_u32((const uint32_t *)&wr->send_flags) << 32;
}

#define INLINE_FLAG ((uint64_t)IBV_SEND_INLINE << 32) /* in what_of() */

EFA_INLINE bool is_wrong_kind(const struct efa_send_queue *sq, uint64_t what)
{
    return ((what ^ efa_load_relaxed_u64(&sq->expected)) & efa_load_relaxed_u64(&sq->must_match)) !=
           0;
}

/* For a request that is not inline. */
EFA_INLINE bool has_wrong_count(const struct efa_send_queue *sq, const struct ibv_send_wr *wr)
{
    return (uint32_t)wr->num_sge > sq->max_sge;
}

/* Words 0 and 1 without request id and length. */
EFA_INLINE void compose_header(const struct efa_send_queue *sq, const struct ibv_send_wr *wr,
                               uint64_t words[2])
{
    words[0] = sq->control | (uint64_t)(uint16_t)wr->wr.ud.remote_qpn
                                 << EFA_WORD0_DESTINATION_SHIFT;
    words[1] = (uint64_t)(uint16_t)wr->wr.ud.ah->handle << EFA_WORD1_HANDLE_SHIFT;
    if (wr->opcode == IBV_WR_SEND_WITH_IMM) {
        words[0] |= EFA_WORD0_HAS_IMM;
        words[1] |= efa_swap_bytes_u32(wr->imm_data);
    }
}

/*
 * Returns false, and does nothing, if the data is too long or num_sge is negative. Only the number
 * of bytes is limited: max_sge counts buffer descriptors.
 */
EFA_INLINE bool put_inline(struct efa_send_queue *sq, const struct ibv_send_wr *wr)
{
    EFA_ALIGNED(16) unsigned char payload[EFA_SEND_MAX_INLINE] = {0};
    uint64_t words[2];
    uint32_t used = 0;

    if (EFA_UNLIKELY(wr->num_sge < 0))
        return false;
    for (int i = 0; i < wr->num_sge; i++) {
        const struct ibv_sge *sge = &wr->sg_list[i];

        if (!efa_compose_inline(payload, &used, sq->max_inline, (const void *)(uintptr_t)sge->addr,
                                sge->length))
            return false;
    }
    compose_header(sq, wr, words);
    words[0] |= EFA_WORD0_INLINE | (uint64_t)used << EFA_WORD0_LENGTH_SHIFT;
    words[0] |= efa_request_take(&sq->source, wr->wr_id);
    efa_send_queue_put(sq, efa_u128_of(words[0], words[1]), &wr->wr.ud.remote_qkey,
                       efa_u128_load(payload), efa_u128_load(payload + 16));
    return true;
}

/* A valid request, not inline, with a free request id. */
EFA_INLINE void put_usual(struct efa_send_queue *sq, const struct ibv_send_wr *wr)
{
    uint64_t count = (uint32_t)wr->num_sge;
    efa_u128 payload0 = efa_u128_zero();
    efa_u128 payload1 = efa_u128_zero();
    uint64_t words[2];

    compose_header(sq, wr, words);
    if (EFA_LIKELY(count != 0)) {
        payload0 = efa_u128_of_sge(&wr->sg_list[0]);
        if (count > 1)
            payload1 = efa_u128_of_sge(&wr->sg_list[1]);
    }
    words[0] |= count << EFA_WORD0_LENGTH_SHIFT;
    words[0] += efa_request_take(&sq->source, wr->wr_id); /* no bits in common */
    efa_send_queue_put(sq, efa_u128_of(words[0], words[1]), &wr->wr.ud.remote_qkey, payload0,
                       payload1);
}

/* A valid inline request of one buffer, with a free request id. */
EFA_INLINE void put_inline_buffer(struct efa_send_queue *sq, const struct ibv_send_wr *wr)
{
    const struct ibv_sge *sge = &wr->sg_list[0];
    efa_u128 payload[2];
    uint64_t words[2];

    efa_load_inline((const unsigned char *)(uintptr_t)sge->addr, sge->length, payload);
    compose_header(sq, wr, words);
    words[0] |= EFA_WORD0_INLINE | (uint64_t)sge->length << EFA_WORD0_LENGTH_SHIFT;
    words[0] += efa_request_take(&sq->source, wr->wr_id); /* no bits in common */
    efa_send_queue_put(sq, efa_u128_of(words[0], words[1]), &wr->wr.ud.remote_qkey, payload[0],
                       payload[1]);
}

/* Posts any list. Called with the lock held; releases it. `wr` is not NULL. */
EFA_NOINLINE static int post_rest(struct efa_queue_pair *pair, struct ibv_send_wr *wr,
                                  struct ibv_send_wr **bad_wr)
{
    struct efa_send_queue *sq = &pair->sq;

    for (;;) {
        uint64_t what = what_of(wr);
        bool is_inline = (what & INLINE_FLAG) != 0;

        if (is_wrong_kind(sq, what & ~INLINE_FLAG) || !wr->wr.ud.ah ||
            (!is_inline && has_wrong_count(sq, wr)))
            return end_at(pair, wr, bad_wr, reject_wrong(pair, wr));
        if (!efa_request_available(&sq->source))
            return end_at(pair, wr, bad_wr, ENOMEM); /* back-pressure: the caller polls */
        if (!is_inline)
            put_usual(sq, wr);
        else if (!put_inline(sq, wr))
            return end_at(pair, wr, bad_wr, reject_wrong(pair, wr));
        wr = wr->next;
        if (!wr)
            break;
        if (efa_send_queue_room(sq) == 0) {
            efa_send_queue_ring_anew(sq);
            efa_order_after_doorbell(false);
        }
    }
    efa_send_queue_ring_anew(sq);
    efa_send_queue_unlock(sq);
    return 0;
}

EFA_INLINE bool is_one_inline_buffer(const struct efa_send_queue *sq, const struct ibv_send_wr *wr)
{
    return !is_wrong_kind(sq, what_of(wr) ^ INLINE_FLAG) && wr->num_sge == 1 &&
           wr->sg_list[0].length <= sq->max_inline && wr->wr.ud.ah;
}

/*
 * Posts a list of inline requests of one buffer each: the second straight line. Called with the
 * lock held; releases it.
 */
EFA_NOINLINE static int post_inline(struct efa_queue_pair *pair, struct ibv_send_wr *wr,
                                    struct ibv_send_wr **bad_wr)
{
    struct efa_send_queue *sq = &pair->sq;

    do {
        if (EFA_UNLIKELY(!is_one_inline_buffer(sq, wr) || !efa_send_queue_goes_straight(sq)))
            return post_rest(pair, wr, bad_wr);
        put_inline_buffer(sq, wr);
        wr = wr->next;
    } while (wr);
    efa_send_queue_ring(sq);
    efa_send_queue_unlock(sq);
    return 0;
}

/* The same with a batch limit, of which `room` is left, at least 1. */
EFA_NOINLINE static int post_inline_in_batches(struct efa_queue_pair *pair, struct ibv_send_wr *wr,
                                               struct ibv_send_wr **bad_wr, uint32_t room)
{
    struct efa_send_queue *sq = &pair->sq;

    for (;;) {
        if (EFA_UNLIKELY(!is_one_inline_buffer(sq, wr) || !efa_request_available(&sq->source)))
            return post_rest(pair, wr, bad_wr);
        put_inline_buffer(sq, wr);
        wr = wr->next;
        if (!wr)
            break;
        if (EFA_UNLIKELY(--room == 0)) {
            efa_send_queue_ring_between(sq);
            room = sq->max_batch;
        }
    }
    efa_send_queue_ring(sq);
    efa_send_queue_unlock(sq);
    return 0;
}

EFA_NOINLINE static int post_after_waiting(struct efa_queue_pair *pair, struct ibv_send_wr *wr,
                                           struct ibv_send_wr **bad_wr)
{
    efa_send_queue_lock_after_waiting(&pair->sq, EFA_HELD_BY_CALL);
    return post_rest(pair, wr, bad_wr);
}

/* For adapters without a batch limit. A list too long for one doorbell finds no more ids here. */
int efa_post_send(struct ibv_qp *qp, struct ibv_send_wr *wr, struct ibv_send_wr **bad_wr)
{
    struct efa_queue_pair *pair = efa_queue_pair_of(qp);
    struct efa_send_queue *sq = &pair->sq;

    if (EFA_UNLIKELY(!wr))
        return 0;
    if (EFA_UNLIKELY(!efa_send_queue_lock_at_once(sq, EFA_HELD_BY_CALL)))
        return post_after_waiting(pair, wr, bad_wr);
    do {
        if (EFA_UNLIKELY(is_wrong_kind(sq, what_of(wr))))
            return post_inline(pair, wr, bad_wr);
        /* For invalid requests, a full queue and a full batch. */
        if (EFA_UNLIKELY(has_wrong_count(sq, wr) || !wr->wr.ud.ah ||
                         !efa_send_queue_goes_straight(sq)))
            return post_rest(pair, wr, bad_wr);
        put_usual(sq, wr);
        wr = wr->next;
    } while (wr);
    efa_send_queue_ring(sq);
    efa_send_queue_unlock(sq);
    return 0;
}

/* For adapters with a batch limit. */
int efa_post_send_in_batches(struct ibv_qp *qp, struct ibv_send_wr *wr, struct ibv_send_wr **bad_wr)
{
    struct efa_queue_pair *pair = efa_queue_pair_of(qp);
    struct efa_send_queue *sq = &pair->sq;
    uint32_t room;

    if (EFA_UNLIKELY(!wr))
        return 0;
    if (EFA_UNLIKELY(!efa_send_queue_lock_at_once(sq, EFA_HELD_BY_CALL)))
        return post_after_waiting(pair, wr, bad_wr);
    room = sq->max_batch;
    for (;;) {
        if (EFA_UNLIKELY(is_wrong_kind(sq, what_of(wr))))
            return post_inline_in_batches(pair, wr, bad_wr, room);
        if (EFA_UNLIKELY(has_wrong_count(sq, wr) || !wr->wr.ud.ah ||
                         !efa_request_available(&sq->source)))
            return post_rest(pair, wr, bad_wr);
        put_usual(sq, wr);
        wr = wr->next;
        if (!wr)
            break;
        if (EFA_UNLIKELY(--room == 0)) {
            efa_send_queue_ring_between(sq);
            room = sq->max_batch;
        }
    }
    efa_send_queue_ring(sq);
    efa_send_queue_unlock(sq);
    return 0;
}
