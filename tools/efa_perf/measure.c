/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Runs one measurement after the other. In each, both sides work until everything that they post is
 * completed, and send each other the count (`done`). Then they work until all of the peer's
 * messages have arrived. Then they exchange results (`result`), which also synchronises them for
 * the next measurement.
 */
#include "measure.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cause.h"
#include "common/clock.h"
#include "common/interrupt.h"
#include "common/message.h"
#include "interval.h"

/* The number of consecutive empty steps after which the thread yields. */
#define PATIENCE 200
#define CONTROL_CHECK_NS 1000000u
#define CONTROL_CHECK_STEPS 256
/* A UD message that has not arrived after this time is lost. */
#define UD_QUIET_NS 50000000u
#define PROGRESS_AFTER_NS 2000000000u
#define PROGRESS_EVERY_NS 500000000u

struct measurement {
    struct perf_run *run;
    /* For each lane, by the receiving flow. */
    struct perf_done peer_done[PERF_MAX_THREADS][PERF_SIDES];
    bool has_peer_done[PERF_SIDES];
    bool told_done[PERF_SIDES];
    bool told_stop;
    bool told_result;
    bool interrupted;
    uint64_t begin;
    uint64_t processor_begin;
    uint64_t sent_all_at[PERF_SIDES];
    struct perf_result ours[PERF_SIDES];
    struct perf_result theirs;
    bool has_theirs;
    uint64_t last_event;
    uint64_t last_seen; /* events of all lanes until then */
    uint64_t last_check;
    uint64_t last_progress;
    struct perf_intervals *intervals; /* NULL: no intervals, as in the warm-up */
    struct tool_histogram *latencies; /* of all lanes' first flows, at the end */
};

static bool is_loopback(const struct measurement *m)
{
    return m->run->lanes[0].flow_count == 2;
}

static void take_interrupt(struct measurement *m)
{
    m->interrupted = true;
    for (uint32_t t = 0; t < m->run->plan->threads; t++) {
        for (size_t i = 0; i < m->run->lanes[t].flow_count; i++)
            efa_store_release_u32(&m->run->lanes[t].shown[i].stop, 1);
    }
}

/* Messages of all lanes. */
static uint64_t sum_of(const struct perf_run *run, size_t i, bool received)
{
    uint64_t sum = 0;

    for (uint32_t t = 0; t < run->plan->threads; t++) {
        const struct perf_shown *shown = &run->lanes[t].shown[i];

        sum += efa_load_acquire_u64(received ? &shown->received : &shown->completed);
    }
    return sum;
}

static void show_progress(struct measurement *m, uint64_t now)
{
    const uint64_t completed = sum_of(m->run, 0, false), received = sum_of(m->run, 0, true);

    if (!m->run->show_progress || now - m->begin <= PROGRESS_AFTER_NS ||
        now - m->last_progress <= PROGRESS_EVERY_NS)
        return;
    m->last_progress = now;
    fprintf(stderr, "\r%u bytes: %" PRIu64 " messages in %.0f s ", m->run->lanes[0].flows[0].size,
            completed > received ? completed : received, (double)(now - m->begin) * 1e-9);
    fflush(stderr);
}

static void set_peer_totals(struct measurement *m, size_t i)
{
    m->has_peer_done[i] = true;
    for (uint32_t t = 0; t < m->run->plan->threads; t++)
        efa_store_release_u64(&m->run->lanes[t].shown[i].peer_total, m->peer_done[t][i].messages);
}

static bool read_messages(struct measurement *m, uint64_t now)
{
    struct perf_done done[PERF_MAX_THREADS];
    enum perf_message message = PERF_MESSAGE_NONE;

    if (!perf_control_poll(m->run->control, m->run->plan->threads, &message, done, &m->theirs))
        return false;
    m->last_event = message != PERF_MESSAGE_NONE ? now : m->last_event;
    if (message == PERF_MESSAGE_STOP)
        take_interrupt(m);
    if (message == PERF_MESSAGE_DONE) {
        for (uint32_t t = 0; t < m->run->plan->threads; t++)
            m->peer_done[t][0] = done[t];
        set_peer_totals(m, 0);
    }
    m->has_theirs = message == PERF_MESSAGE_RESULT;
    return true;
}

