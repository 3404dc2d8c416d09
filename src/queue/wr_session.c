/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The extended send interface: wr_start, an operation and its setters for each request, then
 * wr_complete or wr_abort. A request is composed when the next one begins; the doorbell rings at
 * the end, so an aborted or failed session posts nothing. The session keeps the first error,
 * ignores everything after it, and wr_complete returns the error.
 *
 * The device counts all descriptors written between two doorbells, also those of a session that is
 * taken back. So with a batch limit all requests but the last wait in host memory, the stage, and
 * wr_complete writes and rings them batch by batch. Without a limit they go straight to the ring,
 * up to its size. The rest waits in the stage, and so do all sessions after one that was taken
 * back. There are two sets of operations and of wr_complete.
 */
#include <errno.h>

#include "compose.h"
#include "os/log.h"
#include "queue_pair.h"

EFA_INLINE struct efa_send_queue *sq_of(struct ibv_qp_ex *qp)
{
    return &efa_queue_pair_of_ex(qp)->sq;
}

EFA_COLD void efa_session_fail(struct ibv_qp_ex *qp, int error, const char *what)
{
    struct efa_send_queue *sq = sq_of(qp);

    if (sq->session.state.of.kind == EFA_SESSION_FAILED)
        return;
    sq->session.state.whole = EFA_SESSION_STATE(EFA_SESSION_FAILED, 0);
    sq->session.error = error;
    if (error == ENOMEM)
        return; /* the normal back-pressure */
    efa_log(sq->complained ? EFA_LOG_DEBUG : EFA_LOG_WARN,
            "ibv_wr session on QP %u (state %d): %s; ibv_wr_complete will return %d and post "
            "nothing",
            qp->qp_base.qp_num, efa_qp_state_seen(&qp->qp_base), what, error);
    sq->complained = true;
}

/* Called with the lock held. */
EFA_INLINE void open_session(struct efa_send_queue *sq)
{
    sq->session.state.whole = 0;
}

EFA_NOINLINE static void start_after_waiting(struct efa_send_queue *sq)
{
    efa_send_queue_lock_after_waiting(sq, EFA_HELD_BY_SESSION);
    open_session(sq);
}

static void wr_start(struct ibv_qp_ex *qp)
{
    struct efa_send_queue *sq = sq_of(qp);

    if (EFA_UNLIKELY(!efa_send_queue_lock_at_once(sq, EFA_HELD_BY_SESSION)))
        start_after_waiting(sq);
    else
        open_session(sq);
}

/* Stores the complete current request at `line`. */
EFA_INLINE void store_pending(const struct efa_session *session, unsigned char *line)
{
    efa_u128 words01 = efa_u128_of(session->control | session->destination | session->length,
                                   session->address_and_immediate);

    efa_store_descriptor(line, words01, &session->qkey, efa_u128_load(session->payload),
                         efa_u128_load(session->payload + 16));
}

/* Stores the complete current request in the ring. */
EFA_INLINE void put_pending(struct efa_send_queue *sq)
{
    unsigned char *line = sq->position.line;

    store_pending(&sq->session, line);
    efa_send_queue_advance(sq, line + EFA_SEND_DESCRIPTOR_SIZE);
}

/* The same in the stage. */
EFA_INLINE void stage_pending(struct efa_send_queue *sq)
{
    unsigned char *line = sq->session.staged;

    store_pending(&sq->session, line);
    sq->session.staged = line + EFA_SEND_DESCRIPTOR_SIZE;
}

/* Stores it where the requests of such a queue go. */
EFA_INLINE void keep_pending(struct efa_send_queue *sq, bool is_limited)
{
    if (is_limited)
        stage_pending(sq);
    else
        put_pending(sq);
}

