/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* A send queue's positions, its state, and the memory for staged sessions. */
#include "send_queue.h"

#include <string.h>

#include "compose.h"
#include "os/os.h"

void efa_send_queue_reset(struct efa_send_queue *sq, struct efa_request_table *table)
{
    sq->position.line = sq->ring;
    sq->position.counter_base = 0u - (uint32_t)((uintptr_t)sq->ring / EFA_SEND_DESCRIPTOR_SIZE);
    sq->control = EFA_WORD0_ALWAYS;
    sq->position.rung = 0;
    sq->wasted = 0;
    sq->session.staged = sq->stage;
    sq->is_abandoned = false;
    if (!table)
        return;
    sq->control |= table->generation;
#ifdef EFAWIN_SIMULATED_ADAPTER
    table->doorbell = sq->doorbell;
#endif
    efa_request_source_init(&sq->source, table);
    efa_send_queue_hide_ids(sq);
}

void efa_send_queue_limit_batches(struct efa_send_queue *sq, uint32_t depth, uint32_t max_batch)
{
    uint32_t most = depth > 1 ? depth - 1 : 1;

    sq->is_limited = max_batch != 0;
    sq->max_batch = max_batch && max_batch < most ? max_batch : most;
    sq->straight = sq->max_batch - 1;
}

/* Longer sessions are rare, and a whole ring of the deepest queue takes 256 KB. */
#define FIRST_STAGE 64

bool efa_send_queue_make_stage(struct efa_send_queue *sq, uint32_t depth)
{
    size_t size = (size_t)(depth < FIRST_STAGE ? depth : FIRST_STAGE) * EFA_SEND_DESCRIPTOR_SIZE;

    sq->stage = efa_os_alloc_aligned(size, EFA_CACHE_LINE);
    if (!sq->stage)
        return false;
    sq->session.staged = sq->stage;
    sq->session.stage_end = sq->stage + size;
    return true;
}

bool efa_send_queue_grow_stage(struct efa_send_queue *sq)
{
    size_t used = (size_t)(sq->session.staged - sq->stage);
    size_t size = (size_t)(sq->ring_end - sq->ring);
    unsigned char *small = sq->stage;
    unsigned char *large = efa_os_alloc_aligned(size, EFA_CACHE_LINE);

    if (!large)
        return false;
    memcpy(large, small, used);
    /* Freed last: the thread may end with the process here, and its queue is destroyed later. */
    sq->stage = large;
    sq->session.staged = large + used;
    sq->session.stage_end = large + size;
    efa_os_free_aligned(small);
    return true;
}

void efa_send_queue_free_stage(struct efa_send_queue *sq)
{
    efa_os_free_aligned(sq->stage);
}

/* post_send's: SEND or, differing in the lowest bit, SEND_WITH_IMM; signaled. */
#define EXPECTED (IBV_WR_SEND | (uint64_t)IBV_SEND_SIGNALED << 32)
#define MAY_DIFFER ((uint64_t)(IBV_WR_SEND ^ IBV_WR_SEND_WITH_IMM))

static_assert((IBV_WR_SEND ^ IBV_WR_SEND_WITH_IMM) == 1, "the opcodes differ in the lowest bit");

void efa_send_queue_set_posting(struct efa_send_queue *sq, bool posting)
{
    bool open = posting && sq->source.table && !sq->is_abandoned;
    uint32_t implied = sq->sig_all ? IBV_SEND_SIGNALED : 0;

    /* Between the two stores only valid requests match, in any order of visibility. */
    efa_store_relaxed_u64(&sq->must_match,
                          open ? ~(MAY_DIFFER | (uint64_t)implied << 32) : UINT64_MAX);
    efa_store_release_u64(&sq->expected, open ? EXPECTED : UINT64_MAX);
    efa_store_release_u32(&sq->implied_flags,
                          open ? implied | IBV_SEND_INLINE : EFA_SEND_QUEUE_CLOSED);
}

bool efa_send_queue_is_posting(const struct efa_send_queue *sq)
{
    return efa_load_relaxed_u32(&sq->implied_flags) != EFA_SEND_QUEUE_CLOSED;
}

static void abandon(struct efa_send_queue *sq)
{
    sq->is_abandoned = true;
    sq->session.staged = sq->stage;
    efa_send_queue_set_posting(sq, false);
}

EFA_COLD void efa_send_queue_lock_after_waiting(struct efa_send_queue *sq,
                                                enum efa_spinlock_holder holder)
{
    if (efa_spinlock_wait(&sq->lock, holder) == EFA_LOCK_TAKEN_OVER)
        abandon(sq);
    efa_order_after_doorbell(true);
}

bool efa_send_queue_lock_unless_session(struct efa_send_queue *sq)
{
    enum efa_spinlock_outcome outcome = efa_spinlock_wait_for_calls(&sq->lock, EFA_HELD_BY_CALL);

    if (outcome == EFA_LOCK_TAKEN_OVER)
        abandon(sq);
    return outcome != EFA_LOCK_IN_SESSION;
}
