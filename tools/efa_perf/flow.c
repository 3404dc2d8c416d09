/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Posting, completing and checking the messages of one side; see flow.h. */
#include "flow.h"

#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/message.h"

/* The memory that reads come from has the content of the message with this number. */
#define READ_CONTENT 0

/* Reads into shared slots would overwrite each other, so at most as many as there are slots may
 * be outstanding. */
static uint32_t usable_depth(const struct perf_side *side)
{
    const uint32_t share = side->send_slots / side->plan->qps;

    if (side->plan->test == PERF_LAT)
        return 1;
    if (!side->plan->verify || share >= side->plan->depth)
        return side->plan->depth;
    return share > 0 ? share : 1;
}

static uint64_t mix(uint64_t value)
{
    value = (value ^ value >> 31) * 0x9e3779b97f4a7c15u;
    value = (value ^ value >> 29) * 0xbf58476d1ce4e5b9u;
    return value ^ value >> 32;
}

/* Avoids zeros, which unwritten memory has: mix maps 0 to 0. */
static uint64_t content(uint64_t number, uint32_t at)
{
    return mix(~(number << 32 | at));
}

/* The content of message `number`, and that of the memory that reads come from. */
static void fill(uint8_t *data, uint32_t size, uint64_t number)
{
    for (uint32_t at = 0; at < size; at += 8) {
        const uint64_t word = content(number, at);
        memcpy(data + at, &word, size - at < 8 ? size - at : 8);
    }
}

/* The offset of the first 8 bytes that differ; `size` if all are equal. */
static uint32_t intact_until(const uint8_t *data, uint32_t size, uint64_t number)
{
    uint32_t at = 0;

    for (; at < size; at += 8) {
        const uint64_t word = content(number, at);
        if (memcmp(data + at, &word, size - at < 8 ? size - at : 8) != 0)
            return at;
    }
    return size;
}

static bool check_message(const uint8_t *data, uint32_t size, uint32_t number)
{
    const uint32_t at = intact_until(data, size, number);

    if (at < size)
        tool_error("message %u of %u bytes is not what was sent, at byte %u or soon after",
                   number & PERF_SEQUENCE_MASK, size, at);
    return at == size;
}

static bool check_read(const uint8_t *data, uint32_t size)
{
    const uint32_t at = intact_until(data, size, READ_CONTENT);

    if (at < size)
        tool_error(
            "a read of %u bytes brought others than the remote memory has, at byte %u or "
            "soon after",
            size, at);
    return at == size;
}

bool perf_flow_create(struct perf_flow *flow, struct perf_side *side)
{
    const size_t slots = (size_t)side->plan->depth * side->plan->qps;

    memset(flow, 0, sizeof *flow);
    flow->side = side;
    flow->free_slots = (uint32_t *)calloc(slots, sizeof *flow->free_slots);
    flow->posted_at = (uint64_t *)calloc(slots, sizeof *flow->posted_at);
    flow->latencies = (struct tool_histogram *)calloc(1, sizeof *flow->latencies);
    if (!flow->free_slots || !flow->posted_at || !flow->latencies) {
        tool_error("no memory for %zu requests: lower --depth or --qps", slots);
        return false;
    }
    if (side->plan->test == PERF_READ)
        fill(side->recv_memory, side->largest, READ_CONTENT);
    return true;
}

void perf_flow_destroy(struct perf_flow *flow)
{
    free(flow->free_slots);
    free(flow->posted_at);
    free(flow->latencies);
    memset(flow, 0, sizeof *flow);
}

