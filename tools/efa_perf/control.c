/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Messages of the control connection; see control.h. */
#include "control.h"

#include <string.h>

#include "common/byte_order.h"
#include "common/clock.h"
#include "common/message.h"
#include "os/compiler.h"
#include "side.h"

#define MAGIC 0x5045524645464131u /* "PERFEFA1" */
#define PROTOCOL_VERSION 3u

enum { RESULT_WORDS = 9 + PERF_PERCENTILES, LONGEST = 1 + PERF_MAX_QPS + 8, VERDICT_TEXT = 256 };

/* The greeting. Its length is the same in every version, so that different versions can report
 * it. */
enum {
    AT_MAGIC,
    AT_VERSION,
    AT_LARGEST,
    AT_SERVES, /* 1: the server takes the client's parameters */
    AT_TEST,
    AT_UD,
    AT_VERIFY,
    AT_BIDIRECTIONAL,
    AT_ALL,
    AT_SIZE,
    AT_ITERATIONS,
    AT_DURATION,
    AT_DEPTH,
    AT_QPS,
    AT_THREADS,
    AT_WARMUP,
    AT_RATE_COUNT,
    AT_RATES, /* PERF_MAX_RATES of them */
    /* The sides may differ in these; a server that takes the client's parameters takes these
     * too. */
    AT_POST_LIST = AT_RATES + PERF_MAX_RATES,
    AT_INLINE,
    AT_CALLS, /* bits: classic posting, classic polling, thread domain */
    GREETING_USED
};

enum { CLASSIC_POST = 1, CLASSIC_POLL = 2, THREAD_DOMAIN = 4, INLINE_IS_GIVEN = 8 };

/* The parameters that must be the same on both sides, in the order of comparison. */
static const struct {
    size_t at;
    const char *option;
    bool is_flag; /* or 0 means not given */
} compared[] = {
    /* Compared first, because the default of --iters depends on it. */
    {AT_DURATION, "duration", true}, {AT_UD, "ud", true},
    {AT_VERIFY, "verify", true},     {AT_BIDIRECTIONAL, "bidirectional", true},
    {AT_ALL, "all", true},           {AT_SIZE, "size", false},
    {AT_ITERATIONS, "iters", false}, {AT_DEPTH, "depth", false},
    {AT_QPS, "qps", false},          {AT_THREADS, "threads", false},
    {AT_WARMUP, "warmup", false},    {AT_RATE_COUNT, "rate", true},
};

static void put(uint8_t *bytes, uint64_t value)
{
    put_big_endian32(bytes, (uint32_t)(value >> 32));
    put_big_endian32(bytes + 4, (uint32_t)value);
}

static uint64_t deadline(const struct perf_control *control)
{
    return tool_now_ns() + control->timeout_ns;
}

static bool send_words(struct perf_control *control, const uint64_t *words, size_t count)
{
    uint8_t bytes[8 * LONGEST];

    for (size_t i = 0; i < count; i++)
        put(bytes + 8 * i, words[i]);
    return tool_send_all(control->peer, bytes, 8 * count, deadline(control));
}

static bool receive_words(struct perf_control *control, uint64_t *words, size_t count)
{
    uint8_t bytes[8 * LONGEST];

    if (!tool_receive_all(control->peer, bytes, 8 * count, deadline(control)))
        return false;
    for (size_t i = 0; i < count; i++)
        words[i] = get_big_endian64(bytes + 8 * i);
    return true;
}

/* Checks the first word before it waits for the others, which another program may not send. */
static bool receive_greeting(struct perf_control *control, uint64_t *theirs)
{
    if (!receive_words(control, theirs, 1))
        return false;
    if (theirs[AT_MAGIC] != MAGIC) {
        tool_error("what answers there is not efa_perf: choose another --port");
        return false;
    }
    if (!receive_words(control, theirs + 1, PERF_GREETING_WORDS - 1))
        return false;
    if (theirs[AT_VERSION] != PROTOCOL_VERSION) {
        tool_error(
            "the other side is another version of efa_perf (protocol %u, not %u): use the "
            "same on both",
            (unsigned)theirs[AT_VERSION], PROTOCOL_VERSION);
        return false;
    }
    return true;
}