/* Cold: logs why the current request is incomplete. */
EFA_COLD static void fail_incomplete(struct ibv_qp_ex *qp)
{
    efa_session_fail(qp, EINVAL,
                     (sq_of(qp)->session.state.of.missing & EFA_NEEDS_ADDRESS) != 0
                         ? "a request has no destination, call ibv_wr_set_ud_addr"
                         : "an RDMA request has no local buffer, call ibv_wr_set_sge");
}

EFA_INLINE bool are_right_flags(const struct ibv_qp_ex *qp, uint32_t implied_flags)
{
    return (qp->wr_flags | implied_flags) == (IBV_SEND_SIGNALED | IBV_SEND_INLINE);
}

/*
 * Cold: logs why no request can begin; `implied_flags` as they were read, because they may change.
 */
EFA_COLD static void fail_begin(struct ibv_qp_ex *qp, uint32_t implied_flags)
{
    if (efa_queue_pair_is_handed_over(efa_queue_pair_of_ex(qp)))
        efa_session_fail(
            qp, EINVAL,
            "the rings were handed over by efadv_query_qp_wqs: write them, or use another QP");
    else if (sq_of(qp)->is_abandoned)
        efa_session_fail(qp, EINVAL,
                         "a thread ended with the process while it posted here; only ibv_modify_qp "
                         "to RESET makes the queue usable again");
    else if (implied_flags == EFA_SEND_QUEUE_CLOSED)
        efa_session_fail(qp, EINVAL, "sends need a send queue and the state RTS or SQD");
    else if (!are_right_flags(qp, implied_flags))
        efa_session_fail(qp, EINVAL,
                         "wr_flags must be IBV_SEND_SIGNALED (or 0 where the QP has sq_sig_all); "
                         "IBV_SEND_INLINE is ignored, no other flag is supported");
    else
        efa_session_fail(qp, ENOMEM, "the send queue is full");
}

/* Out of line: stores the current request, if any; returns false in a failed session. */
EFA_NOINLINE static bool keep_previous(struct ibv_qp_ex *qp)
{
    struct efa_send_queue *sq = sq_of(qp);
    uint32_t missing = sq->session.state.of.missing;

    if (sq->session.state.whole == 0)
        return true;
    if (sq->session.state.of.kind == EFA_SESSION_FAILED)
        return false;
    if (missing & (EFA_NEEDS_ADDRESS | EFA_NEEDS_BUFFER)) {
        fail_incomplete(qp);
        return false;
    }
    keep_pending(sq, sq->is_limited || (missing & EFA_NEEDS_STAGE) != 0);
    return true;
}

/* Begins a request; the previous one is stored. */
EFA_INLINE void begin_next(struct ibv_qp_ex *qp, struct efa_send_queue *sq, uint64_t operation,
                           uint32_t state)
{
    struct efa_session *session = &sq->session;

    /* Sums of values without common bits: one address computation for the processor. */
    session->control = (sq->control | operation) + efa_request_take(&sq->source, qp->wr_id);
    session->length = 0;
    session->immediate = 0;
    /* A send may have no setter: no data of the previous request may be left. */
    efa_u128_store(session->payload, efa_u128_zero());
    efa_u128_store(session->payload + 16, efa_u128_zero());
    session->state.whole = state;
}

static bool has_room_in_stage(struct ibv_qp_ex *qp)
{
    struct efa_send_queue *sq = sq_of(qp);

    if (sq->session.staged != sq->session.stage_end || efa_send_queue_grow_stage(sq))
        return true;
    efa_log(sq->complained ? EFA_LOG_DEBUG : EFA_LOG_WARN,
            "ibv_wr session on QP %u: no memory for more than %u requests; ibv_wr_complete will "
            "return ENOMEM and post nothing",
            qp->qp_base.qp_num,
            (unsigned)((size_t)(sq->session.stage_end - sq->stage) / EFA_SEND_DESCRIPTOR_SIZE));
    sq->complained = true;
    return false;
}

