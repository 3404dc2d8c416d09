/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * One measurement after the other. Each goes: both sides work until what they have to post is
 * completed and tell each other how much that was (done); then until all of the other side's has
 * arrived; then they exchange what they found (result), which also brings them together for the next.
 */
#include "measure.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/interrupt.h"
#include "common/message.h"

/* Empty steps in a row after which the processor is offered to others. */
#define PATIENCE 200
#define CONTROL_CHECK_NS 1000000u
#define CONTROL_CHECK_STEPS 256
/* What UD has not delivered so long after it was sent is lost. */
#define UD_QUIET_NS 50000000u
#define PROGRESS_AFTER_NS 2000000000u
#define PROGRESS_EVERY_NS 500000000u

struct measurement {
    struct perf_run *run;
    struct perf_done peer_done[2]; /* by the flow that is to receive it */
    bool has_peer_done[2];
    bool told_done[2];
    bool told_stop;
    bool told_result;
    bool interrupted;
    uint64_t begin;
    uint64_t sent_all_at[2];
    struct perf_result ours[2];
    struct perf_result theirs;
    bool has_theirs;
    uint64_t last_event;
    uint64_t last_check;
    uint64_t last_progress;
};

static bool is_loopback(const struct measurement *m)
{
    return m->run->flow_count == 2;
}

static void take_interrupt(struct measurement *m)
{
    m->interrupted = true;
    for (size_t i = 0; i < m->run->flow_count; i++)
        m->run->flows[i].stop = true;
}

/* Once in a while: what the other side says, Ctrl-C, progress. */
static bool look_around(struct measurement *m, uint64_t now)
{
    struct perf_control *control = m->run->control;
    enum perf_message message = PERF_MESSAGE_NONE;

    /* After the result it is too late: the other side may be at the next measurement, which ends then. */
    if (tool_interrupted() && !m->told_stop && !m->told_result) {
        m->told_stop = true;
        take_interrupt(m);
        if (control != NULL && !perf_control_send_stop(control))
            return false;
    }
    if (m->run->show_progress && now - m->begin > PROGRESS_AFTER_NS &&
        now - m->last_progress > PROGRESS_EVERY_NS) {
        const struct perf_flow *flow = &m->run->flows[0];

        m->last_progress = now;
        fprintf(stderr, "\r%u bytes: %" PRIu64 " messages in %.0f s ", flow->size,
                flow->completed > flow->received ? flow->completed : flow->received,
                (double)(now - m->begin) * 1e-9);
        fflush(stderr);
    }
    if (control == NULL || m->has_theirs)
        return true;
    if (!perf_control_poll(control, &message, &m->peer_done[0], &m->theirs))
        return false;
    m->last_event = message != PERF_MESSAGE_NONE ? now : m->last_event;
    if (message == PERF_MESSAGE_STOP)
        take_interrupt(m);
    m->has_peer_done[0] = m->has_peer_done[0] || message == PERF_MESSAGE_DONE;
    m->has_theirs = message == PERF_MESSAGE_RESULT;
    return true;
}

static bool tell_done(struct measurement *m, size_t i)
{
    const struct perf_flow *flow = &m->run->flows[i];
    const struct perf_done done = {flow->posted, flow->posted_sum};

    m->told_done[i] = true;
    m->sent_all_at[i] = tool_now_ns();
    if (!is_loopback(m))
        return perf_control_send_done(m->run->control, &done);
    m->peer_done[1 - i] = done;
    m->has_peer_done[1 - i] = true;
    return true;
}

static bool has_received_all(const struct measurement *m, size_t i, uint64_t now)
{
    const struct perf_flow *flow = &m->run->flows[i];

    if (!m->has_peer_done[i])
        return false;
    if (m->run->plan->test == PERF_READ || flow->received >= m->peer_done[i].messages)
        return true;
    return m->run->plan->ud && now - flow->last_completion > UD_QUIET_NS &&
           now - m->last_event > UD_QUIET_NS;
}

/* Each once, on SRD: as many as were sent, and by the sum of their numbers the same ones. */
static bool check_received(struct measurement *m, size_t i)
{
    const struct perf_flow *flow = &m->run->flows[i];
    const struct perf_done *sent = &m->peer_done[i];

    if (m->run->plan->test == PERF_READ)
        return true;
    m->ours[i].lost = sent->messages > flow->received ? sent->messages - flow->received : 0;
    if (flow->received > sent->messages ||
        (flow->received == sent->messages && flow->received_sum != sent->sum)) {
        tool_error("%" PRIu64 " messages were sent, but others arrived (%" PRIu64 ")",
                   sent->messages, flow->received);
        return false;
    }
    return true;
}

static void print_stall(const struct measurement *m)
{
    const struct perf_flow *flow = &m->run->flows[0];

    tool_error("nothing happened for %" PRIu64 " s: %" PRIu64 " messages posted, %" PRIu64
               " completed, %" PRIu64 " received (see --timeout)%s",
               m->run->plan->timeout_ns / 1000000000u, flow->posted, flow->completed,
               flow->received,
               m->run->plan->ud ? "; UD may lose messages: try again, or without --ud" : "");
}