static bool same(const uint64_t *ours, const uint64_t *theirs, size_t i)
{
    const char *option = compared[i].option;
    const unsigned long long here = ours[compared[i].at], there = theirs[compared[i].at];

    if (here == there)
        return true;
    if (compared[i].is_flag && (here == 0 || there == 0))
        tool_error("the other side runs %s --%s and this one %s: give both the same",
                   there != 0 ? "with" : "without", option, here != 0 ? "with it" : "without it");
    else
        tool_error(
            "the other side runs with --%s %llu and this one with --%s %llu: give both "
            "the same",
            option, there, option, here);
    return false;
}

static bool check_greeting(const uint64_t *ours, const uint64_t *theirs)
{
    if (theirs[AT_TEST] != ours[AT_TEST]) {
        tool_error("the other side runs %s and this one %s: start the same on both",
                   theirs[AT_TEST] < PERF_TEST_COUNT ? perf_test_names[theirs[AT_TEST]]
                                                     : "another test",
                   perf_test_names[ours[AT_TEST]]);
        return false;
    }
    for (size_t i = 0; i < EFA_ARRAY_SIZE(compared); i++) {
        if (!same(ours, theirs, i))
            return false;
    }
    for (size_t i = 0; i < ours[AT_RATE_COUNT]; i++) {
        if (ours[AT_RATES + i] != theirs[AT_RATES + i]) {
            tool_error("the other side runs with other figures of --rate: give both the same");
            return false;
        }
    }
    return true;
}

static void fill_greeting(const struct perf_plan *plan, uint32_t largest, bool serves,
                          uint64_t *words)
{
    memset(words, 0, PERF_GREETING_SIZE);
    words[AT_MAGIC] = MAGIC;
    words[AT_VERSION] = PROTOCOL_VERSION;
    words[AT_LARGEST] = largest;
    words[AT_SERVES] = serves;
    words[AT_TEST] = (uint64_t)plan->test;
    words[AT_UD] = plan->ud;
    words[AT_VERIFY] = plan->verify;
    words[AT_BIDIRECTIONAL] = plan->bidirectional;
    words[AT_ALL] = plan->all_sizes;
    words[AT_SIZE] = plan->size;
    words[AT_ITERATIONS] = plan->iterations;
    words[AT_DURATION] = plan->duration_ns / 1000000000u;
    words[AT_DEPTH] = plan->depth;
    words[AT_QPS] = plan->qps;
    words[AT_THREADS] = plan->threads;
    words[AT_WARMUP] = plan->warmup;
    words[AT_RATE_COUNT] = plan->rate_count;
    for (uint32_t i = 0; i < plan->rate_count; i++)
        words[AT_RATES + i] = plan->rates[i];
    words[AT_POST_LIST] = plan->post_list;
    words[AT_INLINE] = plan->inline_limit;
    words[AT_CALLS] =
        (plan->classic_post ? CLASSIC_POST : 0u) | (plan->classic_poll ? CLASSIC_POLL : 0u) |
        (plan->thread_domain ? THREAD_DOMAIN : 0u) | (plan->inline_is_given ? INLINE_IS_GIVEN : 0u);
}

void perf_control_make_greeting(const struct perf_plan *plan, uint32_t largest, bool serves,
                                uint8_t *greeting)
{
    uint64_t words[PERF_GREETING_WORDS];

    fill_greeting(plan, largest, serves, words);
    for (size_t i = 0; i < PERF_GREETING_WORDS; i++)
        put(greeting + 8 * i, words[i]);
}

bool perf_control_send_greeting(struct perf_control *control, const uint8_t *greeting)
{
    return tool_send_all(control->peer, greeting, PERF_GREETING_SIZE, deadline(control));
}

/* ---- A server that takes its client's parameters ---- */

static bool receive_verdict(struct perf_control *control, uint64_t *largest)
{
    char text[VERDICT_TEXT];

    if (!receive_words(control, largest, 1) ||
        !tool_receive_all(control->peer, text, sizeof text, deadline(control)))
        return false;
    text[sizeof text - 1] = '\0';
    for (char *c = text; *c; c++) {
        if ((unsigned char)*c < ' ')
            *c = '?';
    }
    if (text[0] != '\0')
        tool_error("the server: %s", text);
    return text[0] == '\0';
}

bool perf_control_send_verdict(struct perf_control *control, uint32_t largest, const char *trouble)
{
    char text[VERDICT_TEXT] = "";
    const uint64_t word = largest;
    const size_t length = strlen(trouble);

    memcpy(text, trouble, length < sizeof text ? length : sizeof text - 1);
    return send_words(control, &word, 1) &&
           tool_send_all(control->peer, text, sizeof text, deadline(control));
}