/* Out of line: the same, if it is possible that no request can begin; that fails the session. */
EFA_NOINLINE static void begin_unusual(struct ibv_qp_ex *qp, uint64_t operation, uint32_t state)
{
    struct efa_send_queue *sq = sq_of(qp);
    uint32_t implied_flags = efa_load_relaxed_u32(&sq->implied_flags);
    bool is_right = are_right_flags(qp, implied_flags);
    bool goes_straight = is_right && !sq->is_limited && sq->session.staged == sq->stage &&
                         efa_send_queue_goes_straight(sq);

    if (!is_right || (!goes_straight && !efa_request_available(&sq->source))) {
        fail_begin(qp, implied_flags);
        return;
    }
    if (!goes_straight && !has_room_in_stage(qp)) {
        efa_session_fail(qp, ENOMEM, "no memory for the requests of a long session");
        return;
    }
    /* Staged requests come first: from here on all go to the stage. */
    if (!goes_straight && !sq->is_limited)
        state |= EFA_SESSION_STATE(0, EFA_NEEDS_STAGE);
    begin_next(qp, sq, operation, state);
}

/* Out of line: the same, after an unusual current request. */
EFA_NOINLINE static void begin_after_unusual(struct ibv_qp_ex *qp, uint64_t operation,
                                             uint32_t state)
{
    if (keep_previous(qp))
        begin_unusual(qp, operation, state);
}

/* Begins a request. Whether one has begun is in the session's state. */
EFA_INLINE void begin(struct ibv_qp_ex *qp, struct efa_send_queue *sq, uint64_t operation,
                      uint32_t state, bool is_limited)
{
    if (EFA_LIKELY(sq->session.state.whole == EFA_SESSION_STATE(EFA_SESSION_SEND, 0))) {
        keep_pending(sq, is_limited);
        if (is_limited && EFA_UNLIKELY(sq->session.staged == sq->session.stage_end)) {
            begin_unusual(qp, operation, state);
            return;
        }
    } else if (sq->session.state.whole != 0) {
        begin_after_unusual(qp, operation, state);
        return;
    }
    if (EFA_UNLIKELY(!are_right_flags(qp, efa_load_relaxed_u32(&sq->implied_flags)) ||
                     !efa_request_seen_free(&sq->source))) {
        begin_unusual(qp, operation, state);
        return;
    }
    begin_next(qp, sq, operation, state);
}

EFA_INLINE void begin_send(struct ibv_qp_ex *qp, bool is_limited)
{
    begin(qp, sq_of(qp), 0, EFA_SESSION_STATE(EFA_SESSION_SEND, EFA_NEEDS_ADDRESS), is_limited);
}

EFA_INLINE void begin_send_imm(struct ibv_qp_ex *qp, uint32_t imm_data, bool is_limited)
{
    struct efa_send_queue *sq = sq_of(qp);

    begin(qp, sq, EFA_WORD0_HAS_IMM, EFA_SESSION_STATE(EFA_SESSION_SEND, EFA_NEEDS_ADDRESS),
          is_limited);
    if (EFA_LIKELY(sq->session.state.of.kind == EFA_SESSION_SEND))
        sq->session.immediate = efa_swap_bytes_u32(imm_data);
}

/* The remote buffer's length is the local one's: the setter fills it in. */
EFA_INLINE void begin_rdma_read(struct ibv_qp_ex *qp, uint32_t rkey, uint64_t remote_addr,
                                bool is_limited)
{
    struct efa_send_queue *sq = sq_of(qp);

    begin(qp, sq, EFA_WORD0_RDMA_READ,
          EFA_SESSION_STATE(EFA_SESSION_RDMA, EFA_NEEDS_ADDRESS | EFA_NEEDS_BUFFER), is_limited);
    if (EFA_LIKELY(sq->session.state.of.kind == EFA_SESSION_RDMA))
        efa_u128_store(sq->session.payload, efa_u128_of((uint64_t)rkey << 32, remote_addr));
}

