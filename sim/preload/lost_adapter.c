/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The flush of a lost adapter. The request tables have the outstanding requests. An open session of
 * wr_* calls may have requests that are not announced and may be aborted, so such a queue is
 * flushed later.
 */
#include "lost_adapter.h"

#include "device/completion_entry.h"
#include "queue/consume.h"

/* The entries of one ring that the adapter would write, from the one that is polled next. */
struct writer {
    unsigned char *place;
    unsigned char *begin, *end;
    uint32_t phase;
    uint32_t room; /* entries */
};

static void begin_writing(struct writer *writer, const struct efa_sub_cq *sub_cq)
{
    writer->place = (unsigned char *)(uintptr_t)sub_cq->next;
    writer->end = (unsigned char *)(uintptr_t)sub_cq->end;
    writer->begin = writer->end - sub_cq->ring_size;
    writer->phase = sub_cq->phase;
    writer->room = sub_cq->ring_size / EFA_COMPLETION_ENTRY_SIZE;
    if (writer->place == writer->end) {
        writer->place = writer->begin;
        writer->phase ^= EFA_HEAD_PHASE;
    }
}

/* The entry's first word, which has the phase, is written last. */
static void write_flushed(struct writer *writer, enum efa_queue_type type, uint32_t qp_num,
                          uint32_t request_id)
{
    uint32_t flags = (uint32_t)type << EFA_COMPLETION_QUEUE_SHIFT;
    uint32_t *words = (uint32_t *)(void *)writer->place;

    words[1] = qp_num;
    words[2] = EFA_AH_NONE;
    words[3] = 0;
    efa_store_release_u32(&words[0], request_id | (uint32_t)EFA_STATUS_FLUSHED << 16 |
                                         flags << EFA_HEAD_FLAGS_SHIFT | writer->phase);
    writer->place += EFA_COMPLETION_ENTRY_SIZE;
    if (writer->place == writer->end) {
        writer->place = writer->begin;
        writer->phase ^= EFA_HEAD_PHASE;
    }
    writer->room--;
}

static uint32_t count_outstanding(struct efa_request_table *table)
{
    const uint8_t *outstanding = efa_request_outstanding(table);
    uint32_t count = 0;

    for (uint32_t i = 0; i <= table->index_mask; i++)
        count += efa_load_relaxed_u8(&outstanding[i]);
    return count;
}

/* Whether all requests taken from the table were announced. Both counters have 16 bits. */
static bool is_rung(const struct efa_request_table *table, uint32_t rung, uint32_t outstanding)
{
    uint32_t completed = table->returned - table->depth;

    return ((completed + outstanding - rung) & 0xffff) == 0;
}

static void flush_table(struct writer *writer, enum efa_queue_type type,
                        struct efa_request_table *table)
{
    const uint8_t *is_outstanding = efa_request_outstanding(table);
    uint32_t rung = type == EFA_QUEUE_SEND ? efa_load_acquire_u32(table->doorbell) : 0;
    uint32_t outstanding = count_outstanding(table);

    if (type == EFA_QUEUE_SEND && !is_rung(table, rung, outstanding))
        return;
    for (uint32_t i = 0; i <= table->index_mask && outstanding != 0 && writer->room != 0; i++) {
        if (!efa_load_relaxed_u8(&is_outstanding[i]))
            continue;
        write_flushed(writer, type, table->qp_num, i | table->generation);
        outstanding--;
    }
}

static void flush_queues(struct writer *writer, enum efa_queue_type type,
                         const struct efa_queue_places *places)
{
    for (uint32_t i = 0; i <= places->mask; i++) {
        struct efa_request_table *table = efa_load_acquire_ptr(&efa_queue_map_places(places)[i]);

        if (table->depth != 0)
            flush_table(writer, type, table);
    }
}

static void flush_all(struct efa_completion_queue *cq)
{
    struct writer writer;

    begin_writing(&writer, cq->polled);
    for (unsigned type = EFA_QUEUE_SEND; type <= EFA_QUEUE_RECV; type++)
        flush_queues(&writer, (enum efa_queue_type)type,
                     efa_load_acquire_ptr(&cq->map.of_type[type]));
}

static bool lock_at_once(struct efa_completion_queue *cq)
{
    if (!cq->exclusive)
        return efa_spinlock_try(&cq->lock, EFA_HELD_BY_CALL);
    if (efa_spinlock_holder_of(&cq->lock) != EFA_UNHELD)
        return false;
    efa_spinlock_mark(&cq->lock, EFA_HELD_BY_CALL);
    return true;
}

void lost_adapter_flush(struct efa_completion_queue *cq)
{
    struct efa_found found;

    if (!lock_at_once(cq))
        return;
    if (!efa_cq_find(cq, &found))
        flush_all(cq);
    efa_cq_unlock(cq);
}