/* A value that does not fit a field is replaced by an invalid one. */
static uint32_t word32(uint64_t word)
{
    return word <= UINT32_MAX ? (uint32_t)word : UINT32_MAX;
}

static void read_plan(const uint64_t *words, struct perf_plan *plan)
{
    plan->test =
        words[AT_TEST] < PERF_TEST_COUNT ? (enum perf_test)words[AT_TEST] : PERF_TEST_COUNT;
    plan->ud = words[AT_UD] != 0;
    plan->verify = words[AT_VERIFY] != 0;
    plan->bidirectional = words[AT_BIDIRECTIONAL] != 0;
    plan->all_sizes = words[AT_ALL] != 0;
    plan->size = word32(words[AT_SIZE]);
    plan->iterations = words[AT_ITERATIONS];
    plan->duration_ns =
        words[AT_DURATION] < UINT32_MAX ? words[AT_DURATION] * 1000000000u : UINT64_MAX;
    plan->depth = word32(words[AT_DEPTH]);
    plan->qps = word32(words[AT_QPS]);
    plan->threads = word32(words[AT_THREADS]);
    plan->warmup = word32(words[AT_WARMUP]);
    plan->rate_count = word32(words[AT_RATE_COUNT]);
    for (size_t i = 0; i < PERF_MAX_RATES; i++)
        plan->rates[i] = word32(words[AT_RATES + i]);
    plan->post_list = word32(words[AT_POST_LIST]);
    plan->inline_limit = word32(words[AT_INLINE]);
    plan->classic_post = (words[AT_CALLS] & CLASSIC_POST) != 0;
    plan->classic_poll = (words[AT_CALLS] & CLASSIC_POLL) != 0;
    plan->thread_domain = (words[AT_CALLS] & THREAD_DOMAIN) != 0;
    plan->inline_is_given = (words[AT_CALLS] & INLINE_IS_GIVEN) != 0;
}

bool perf_control_serve(struct perf_control *control, struct perf_plan *plan, uint32_t *largest)
{
    uint8_t greeting[PERF_GREETING_SIZE];
    uint64_t theirs[PERF_GREETING_WORDS];

    perf_control_make_greeting(plan, 0, true, greeting);
    if (!perf_control_send_greeting(control, greeting) || !receive_greeting(control, theirs))
        return false;
    *largest = word32(theirs[AT_LARGEST]);
    read_plan(theirs, plan);
    return true;
}

bool perf_control_greet(struct perf_control *control, const struct perf_plan *plan,
                        uint32_t *largest)
{
    uint64_t ours[PERF_GREETING_WORDS], theirs[PERF_GREETING_WORDS];
    uint64_t carries;

    fill_greeting(plan, *largest, false, ours);
    if (!receive_greeting(control, theirs))
        return false;
    carries = theirs[AT_LARGEST];
    if (theirs[AT_SERVES] != 0 ? !receive_verdict(control, &carries)
                               : !check_greeting(ours, theirs))
        return false;
    if (carries < (plan->all_sizes ? 1 : plan->size)) {
        tool_error("the other side's adapter carries at most %llu bytes: choose a smaller --size",
                   (unsigned long long)carries);
        return false;
    }
    if (carries < *largest)
        *largest = (uint32_t)carries;
    return true;
}

bool perf_control_exchange(struct perf_control *control, uint32_t qps,
                           const struct perf_address *local, struct perf_address *remote)
{
    uint64_t words[4 + PERF_MAX_QPS];

    words[0] = get_big_endian64(local->gid.raw);
    words[1] = get_big_endian64(local->gid.raw + 8);
    words[2] = (uint64_t)local->qkey << 32 | local->rkey;
    words[3] = local->read_address;
    for (uint32_t i = 0; i < qps; i++)
        words[4 + i] = local->qp_num[i];
    if (!send_words(control, words, 4 + qps) || !receive_words(control, words, 4 + qps))
        return false;
    put(remote->gid.raw, words[0]);
    put(remote->gid.raw + 8, words[1]);
    remote->qkey = (uint32_t)(words[2] >> 32);
    remote->rkey = (uint32_t)words[2];
    remote->read_address = words[3];
    for (uint32_t i = 0; i < qps; i++)
        remote->qp_num[i] = (uint32_t)words[4 + i];
    return true;
}