/* Works until `is_over` says so. */
static bool work(struct measurement *m, bool (*is_over)(struct measurement *m, uint64_t now))
{
    unsigned idle = 0, steps = 0;

    for (;;) {
        int happened = 0;
        uint64_t now;

        /* What arrives after the result belongs to the next measurement and waits for it. */
        for (size_t i = 0; i < m->run->flow_count && !m->told_result; i++) {
            struct perf_flow *flow = &m->run->flows[i];
            const int events = perf_flow_step(flow);

            if (events < 0)
                return false;
            happened += events;
            if (!m->told_done[i] &&
                perf_flow_has_sent_all(flow, m->has_peer_done[i] ? m->peer_done[i].messages
                                                                 : UINT64_MAX) &&
                !tell_done(m, i))
                return false;
        }
        idle = happened > 0 ? 0 : idle + 1;
        if (idle == 0 && ++steps % CONTROL_CHECK_STEPS != 0)
            continue;
        if (idle >= PATIENCE)
            tool_yield();
        now = tool_now_ns();
        if (idle == 0)
            m->last_event = now;
        if (now - m->last_check > CONTROL_CHECK_NS || m->told_done[0]) {
            m->last_check = now;
            if (!look_around(m, now))
                return false;
        }
        if (is_over(m, now))
            return true;
        if (now - m->last_event > m->run->plan->timeout_ns) {
            print_stall(m);
            return false;
        }
    }
}

static bool all_arrived(struct measurement *m, uint64_t now)
{
    bool all = true;

    for (size_t i = 0; i < m->run->flow_count; i++)
        all = all && m->told_done[i] && has_received_all(m, i, now);
    return all;
}

static bool other_result_is_here(struct measurement *m, uint64_t now)
{
    (void)now;
    return m->has_theirs;
}

static void describe_latency(const struct tool_histogram *histogram, struct perf_latency *latency)
{
    latency->count = histogram->total;
    latency->min = histogram->total > 0 ? histogram->min : 0;
    latency->max = histogram->max;
    latency->mean = tool_histogram_mean(histogram);
    for (size_t i = 0; i < PERF_PERCENTILES; i++)
        latency->percentiles[i] = tool_histogram_percentile(histogram, perf_percentiles[i]);
}

static void describe(struct measurement *m, size_t i)
{
    const struct perf_flow *flow = &m->run->flows[i];

    m->ours[i].sent = flow->posted;
    m->ours[i].elapsed_ns = m->sent_all_at[i] - m->begin;
    m->ours[i].interrupted = m->interrupted;
    describe_latency(flow->latencies, &m->ours[i].latency);
}

static void make_row(const struct measurement *m, struct perf_row *row)
{
    const struct perf_plan *plan = m->run->plan;
    const struct perf_result *mine = &m->ours[0];
    const struct perf_result *other = is_loopback(m) ? &m->ours[1] : &m->theirs;
    const struct perf_result *client = m->run->is_client ? mine : other;
    const struct perf_result *server = m->run->is_client ? other : mine;

    memset(row, 0, sizeof(*row));
    row->size = m->run->flows[0].size;
    row->messages = mine->sent + other->sent;
    row->lost = mine->lost + other->lost;
    row->elapsed_ns = client->elapsed_ns;
    if (plan->bidirectional && server->elapsed_ns > row->elapsed_ns)
        row->elapsed_ns = server->elapsed_ns;
    if (row->elapsed_ns == 0)
        row->elapsed_ns = 1;
    row->latency = client->latency;
}

static bool measure_messages(struct perf_run *run, uint32_t size, uint32_t iterations,
                             uint64_t duration_ns, struct perf_row *row, bool *interrupted)
{
    const uint32_t phase = run->phase++;
    struct measurement m = {0};
    bool good;

    m.run = run;
    for (size_t i = 0; i < run->flow_count; i++) {
        const bool is_client = run->flow_count == 2 ? i == 0 : run->is_client;

        perf_flow_begin(&run->flows[i], size, phase, is_client || run->plan->bidirectional,
                        iterations, duration_ns);
    }
    m.begin = m.last_event = m.last_check = m.last_progress = tool_now_ns();
    good = work(&m, all_arrived);
    for (size_t i = 0; i < run->flow_count && good; i++) {
        describe(&m, i);
        good = check_received(&m, i);
    }
    if (good && !is_loopback(&m)) {
        m.last_event = tool_now_ns();
        m.told_result = true;
        good = perf_control_send_result(run->control, &m.ours[0]) && work(&m, other_result_is_here);
    }
    if (run->show_progress && m.last_progress != m.begin)
        fprintf(stderr, "\r%60s\r", "");
    *interrupted = m.ours[0].interrupted || m.theirs.interrupted;
    if (good)
        make_row(&m, row);
    return good;
}

/* The warm-up is a measurement of its own, of which nothing is kept. */
static bool measure_size(struct perf_run *run, uint32_t size, struct perf_row *row,
                         bool *interrupted)
{
    const struct perf_plan *plan = run->plan;
    struct perf_row ignored;

    memset(row, 0, sizeof(*row));
    if (plan->warmup > 0 && !measure_messages(run, size, plan->warmup, 0, &ignored, interrupted))
        return false;
    return *interrupted ||
           measure_messages(run, size, plan->iterations, plan->duration_ns, row, interrupted);
}

/* Powers of two, and the largest. 0 after the last one. */
static uint32_t next_size(uint32_t size, uint32_t largest)
{
    if (size == largest)
        return 0;
    return size <= largest / 2 ? 2 * size : largest;
}

bool perf_measure(struct perf_run *run, struct perf_results *results)
{
    uint32_t size = run->plan->all_sizes ? 1 : run->plan->size;

    while (results->count < PERF_MAX_SIZES) {
        struct perf_row *row = &results->rows[results->count];

        if (!measure_size(run, size, row, &results->interrupted))
            return false;
        /* Interrupted before anything was measured, or a moment after it began. */
        if (results->interrupted && row->latency.count == 0)
            return true;
        results->count++;
        run->print_row(row);
        size = run->plan->all_sizes ? next_size(size, run->largest) : 0;
        if (size == 0 || results->interrupted)
            return true;
    }
    return true;
}