void perf_flow_begin(struct perf_flow *flow, const struct perf_task *task, bool initiates)
{
    const struct perf_plan *plan = flow->side->plan;

    flow->size = task->size;
    flow->phase = task->phase & 0xffu;
    flow->initiates = initiates;
    flow->answers = plan->test == PERF_LAT && !initiates;
    flow->stop = false;
    flow->iterations = task->iterations;
    flow->gap_ns = task->rate > 0 ? 1e9 / task->rate : 0;
    flow->posted = flow->completed = flow->received = 0;
    flow->posted_sum = flow->received_sum = 0;
    flow->next_qp = 0;
    for (uint32_t qp = 0; qp < plan->qps; qp++) {
        flow->free_count[qp] = usable_depth(flow->side);
        for (uint32_t i = 0; i < flow->free_count[qp]; i++)
            flow->free_slots[qp * plan->depth + i] = qp * plan->depth + i;
    }
    tool_histogram_clear(flow->latencies);
    flow->begin = flow->last_completion = tool_now_ns();
    flow->end_at = task->duration_ns > 0 ? flow->begin + task->duration_ns : UINT64_MAX;
}

static uint32_t number_of(const struct perf_flow *flow, uint64_t sequence)
{
    return flow->phase << PERF_PHASE_SHIFT | ((uint32_t)sequence & PERF_SEQUENCE_MASK);
}

/*
 * At a fixed rate a message's time begins when it was due. So if it waited because others were
 * slow, the wait counts.
 */
static uint64_t due_at(const struct perf_flow *flow, uint64_t sequence, uint64_t now)
{
    const uint64_t due = flow->begin + (uint64_t)((double)sequence * flow->gap_ns);

    return due < now ? due : now; /* rounding may be early by a nanosecond */
}

/* The number of messages that are due and not posted. */
static uint64_t due_now(const struct perf_flow *flow)
{
    const uint64_t due = (uint64_t)((double)(tool_now_ns() - flow->begin) / flow->gap_ns) + 1;

    return due > flow->posted ? due - flow->posted : 0;
}

static bool post_some(struct perf_flow *flow, uint32_t qp, uint32_t count)
{
    const struct perf_plan *plan = flow->side->plan;
    uint32_t *slots;
    uint64_t now;

    flow->free_count[qp] -= count;
    slots = flow->free_slots + qp * plan->depth + flow->free_count[qp];
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t number = number_of(flow, flow->posted + i);

        flow->posted_sum += mix(number);
        if (!plan->verify)
            continue;
        if (plan->test == PERF_READ)
            memset(perf_send_slot(flow->side, slots[i]), 0, flow->size);
        else
            fill(perf_send_slot(flow->side, slots[i]), flow->size, number);
    }
    now = tool_now_ns();
    for (uint32_t i = 0; i < count; i++)
        flow->posted_at[slots[i]] = flow->gap_ns > 0 ? due_at(flow, flow->posted + i, now) : now;
    if (!perf_post(flow->side, qp, slots, count, flow->size, number_of(flow, flow->posted)))
        return false;
    flow->posted += count;
    flow->next_qp = qp + 1 < plan->qps ? qp + 1 : 0;
    return true;
}

/* Messages until the sequence numbers wrap, which a list must not cross. */
static uint32_t until_wrap(uint64_t posted)
{
    return PERF_SEQUENCE_MASK + 1 - ((uint32_t)posted & PERF_SEQUENCE_MASK);
}

static uint64_t may_post(struct perf_flow *flow)
{
    const struct perf_plan *plan = flow->side->plan;
    uint64_t left;

    if (flow->answers)
        return flow->received - flow->posted;
    if (!flow->initiates || flow->stop)
        return 0;
    if (plan->test == PERF_LAT &&
        (flow->received != flow->posted || flow->completed != flow->posted))
        return 0;
    /* At least one message is sent, even if the thread did not run during the whole duration. */
    if (flow->posted >= flow->iterations || (flow->posted > 0 && tool_now_ns() >= flow->end_at)) {
        flow->stop = true;
        return 0;
    }
    left = flow->iterations - flow->posted;
    if (plan->test == PERF_LAT)
        return 1;
    if (flow->gap_ns > 0) {
        const uint64_t due = due_now(flow);

        return due < left ? due : left;
    }
    return left;
}