bool perf_control_meet(struct perf_control *control)
{
    uint64_t word = MAGIC;

    return send_words(control, &word, 1) && receive_words(control, &word, 1);
}

bool perf_control_send_stop(struct perf_control *control)
{
    const uint64_t words[] = {PERF_MESSAGE_STOP};

    return send_words(control, words, EFA_ARRAY_SIZE(words));
}

bool perf_control_send_done(struct perf_control *control, uint32_t threads,
                            const struct perf_done *done)
{
    uint64_t words[1 + 2 * PERF_MAX_THREADS] = {PERF_MESSAGE_DONE};

    for (uint32_t i = 0; i < threads; i++) {
        words[1 + 2 * i] = done[i].messages;
        words[2 + 2 * i] = done[i].sum;
    }
    return send_words(control, words, 1 + 2 * (size_t)threads);
}

bool perf_control_send_result(struct perf_control *control, const struct perf_result *result)
{
    const struct perf_latency *latency = &result->latency;
    uint64_t words[1 + RESULT_WORDS] = {PERF_MESSAGE_RESULT,  result->sent,
                                        result->lost,         result->elapsed_ns,
                                        result->processor_ns, result->interrupted,
                                        latency->count,       latency->min,
                                        latency->max,         (uint64_t)(latency->mean * 1000)};

    memcpy(words + 1 + RESULT_WORDS - PERF_PERCENTILES, latency->percentiles,
           sizeof latency->percentiles);
    return send_words(control, words, EFA_ARRAY_SIZE(words));
}

static void read_result(const uint64_t *words, struct perf_result *result)
{
    result->sent = words[0];
    result->lost = words[1];
    result->elapsed_ns = words[2];
    result->processor_ns = words[3];
    result->interrupted = words[4] != 0;
    result->latency.count = words[5];
    result->latency.min = words[6];
    result->latency.max = words[7];
    result->latency.mean = (double)words[8] / 1000;
    memcpy(result->latency.percentiles, words + RESULT_WORDS - PERF_PERCENTILES,
           sizeof result->latency.percentiles);
}

static size_t words_of(uint64_t type, uint32_t threads)
{
    switch (type) {
    case PERF_MESSAGE_STOP:
        return 0;
    case PERF_MESSAGE_DONE:
        return 2 * (size_t)threads;
    default:
        return RESULT_WORDS;
    }
}

/* Whether a whole message is in control->pending; *wanted is its size. */
static bool receive_message(struct perf_control *control, uint32_t threads, size_t *wanted,
                            bool *is_whole)
{
    *wanted = 8;
    *is_whole = false;
    for (;;) {
        long got;

        if (control->pending_size >= 8) {
            const uint64_t type = get_big_endian64(control->pending);

            if (type < PERF_MESSAGE_STOP || type > PERF_MESSAGE_RESULT) {
                tool_error("unexpected message from the other side: use the same efa_perf on both");
                return false;
            }
            *wanted = 8 + 8 * words_of(type, threads);
        }
        *is_whole = control->pending_size == *wanted;
        if (*is_whole)
            return true;
        got = tool_receive_now(control->peer, control->pending + control->pending_size,
                               *wanted - control->pending_size);
        if (got < 0) {
            tool_error("the other side is gone: see what it printed, or whether it was killed");
            return false;
        }
        if (got == 0)
            return true;
        control->pending_size += (size_t)got;
    }
}

bool perf_control_poll(struct perf_control *control, uint32_t threads, enum perf_message *message,
                       struct perf_done *done, struct perf_result *result)
{
    uint64_t words[sizeof control->pending / 8];
    size_t wanted;
    bool is_whole;

    *message = PERF_MESSAGE_NONE;
    if (!receive_message(control, threads, &wanted, &is_whole))
        return false;
    if (!is_whole)
        return true;
    *message = (enum perf_message)get_big_endian64(control->pending);
    control->pending_size = 0;
    for (size_t i = 0; i < (wanted - 8) / 8; i++)
        words[i] = get_big_endian64(control->pending + 8 + 8 * i);
    if (*message == PERF_MESSAGE_DONE) {
        for (uint32_t i = 0; i < threads; i++) {
            done[i].messages = words[2 * i];
            done[i].sum = words[2 * i + 1];
        }
    } else if (*message == PERF_MESSAGE_RESULT) {
        read_result(words, result);
    }
    return true;
}