static void wr_send(struct ibv_qp_ex *qp)
{
    begin_send(qp, false);
}

static void wr_send_imm(struct ibv_qp_ex *qp, uint32_t imm_data)
{
    begin_send_imm(qp, imm_data, false);
}

static void wr_rdma_read(struct ibv_qp_ex *qp, uint32_t rkey, uint64_t remote_addr)
{
    begin_rdma_read(qp, rkey, remote_addr, false);
}

static void wr_send_staged(struct ibv_qp_ex *qp)
{
    begin_send(qp, true);
}

static void wr_send_imm_staged(struct ibv_qp_ex *qp, uint32_t imm_data)
{
    begin_send_imm(qp, imm_data, true);
}

static void wr_rdma_read_staged(struct ibv_qp_ex *qp, uint32_t rkey, uint64_t remote_addr)
{
    begin_rdma_read(qp, rkey, remote_addr, true);
}

/* Cold: a setter without a request, or after the session failed. */
EFA_COLD static void fail_setter(struct ibv_qp_ex *qp)
{
    efa_session_fail(qp, EINVAL, "a setter was called before an operation");
}

EFA_INLINE uint64_t length_in_place(size_t length)
{
    return (uint64_t)length << EFA_WORD0_LENGTH_SHIFT;
}

/* The remote address stands first, and carries the length too. */
EFA_NOINLINE static void set_rdma_buffers(struct ibv_qp_ex *qp, const struct ibv_sge *list,
                                          size_t count)
{
    struct efa_session *session = &sq_of(qp)->session;
    uint64_t remote[2];

    if (EFA_UNLIKELY(count != 1)) {
        efa_session_fail(qp, EINVAL, "an RDMA request takes one local buffer");
        return;
    }
    memcpy(remote, session->payload, sizeof remote);
    remote[0] = (remote[0] & ~(uint64_t)UINT32_MAX) | list[0].length;
    efa_u128_store(session->payload, efa_u128_of(remote[0], remote[1]));
    efa_u128_store(session->payload + 16, efa_u128_of_sge(&list[0]));
    session->length = length_in_place(1);
    session->state.whole &= ~EFA_SESSION_STATE(0, EFA_NEEDS_BUFFER);
}

/* Out of line: anything but one or two buffers of a send. */
EFA_NOINLINE static void set_unusual(struct ibv_qp_ex *qp, const struct ibv_sge *list, size_t count)
{
    struct efa_send_queue *sq = sq_of(qp);
    struct efa_session *session = &sq->session;

    if (session->state.of.kind == EFA_SESSION_RDMA) {
        set_rdma_buffers(qp, list, count);
    } else if (session->state.of.kind != EFA_SESSION_SEND) {
        fail_setter(qp);
    } else if (count > sq->max_sge) {
        efa_session_fail(qp, EINVAL, "more buffers than the QP's max_send_sge");
    } else {
        efa_u128_store(session->payload, efa_u128_zero());
        efa_u128_store(session->payload + 16, efa_u128_zero());
        session->length = 0;
    }
}

EFA_NOINLINE static void set_unusual_sge(struct ibv_qp_ex *qp, uint32_t lkey, uint64_t addr,
                                         uint32_t length)
{
    struct ibv_sge sge = {addr, length, lkey};

    set_unusual(qp, &sge, 1);
}

/* For a QP with at least one buffer per send; others use set_unusual_sge. */
static void wr_set_sge(struct ibv_qp_ex *qp, uint32_t lkey, uint64_t addr, uint32_t length)
{
    struct efa_send_queue *sq = sq_of(qp);
    struct efa_session *session = &sq->session;

    if (EFA_UNLIKELY(session->state.of.kind != EFA_SESSION_SEND)) {
        set_unusual_sge(qp, lkey, addr, length);
        return;
    }
    efa_u128_store(session->payload, efa_u128_of_buffer(addr, length, lkey));
    efa_u128_store(session->payload + 16, efa_u128_zero());
    session->length = length_in_place(1);
}

