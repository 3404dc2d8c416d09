/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The extended send interface: wr_start, an operation and its setters for each request, then
 * wr_complete or wr_abort. A request is composed in sq->descriptor and stored to the ring when the
 * next begins; the doorbell rings at the end, so an aborted or failed session leaves no trace. The
 * first error is kept, everything after it is ignored, and wr_complete returns it.
 */
#include <errno.h>

#include "compose.h"
#include "os/log.h"
#include "queue_pair.h"

EFA_COLD void efa_session_fail(struct ibv_qp_ex *qp, int error, const char *what)
{
    struct efa_send_queue *sq = &efa_queue_pair_of_ex(qp)->sq;

    if (sq->session_error)
        return;
    sq->session_error = error;
    if (error == ENOMEM)
        return; /* the normal back-pressure */
    efa_log(sq->complained ? EFA_LOG_DEBUG : EFA_LOG_WARN,
            "ibv_wr session on QP %u (state %d): %s; ibv_wr_complete will return %d and post "
            "nothing",
            qp->qp_base.qp_num, (int)qp->qp_base.state, what, error);
    sq->complained = true;
}

EFA_COLD static void fail(struct efa_queue_pair *pair, int error, const char *what)
{
    efa_session_fail(&pair->verbs.ex, error, what);
}

static void wr_start(struct ibv_qp_ex *qp)
{
    struct efa_send_queue *sq = &efa_queue_pair_of_ex(qp)->sq;

    efa_send_queue_lock(sq);
    efa_store_relaxed_u8(&sq->session_open, 1);
    sq->session_error = 0;
    sq->pending = false;
    sq->session_producer = sq->producer;
    sq->session_taken = sq->cursor.taken;
}

/* Stores the request composed so far, if there is one. */
EFA_INLINE bool put_pending(struct efa_queue_pair *pair)
{
    struct efa_send_queue *sq = &pair->sq;

    if (!sq->pending)
        return true;
    if (EFA_UNLIKELY(sq->missing)) {
        fail(pair, EINVAL,
             (sq->missing & EFA_NEEDS_ADDRESS) != 0
                 ? "a request has no destination, call ibv_wr_set_ud_addr"
                 : "an RDMA request has no local buffer, call ibv_wr_set_sge");
        return false;
    }
    efa_send_queue_put(sq, sq->descriptor);
    sq->pending = false;
    return true;
}

/* Begins a request: false where it cannot be posted, which fails the session. */
EFA_INLINE bool begin(struct efa_queue_pair *pair, enum ibv_wr_opcode opcode, uint32_t ctrl1,
                      uint32_t missing)
{
    struct efa_send_queue *sq = &pair->sq;
    struct ibv_qp_ex *qp = &pair->verbs.ex;

    if (EFA_UNLIKELY(sq->session_error) || !put_pending(pair))
        return false;
    if (EFA_UNLIKELY(!(efa_load_relaxed_u32(&sq->session_ops) >> opcode & 1))) {
        fail(pair, EINVAL, "sends need a send queue and the state RTS or SQD");
        return false;
    }
    if (EFA_UNLIKELY(((qp->wr_flags | sq->implied_flags) ^ IBV_SEND_SIGNALED) != 0)) {
        fail(pair, EINVAL,
             "wr_flags must be IBV_SEND_SIGNALED (or 0 where the QP has sq_sig_all), no more");
        return false;
    }
    if (EFA_UNLIKELY(!efa_request_available(sq->table, &sq->cursor))) {
        fail(pair, ENOMEM, "the send queue is full");
        return false;
    }

    uint16_t id = efa_request_take(sq->table, &sq->cursor, qp->wr_id);
    uint64_t *words = sq->descriptor;

    words[0] = efa_compose_control(sq, id, ctrl1);
    words[1] = 0;
    words[2] = 0;
    words[3] = 0;
    words[4] = 0;
    words[5] = 0;
    words[6] = 0;
    words[7] = 0;
    sq->pending = true;
    sq->missing = missing;
    return true;
}

static void wr_send(struct ibv_qp_ex *qp)
{
    begin(efa_queue_pair_of_ex(qp), IBV_WR_SEND, EFA_SEND_OP_SEND, EFA_NEEDS_ADDRESS);
}