/* Called from time to time: handles messages of the peer, Ctrl-C, progress, the other lanes. */
static bool look_around(struct measurement *m, uint64_t now)
{
    struct perf_control *control = m->run->control;
    const uint64_t seen = sum_of(m->run, 0, false) + sum_of(m->run, 0, true);

    if (seen != m->last_seen) {
        m->last_seen = seen;
        m->last_event = now;
    }
    for (uint32_t t = 1; t < m->run->plan->threads; t++) {
        if (perf_lane_has_failed(&m->run->lanes[t]))
            return false;
    }
    /* After the result the peer may be at the next measurement, and that one ends then. */
    if (tool_interrupted() && !m->told_stop && !m->told_result) {
        m->told_stop = true;
        take_interrupt(m);
        if (control && !perf_control_send_stop(control))
            return false;
    }
    show_progress(m, now);
    if (m->intervals && !m->told_result)
        perf_intervals_check(m->intervals, now);
    if (m->run->look_after)
        m->run->look_after(m->run->argument);
    return !control || m->has_theirs || read_messages(m, now);
}

static bool have_sent_all(const struct measurement *m, size_t i)
{
    bool all = true;

    for (uint32_t t = 0; t < m->run->plan->threads; t++)
        all = all && efa_load_acquire_u32(&m->run->lanes[t].shown[i].has_sent_all);
    return all;
}

static bool tell_done(struct measurement *m, size_t i)
{
    struct perf_done done[PERF_MAX_THREADS];

    m->told_done[i] = true;
    m->sent_all_at[i] = tool_now_ns();
    for (uint32_t t = 0; t < m->run->plan->threads; t++) {
        done[t].messages = m->run->lanes[t].flows[i].posted;
        done[t].sum = m->run->lanes[t].flows[i].posted_sum;
    }
    if (!is_loopback(m))
        return perf_control_send_done(m->run->control, m->run->plan->threads, done);
    for (uint32_t t = 0; t < m->run->plan->threads; t++)
        m->peer_done[t][1 - i] = done[t];
    set_peer_totals(m, 1 - i);
    return true;
}

static bool has_received_all(const struct measurement *m, size_t i, uint64_t now)
{
    bool all = true, quiet = now - m->last_event > UD_QUIET_NS;

    if (!m->has_peer_done[i])
        return false;
    if (m->run->plan->test == PERF_READ)
        return true;
    for (uint32_t t = 0; t < m->run->plan->threads; t++) {
        const struct perf_shown *shown = &m->run->lanes[t].shown[i];
        const uint64_t last = efa_load_acquire_u64(&shown->last_completion);

        all = all && efa_load_acquire_u64(&shown->received) >= m->peer_done[t][i].messages;
        quiet = quiet && now > last && now - last > UD_QUIET_NS;
    }
    return all || (m->run->plan->ud && quiet);
}

/* On SRD each message must arrive exactly once: the count and the sum of the numbers must be
 * equal. */
static bool check_received(struct measurement *m, size_t i)
{
    if (m->run->plan->test == PERF_READ)
        return true;
    for (uint32_t t = 0; t < m->run->plan->threads; t++) {
        const struct perf_flow *flow = &m->run->lanes[t].flows[i];
        const struct perf_done *sent = &m->peer_done[t][i];

        if (sent->messages > flow->received)
            m->ours[i].lost += sent->messages - flow->received;
        if (flow->received > sent->messages ||
            (flow->received == sent->messages && flow->received_sum != sent->sum)) {
            tool_error("%" PRIu64 " messages were sent, but others arrived (%" PRIu64 ")",
                       sent->messages, flow->received);
            return false;
        }
    }
    return true;
}

static void print_stall(const struct measurement *m)
{
    tool_run_error("nothing happened for %" PRIu64 " s: %" PRIu64 " sends completed, %" PRIu64
                   " messages received (see --timeout)%s",
                   m->run->plan->timeout_ns / 1000000000u, sum_of(m->run, 0, false),
                   sum_of(m->run, 0, true),
                   m->run->plan->ud ? "; UD may lose messages: try again, or use SRD" : "");
}

static bool tell_what_is_done(struct measurement *m)
{
    for (size_t i = 0; i < m->run->lanes[0].flow_count; i++) {
        if (!m->told_done[i] && have_sent_all(m, i) && !tell_done(m, i))
            return false;
    }
    return true;
}