static void wr_set_sge_list(struct ibv_qp_ex *qp, size_t num_sge, const struct ibv_sge *sg_list)
{
    struct efa_send_queue *sq = sq_of(qp);
    struct efa_session *session = &sq->session;

    if (EFA_UNLIKELY(session->state.of.kind != EFA_SESSION_SEND || num_sge - 1 >= sq->max_sge)) {
        set_unusual(qp, sg_list, num_sge);
        return;
    }
    efa_u128_store(session->payload, efa_u128_of_sge(&sg_list[0]));
    efa_u128_store(session->payload + 16,
                   num_sge > 1 ? efa_u128_of_sge(&sg_list[1]) : efa_u128_zero());
    session->length = length_in_place(num_sge);
}

static void set_inline(struct ibv_qp_ex *qp, const struct ibv_data_buf *list, size_t count)
{
    struct efa_send_queue *sq = sq_of(qp);
    struct efa_session *session = &sq->session;
    uint32_t used = 0;

    if (EFA_UNLIKELY(session->state.of.kind != EFA_SESSION_SEND)) {
        if (session->state.of.kind == EFA_SESSION_RDMA)
            efa_session_fail(qp, EINVAL, "an RDMA request cannot be inline");
        else
            fail_setter(qp);
        return;
    }
    efa_u128_store(session->payload, efa_u128_zero());
    efa_u128_store(session->payload + 16, efa_u128_zero());
    for (size_t i = 0; i < count; i++) {
        if (EFA_UNLIKELY(!efa_compose_inline(session->payload, &used, sq->max_inline, list[i].addr,
                                             list[i].length))) {
            efa_session_fail(qp, EINVAL,
                             "inline data longer than the adapter takes (inline_buf_size)");
            return;
        }
    }
    session->length = length_in_place(used) | EFA_WORD0_INLINE;
}

/* Out of line: data that does not fit, or that comes at the wrong time. */
EFA_NOINLINE static void set_unusual_inline(struct ibv_qp_ex *qp, void *addr, size_t length)
{
    struct ibv_data_buf buffer = {addr, length};

    set_inline(qp, &buffer, 1);
}

static void wr_set_inline_data(struct ibv_qp_ex *qp, void *addr, size_t length)
{
    struct efa_send_queue *sq = sq_of(qp);
    struct efa_session *session = &sq->session;

    if (EFA_UNLIKELY(session->state.of.kind != EFA_SESSION_SEND || length > sq->max_inline)) {
        set_unusual_inline(qp, addr, length);
        return;
    }
    efa_u128_store(session->payload, efa_u128_zero());
    efa_u128_store(session->payload + 16, efa_u128_zero());
    efa_copy_inline(session->payload, addr, length);
    session->length = length_in_place(length) | EFA_WORD0_INLINE;
}

static void wr_set_inline_data_list(struct ibv_qp_ex *qp, size_t num_buf,
                                    const struct ibv_data_buf *buf_list)
{
    set_inline(qp, buf_list, num_buf);
}

EFA_INLINE void set_address(struct efa_session *session, const struct ibv_ah *ah,
                            uint32_t remote_qpn, uint32_t remote_qkey)
{
    /* Relaxed, so that the compiler does not combine stores that are cheaper apart. */
    efa_store_relaxed_u64(&session->destination,
                          (uint64_t)(uint16_t)remote_qpn << EFA_WORD0_DESTINATION_SHIFT);
    efa_store_relaxed_u64(&session->address_and_immediate,
                          (uint64_t)(uint16_t)ah->handle << EFA_WORD1_HANDLE_SHIFT |
                              session->immediate);
    session->qkey = remote_qkey;
}