static void wr_send_imm(struct ibv_qp_ex *qp, uint32_t imm_data)
{
    struct efa_queue_pair *pair = efa_queue_pair_of_ex(qp);

    if (begin(pair, IBV_WR_SEND_WITH_IMM, EFA_SEND_OP_SEND | EFA_SEND_HAS_IMM, EFA_NEEDS_ADDRESS))
        pair->sq.descriptor[1] = efa_swap_imm(imm_data);
}

/* The remote buffer's length is the local one's: the setter fills it in. */
static void wr_rdma_read(struct ibv_qp_ex *qp, uint32_t rkey, uint64_t remote_addr)
{
    struct efa_queue_pair *pair = efa_queue_pair_of_ex(qp);

    if (!begin(pair, IBV_WR_RDMA_READ, EFA_SEND_OP_RDMA_READ, EFA_NEEDS_ADDRESS | EFA_NEEDS_BUFFER))
        return;
    pair->sq.descriptor[EFA_PAYLOAD_WORD] = (uint64_t)rkey << 32;
    pair->sq.descriptor[EFA_PAYLOAD_WORD + 1] = remote_addr;
}

EFA_INLINE bool is_rdma(const struct efa_send_queue *sq)
{
    return (sq->descriptor[0] >> EFA_WORD0_CTRL1_SHIFT & EFA_SEND_OP_MASK) != EFA_SEND_OP_SEND;
}

/* Whether the request in hand may be given what a setter brings. */
EFA_INLINE bool may_set(struct efa_queue_pair *pair)
{
    if (EFA_UNLIKELY(pair->sq.session_error))
        return false;
    if (EFA_UNLIKELY(!pair->sq.pending)) {
        fail(pair, EINVAL, "a setter was called before an operation");
        return false;
    }
    return true;
}

/* Length, once: setting the payload of a request again replaces it. */
EFA_INLINE void set_length(struct efa_send_queue *sq, uint64_t length)
{
    sq->descriptor[0] = (sq->descriptor[0] & ~(0xffffull << EFA_WORD0_LENGTH_SHIFT)) |
                        length << EFA_WORD0_LENGTH_SHIFT;
}

static void set_buffers(struct efa_queue_pair *pair, const struct ibv_sge *list, size_t count)
{
    struct efa_send_queue *sq = &pair->sq;
    uint32_t word = EFA_PAYLOAD_WORD;

    sq->descriptor[0] &= ~((uint64_t)EFA_SEND_INLINE_MSG << EFA_WORD0_CTRL1_SHIFT);
    if (EFA_UNLIKELY(count > sq->max_sge)) {
        fail(pair, EINVAL, "more buffers than the QP's max_send_sge");
        return;
    }
    if (is_rdma(sq)) {
        if (EFA_UNLIKELY(count != 1)) {
            fail(pair, EINVAL, "an RDMA request takes one local buffer");
            return;
        }
        /* The remote address stands first, and carries the length too. */
        sq->descriptor[word] = (sq->descriptor[word] & ~0xffffffffull) | list[0].length;
        word += 2;
    }
    for (size_t i = 0; i < count; i++) {
        sq->descriptor[word++] = efa_compose_buffer(list[i].length, list[i].lkey);
        sq->descriptor[word++] = list[i].addr;
    }
    sq->missing &= ~EFA_NEEDS_BUFFER;
    set_length(sq, count);
}

static void wr_set_sge(struct ibv_qp_ex *qp, uint32_t lkey, uint64_t addr, uint32_t length)
{
    struct efa_queue_pair *pair = efa_queue_pair_of_ex(qp);
    struct ibv_sge sge = {addr, length, lkey};

    if (may_set(pair))
        set_buffers(pair, &sge, 1);
}

static void wr_set_sge_list(struct ibv_qp_ex *qp, size_t num_sge, const struct ibv_sge *sg_list)
{
    struct efa_queue_pair *pair = efa_queue_pair_of_ex(qp);

    if (may_set(pair))
        set_buffers(pair, sg_list, num_sge);
}