/* Works until `is_over` says so. */
static bool work(struct measurement *m, bool (*is_over)(struct measurement *m, uint64_t now))
{
    unsigned idle = 0, steps = 0;

    for (;;) {
        int happened = 0;
        uint64_t now;

        /* Messages that arrive after the result belong to the next measurement and are kept for
         * it. */
        if (!m->told_result) {
            happened = perf_lane_step(&m->run->lanes[0]);
            if (happened < 0 || !tell_what_is_done(m))
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

    for (size_t i = 0; i < m->run->lanes[0].flow_count; i++)
        all = all && m->told_done[i] && has_received_all(m, i, now);
    return all;
}

static bool other_result_is_here(struct measurement *m, uint64_t now)
{
    (void)now;
    return m->has_theirs;
}

static void describe_result(struct measurement *m, size_t i)
{
    struct perf_result *result = &m->ours[i];

    tool_histogram_clear(m->latencies);
    for (uint32_t t = 0; t < m->run->plan->threads; t++) {
        const struct perf_flow *flow = &m->run->lanes[t].flows[i];

        result->sent += flow->posted;
        tool_histogram_add(m->latencies, flow->latencies);
    }
    result->elapsed_ns = m->sent_all_at[i] - m->begin;
    result->processor_ns = tool_processor_time_ns() - m->processor_begin;
    result->interrupted = m->interrupted;
    perf_describe_latency(m->latencies, &result->latency);
}

static void make_row(const struct measurement *m, struct perf_row *row)
{
    const struct perf_plan *plan = m->run->plan;
    const struct perf_result *mine = &m->ours[0];
    const struct perf_result *other = is_loopback(m) ? &m->ours[1] : &m->theirs;
    const struct perf_result *client = m->run->is_client ? mine : other;
    const struct perf_result *server = m->run->is_client ? other : mine;

    row->messages = mine->sent + other->sent;
    row->lost = mine->lost + other->lost;
    row->elapsed_ns = client->elapsed_ns;
    if (plan->bidirectional && server->elapsed_ns > row->elapsed_ns)
        row->elapsed_ns = server->elapsed_ns;
    if (row->elapsed_ns == 0)
        row->elapsed_ns = 1;
    row->has_server = !is_loopback(m);
    row->client_processor_ns = client->processor_ns;
    row->server_processor_ns = server->processor_ns;
    row->latency = client->latency;
}

static void begin_flows(struct perf_run *run, const struct perf_task *task)
{
    for (uint32_t t = 0; t < run->plan->threads; t++) {
        struct perf_lane *lane = &run->lanes[t];
        struct perf_task share = *task;

        /* The first threads take the remainder. */
        if (task->iterations != PERF_UNLIMITED)
            share.iterations =
                task->iterations / run->plan->threads + (t < task->iterations % run->plan->threads);
        share.rate = task->rate / run->plan->threads;
        memset(lane->shown, 0, sizeof lane->shown);
        for (size_t i = 0; i < lane->flow_count; i++) {
            const bool is_client = lane->flow_count == 2 ? i == 0 : run->is_client;

            lane->shown[i].peer_total = UINT64_MAX;
            perf_flow_begin(&lane->flows[i], &share, is_client || run->plan->bidirectional);
        }
    }
}

static bool park_lanes(struct perf_run *run)
{
    bool good = true;

    for (uint32_t t = 1; t < run->plan->threads; t++)
        good = perf_lane_park(&run->lanes[t]) && good;
    return good;
}

/* Runs until each side has the result of the other. */
static bool run_flows(struct measurement *m)
{
    struct perf_run *run = m->run;
    bool good;

    for (uint32_t t = 1; t < run->plan->threads; t++)
        perf_lane_run(&run->lanes[t]);
    good = work(m, all_arrived);
    good = park_lanes(run) && good;
    if (m->intervals)
        perf_intervals_end(m->intervals, tool_now_ns());
    /* Backwards, so that the first side's latencies stay in m->latencies. */
    for (size_t i = run->lanes[0].flow_count; i-- > 0 && good;) {
        describe_result(m, i);
        good = check_received(m, i);
    }
    if (good && !is_loopback(m)) {
        m->last_event = tool_now_ns();
        m->told_result = true;
        good = perf_control_send_result(run->control, &m->ours[0]) && work(m, other_result_is_here);
    }
    return good;
}

static bool measure_messages(struct perf_run *run, struct perf_task *task, struct perf_row *row,
                             struct perf_intervals *intervals, struct tool_histogram *latencies,
                             bool *interrupted)
{
    struct measurement m = {0};
    bool good;

    m.run = run;
    m.latencies = latencies;
    m.intervals = intervals;
    task->phase = run->phase++;
    /* The clock starts before the flows, because the first message is due when they begin, and
     * the rate must not look higher than it is. */
    m.begin = m.last_event = m.last_check = m.last_progress = tool_now_ns();
    m.processor_begin = tool_processor_time_ns();
    begin_flows(run, task);
    if (intervals)
        perf_intervals_begin(intervals, m.begin);
    good = run_flows(&m);
    if (run->show_progress && m.last_progress != m.begin)
        fprintf(stderr, "\r%60s\r", "");
    *interrupted = m.ours[0].interrupted || m.theirs.interrupted;
    if (good)
        make_row(&m, row);
    return good;
}

/* The warm-up is a separate measurement whose results are dropped. */
static bool measure_row(struct perf_run *run, struct perf_row *row, struct perf_results *results,
                        struct tool_histogram *latencies)
{
    const struct perf_plan *plan = run->plan;
    struct perf_task task = {0};
    struct perf_row ignored = *row;
    struct perf_intervals intervals;

    task.size = row->size;
    task.iterations = plan->warmup;
    if (plan->warmup > 0 &&
        !measure_messages(run, &task, &ignored, NULL, latencies, &results->interrupted))
        return false;
    task.iterations = plan->iterations;
    task.duration_ns = plan->duration_ns;
    task.rate = row->rate;
    perf_intervals_init(&intervals, run, results);
    return results->interrupted ||
           measure_messages(run, &task, row, plan->interval_ns > 0 ? &intervals : NULL, latencies,
                            &results->interrupted);
}

/* The next size: powers of two, then the largest. 0 after the last one. */
static uint32_t next_size(uint32_t size, uint32_t largest)
{
    if (size == largest)
        return 0;
    return size <= largest / 2 ? 2 * size : largest;
}

/* One row for each size and rate. */
static void list_rows(const struct perf_run *run, struct perf_results *results)
{
    const struct perf_plan *plan = run->plan;
    uint32_t size = plan->all_sizes ? 1 : plan->size;
    bool more = true;

    while (more) {
        for (uint32_t i = 0; i == 0 || i < plan->rate_count; i++) {
            results->rows[results->wanted].size = size;
            results->rows[results->wanted++].rate = plan->rate_count > 0 ? plan->rates[i] : 0;
        }
        size = plan->all_sizes ? next_size(size, run->largest) : 0;
        more = size != 0;
    }
}

static bool measure_rows(struct perf_run *run, struct perf_results *results,
                         struct tool_histogram *latencies)
{
    while (results->count < results->wanted) {
        struct perf_row *row = &results->rows[results->count];

        if (!measure_row(run, row, results, latencies))
            return false;
        /* Interrupted before or just after the start of the first measurement. */
        if (results->interrupted && row->latency.count == 0)
            return true;
        if (results->histograms)
            results->histograms[results->count] = *latencies;
        results->count++;
        run->print_row(run->plan, row);
        if (results->interrupted)
            return true;
    }
    return true;
}

bool perf_measure(struct perf_run *run, struct perf_results *results)
{
    struct tool_histogram *latencies = (struct tool_histogram *)calloc(1, sizeof *latencies);
    bool good;

    list_rows(run, results);
    if (run->keep_histograms)
        results->histograms =
            (struct tool_histogram *)calloc(results->wanted, sizeof *results->histograms);
    good = latencies && (results->histograms || !run->keep_histograms);
    if (!good)
        tool_error("no memory for the histograms of %zu measurements: leave --histogram out",
                   results->wanted);
    good = good && measure_rows(run, results, latencies);
    free(latencies);
    return good;
}

void perf_results_destroy(struct perf_results *results)
{
    free(results->histograms);
    free(results->intervals);
    memset(results, 0, sizeof *results);
}