/* Out of line: for an RDMA request, a second call, or an invalid one. */
EFA_NOINLINE static void set_unusual_address(struct ibv_qp_ex *qp, const struct ibv_ah *ah,
                                             uint32_t remote_qpn, uint32_t remote_qkey)
{
    struct efa_session *session = &sq_of(qp)->session;

    if (!(session->state.of.kind & (EFA_SESSION_SEND | EFA_SESSION_RDMA))) {
        fail_setter(qp);
    } else if (!ah) {
        efa_session_fail(qp, EINVAL, "the address handle is NULL");
    } else {
        set_address(session, ah, remote_qpn, remote_qkey);
        session->state.whole &= ~EFA_SESSION_STATE(0, EFA_NEEDS_ADDRESS);
    }
}

static void wr_set_ud_addr(struct ibv_qp_ex *qp, struct ibv_ah *ah, uint32_t remote_qpn,
                           uint32_t remote_qkey)
{
    struct efa_session *session = &sq_of(qp)->session;

    if (EFA_UNLIKELY(session->state.whole !=
                         EFA_SESSION_STATE(EFA_SESSION_SEND, EFA_NEEDS_ADDRESS) ||
                     !ah)) {
        set_unusual_address(qp, ah, remote_qpn, remote_qkey);
        return;
    }
    set_address(session, ah, remote_qpn, remote_qkey);
    session->state.whole = EFA_SESSION_STATE(EFA_SESSION_SEND, 0);
}

static uint32_t smallest(uint32_t a, uint32_t b, uint32_t c)
{
    uint32_t smaller = a < b ? a : b;

    return smaller < c ? smaller : c;
}

/* Copies staged descriptors to the next lines of the ring; `flip` corrects their phase. */
EFA_INLINE void put_staged(unsigned char *line, const unsigned char *from, uint32_t count,
                           uint64_t flip)
{
    efa_u128 flip01 = efa_u128_of(flip, 0);
    const unsigned char *end = from + (size_t)count * EFA_SEND_DESCRIPTOR_SIZE;

    for (; from != end; from += EFA_SEND_DESCRIPTOR_SIZE, line += EFA_SEND_DESCRIPTOR_SIZE) {
        efa_u128_store(line, efa_u128_xor(efa_u128_load(from), flip01));
        efa_u128_store(line + 16, efa_u128_load(from + 16));
        efa_u128_store(line + 32, efa_u128_load(from + 32));
        efa_u128_store(line + 48, efa_u128_load(from + 48));
    }
}

/*
 * Writes and rings the staged requests batch by batch, after those that went straight to the ring.
 */
static void post_staged(struct efa_send_queue *sq)
{
    const unsigned char *from = sq->stage;
    uint32_t waiting = (uint32_t)((size_t)(sq->session.staged - from) / EFA_SEND_DESCRIPTOR_SIZE);
    uint64_t phase = sq->control; /* all were composed with it */
    uint32_t room = efa_send_queue_room(sq);

    sq->session.staged = sq->stage;
    while (waiting) {
        unsigned char *line = sq->position.line;
        size_t to_end = (size_t)(sq->ring_end - line) / EFA_SEND_DESCRIPTOR_SIZE;
        uint32_t count = smallest(waiting, room, (uint32_t)to_end);
        size_t size = (size_t)count * EFA_SEND_DESCRIPTOR_SIZE;

        put_staged(line, from, count, sq->control ^ phase);
        efa_send_queue_advance(sq, line + size);
        from += size;
        waiting -= count;
        room -= count;
        if (room == 0 && waiting != 0) {
            efa_send_queue_ring_between(sq);
            room = sq->max_batch;
        }
    }
    efa_send_queue_ring_anew(sq);
}

/*
 * Takes the session back: nothing of it was rung, and everything before it was. Its descriptors
 * count as wasted.
 */