/* Posts at most one list, on the next queue pair that has room for it. */
static bool post_next(struct perf_flow *flow)
{
    const struct perf_plan *plan = flow->side->plan;
    const uint64_t allowed = may_post(flow);
    uint32_t count = plan->post_list;

    if (allowed == 0)
        return true;
    if (count > usable_depth(flow->side))
        count = usable_depth(flow->side);
    if (count > allowed)
        count = (uint32_t)allowed;
    if (count > until_wrap(flow->posted))
        count = until_wrap(flow->posted);
    for (uint32_t i = 0; i < plan->qps; i++) {
        const uint32_t qp = (flow->next_qp + i) % plan->qps;

        if (flow->free_count[qp] >= count)
            return post_some(flow, qp, count);
    }
    return true;
}

static bool take_sends(struct perf_flow *flow, const struct perf_completion *completions, int count)
{
    const struct perf_plan *plan = flow->side->plan;
    const uint64_t now = tool_now_ns();

    for (int i = 0; i < count; i++) {
        const uint32_t slot = completions[i].slot;
        const uint32_t qp = slot / plan->depth;

        flow->free_slots[qp * plan->depth + flow->free_count[qp]++] = slot;
        if (plan->test != PERF_LAT)
            tool_histogram_record(flow->latencies, now - flow->posted_at[slot]);
        if (plan->test == PERF_READ && plan->verify &&
            !check_read(perf_send_slot(flow->side, slot), flow->size))
            return false;
    }
    flow->completed += (uint64_t)count;
    flow->last_completion = now;
    return true;
}

static bool take_receive(struct perf_flow *flow, const struct perf_completion *completion)
{
    const struct perf_plan *plan = flow->side->plan;

    if (completion->number >> PERF_PHASE_SHIFT != flow->phase)
        return true; /* a late message of an earlier measurement on UD */
    if (completion->byte_length != flow->size) {
        tool_error("a message arrived with %u bytes instead of %u", completion->byte_length,
                   flow->size);
        return false;
    }
    if (plan->verify && !check_message(perf_recv_slot(flow->side, completion->slot) +
                                           (plan->ud ? PERF_UD_HEADER : 0),
                                       flow->size, completion->number))
        return false;
    flow->received++;
    flow->received_sum += mix(completion->number);
    return true;
}

static bool take_receives(struct perf_flow *flow, const struct perf_completion *completions,
                          int count)
{
    const uint32_t depth = flow->side->plan->depth;
    const uint64_t now = tool_now_ns();
    uint32_t slots[PERF_POLL_LIMIT];

    for (int i = 0; i < count;) {
        const uint32_t qp = completions[i].slot / depth;
        uint32_t run = 0;

        for (; i < count && completions[i].slot / depth == qp; i++) {
            const uint64_t before = flow->received;

            if (!take_receive(flow, &completions[i]))
                return false;
            if (flow->side->plan->test == PERF_LAT && flow->initiates && flow->received > before)
                tool_histogram_record(flow->latencies, (now - flow->posted_at[qp * depth]) / 2);
            slots[run++] = completions[i].slot;
        }
        if (!perf_post_receives(flow->side, qp, slots, run))
            return false;
    }
    flow->last_completion = now;
    return true;
}

int perf_flow_step(struct perf_flow *flow)
{
    struct perf_completion completions[PERF_POLL_LIMIT];
    const bool sends = flow->completed < flow->posted;
    int sent = 0, received = 0;

    if (flow->side->plan->test != PERF_READ) {
        received = perf_poll_receives(flow->side, completions);
        if (received < 0 || (received > 0 && !take_receives(flow, completions, received)))
            return -1;
    }
    if (sends) {
        sent = perf_poll_sends(flow->side, completions);
        if (sent < 0 || (sent > 0 && !take_sends(flow, completions, sent)))
            return -1;
    }
    if (!post_next(flow))
        return -1;
    return sent + received;
}

bool perf_flow_has_sent_all(const struct perf_flow *flow, uint64_t peer_total)
{
    if (flow->completed != flow->posted)
        return false;
    if (flow->answers)
        return flow->posted == peer_total;
    if (!flow->initiates)
        return true;
    return flow->stop && (flow->side->plan->test != PERF_LAT || flow->received == flow->posted);
}