static void set_inline(struct efa_queue_pair *pair, const struct ibv_data_buf *list, size_t count)
{
    struct efa_send_queue *sq = &pair->sq;
    uint32_t used = 0;

    if (EFA_UNLIKELY(is_rdma(sq))) {
        fail(pair, EINVAL, "an RDMA request cannot be inline");
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (EFA_UNLIKELY(!efa_compose_inline(sq->descriptor, &used, sq->max_inline, list[i].addr,
                                             list[i].length))) {
            fail(pair, EINVAL, "inline data longer than the adapter takes (inline_buf_size)");
            return;
        }
    }
    sq->descriptor[0] |= (uint64_t)EFA_SEND_INLINE_MSG << EFA_WORD0_CTRL1_SHIFT;
    set_length(sq, used);
}

static void wr_set_inline_data(struct ibv_qp_ex *qp, void *addr, size_t length)
{
    struct efa_queue_pair *pair = efa_queue_pair_of_ex(qp);
    struct ibv_data_buf buffer = {addr, length};

    if (may_set(pair))
        set_inline(pair, &buffer, 1);
}

static void wr_set_inline_data_list(struct ibv_qp_ex *qp, size_t num_buf,
                                    const struct ibv_data_buf *buf_list)
{
    struct efa_queue_pair *pair = efa_queue_pair_of_ex(qp);

    if (may_set(pair))
        set_inline(pair, buf_list, num_buf);
}

static void wr_set_ud_addr(struct ibv_qp_ex *qp, struct ibv_ah *ah, uint32_t remote_qpn,
                           uint32_t remote_qkey)
{
    struct efa_queue_pair *pair = efa_queue_pair_of_ex(qp);
    struct efa_send_queue *sq = &pair->sq;

    if (!may_set(pair))
        return;
    if (EFA_UNLIKELY(!ah)) {
        fail(pair, EINVAL, "the address handle is NULL");
        return;
    }
    sq->descriptor[0] = (sq->descriptor[0] & ~(0xffffull << EFA_WORD0_DESTINATION_SHIFT)) |
                        (uint64_t)(uint16_t)remote_qpn << EFA_WORD0_DESTINATION_SHIFT;
    sq->descriptor[1] = (uint32_t)sq->descriptor[1] | (uint64_t)(uint16_t)ah->handle
                                                          << EFA_WORD1_HANDLE_SHIFT;
    sq->descriptor[2] = remote_qkey;
    sq->missing &= ~EFA_NEEDS_ADDRESS;
}

/* Takes the session back: nothing of it was rung. */
static void undo(struct efa_send_queue *sq)
{
    if (sq->table)
        efa_request_untake(sq->table, &sq->cursor, sq->session_taken);
    sq->producer = sq->session_producer;
    sq->pending = false;
}

static void close_session(struct efa_send_queue *sq)
{
    efa_store_relaxed_u8(&sq->session_open, 0);
    efa_send_queue_unlock(sq);
}

static int wr_complete(struct ibv_qp_ex *qp)
{
    struct efa_queue_pair *pair = efa_queue_pair_of_ex(qp);
    struct efa_send_queue *sq = &pair->sq;
    int error;

    if (EFA_LIKELY(!sq->session_error))
        put_pending(pair);
    /* Read under the lock: the next session begins with none. */
    error = sq->session_error;
    if (EFA_UNLIKELY(error))
        undo(sq);
    else if (EFA_LIKELY(sq->producer != sq->session_producer))
        efa_send_queue_ring(sq);
    close_session(sq);
    return error;
}

static void wr_abort(struct ibv_qp_ex *qp)
{
    struct efa_send_queue *sq = &efa_queue_pair_of_ex(qp)->sq;

    undo(sq);
    close_session(sq);
}

void efa_send_queue_set_ops(struct ibv_qp_ex *qp, uint32_t operations)
{
    qp->wr_start = wr_start;
    qp->wr_complete = wr_complete;
    qp->wr_abort = wr_abort;
    qp->wr_set_sge = wr_set_sge;
    qp->wr_set_sge_list = wr_set_sge_list;
    qp->wr_set_inline_data = wr_set_inline_data;
    qp->wr_set_inline_data_list = wr_set_inline_data_list;
    qp->wr_set_ud_addr = wr_set_ud_addr;
    efa_send_queue_set_missing_ops(qp);
    if (operations >> IBV_WR_SEND & 1)
        qp->wr_send = wr_send;
    if (operations >> IBV_WR_SEND_WITH_IMM & 1)
        qp->wr_send_imm = wr_send_imm;
    if (operations >> IBV_WR_RDMA_READ & 1)
        qp->wr_rdma_read = wr_rdma_read;
}