static void undo(struct efa_send_queue *sq)
{
    size_t put = efa_send_queue_unrung(sq);
    size_t size = (size_t)(sq->ring_end - sq->ring);
    unsigned char *line = sq->position.line;
    uint32_t counter_base = sq->position.counter_base;

    sq->session.staged = sq->stage;
    if (!sq->source.table || sq->is_abandoned)
        return;
    /* Since the last reset, the ids taken equal the descriptors rung, apart from this session's. */
    efa_request_untake(&sq->source, sq->position.rung);
    sq->wasted += (uint32_t)put;
    efa_send_queue_hide_ids(sq);
    /* Reverses each store; at most once around the ring. */
    if (put * EFA_SEND_DESCRIPTOR_SIZE > (size_t)(line - sq->ring)) {
        line += size;
        counter_base -= (uint32_t)(size / EFA_SEND_DESCRIPTOR_SIZE);
        sq->control ^= EFA_WORD0_PHASE;
    }
    efa_send_queue_move(sq, line - put * EFA_SEND_DESCRIPTOR_SIZE, counter_base);
}

/*
 * Out of line: completes a session that is empty, has failed, ends with an unusual request, or has
 * staged requests.
 */
EFA_NOINLINE static int complete_unusual(struct ibv_qp_ex *qp)
{
    struct efa_send_queue *sq = sq_of(qp);
    int error = 0;

    if (keep_previous(qp)) {
        if (sq->session.staged != sq->stage)
            post_staged(sq);
        else if (!sq->is_abandoned && efa_send_queue_unrung(sq) != 0)
            efa_send_queue_ring_anew(sq);
    } else {
        /* Read under the lock: the next session begins with none. */
        error = sq->session.error;
        undo(sq);
    }
    efa_send_queue_unlock(sq);
    return error;
}

static int wr_complete(struct ibv_qp_ex *qp)
{
    struct efa_send_queue *sq = sq_of(qp);

    if (EFA_UNLIKELY(sq->session.state.whole != EFA_SESSION_STATE(EFA_SESSION_SEND, 0)))
        return complete_unusual(qp);
    put_pending(sq);
    efa_send_queue_ring(sq);
    efa_send_queue_unlock(sq);
    return 0;
}

/* The only request of a session goes straight to the ring. */
static int wr_complete_staged(struct ibv_qp_ex *qp)
{
    struct efa_send_queue *sq = sq_of(qp);

    if (sq->session.state.whole != EFA_SESSION_STATE(EFA_SESSION_SEND, 0) ||
        sq->session.staged != sq->stage)
        return complete_unusual(qp);
    put_pending(sq);
    efa_send_queue_ring(sq);
    efa_send_queue_unlock(sq);
    return 0;
}

static void wr_abort(struct ibv_qp_ex *qp)
{
    struct efa_send_queue *sq = sq_of(qp);

    undo(sq);
    efa_send_queue_unlock(sq);
}

void efa_send_queue_set_ops(struct ibv_qp_ex *qp, uint32_t operations)
{
    bool is_limited = sq_of(qp)->is_limited;

    qp->wr_start = wr_start;
    qp->wr_complete = is_limited ? wr_complete_staged : wr_complete;
    qp->wr_abort = wr_abort;
    qp->wr_set_sge = sq_of(qp)->max_sge ? wr_set_sge : set_unusual_sge;
    qp->wr_set_sge_list = wr_set_sge_list;
    qp->wr_set_inline_data = wr_set_inline_data;
    qp->wr_set_inline_data_list = wr_set_inline_data_list;
    qp->wr_set_ud_addr = wr_set_ud_addr;
    efa_send_queue_set_missing_ops(qp);
    if (operations >> IBV_WR_SEND & 1)
        qp->wr_send = is_limited ? wr_send_staged : wr_send;
    if (operations >> IBV_WR_SEND_WITH_IMM & 1)
        qp->wr_send_imm = is_limited ? wr_send_imm_staged : wr_send_imm;
    if (operations >> IBV_WR_RDMA_READ & 1)
        qp->wr_rdma_read = is_limited ? wr_rdma_read_staged : wr_rdma_read;
}
