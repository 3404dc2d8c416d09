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
#define PROTOCOL_VERSION 2u

enum {
    /* Of this length in every version, so that two that differ can tell each other. */
    GREETING_WORDS = 32,
    DONE_WORDS = 2,
    RESULT_WORDS = 8 + PERF_PERCENTILES,
    LONGEST = 1 + PERF_MAX_QPS + 8
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

/* Those from "ud" on must be the same on both sides, and are options. */
static const char *const greeting_names[] = {
    "magic", "version", "largest", "test",     "ud",    "verify", "bidirectional",
    "all",   "size",    "iters",   "duration", "depth", "qps",    "warmup"};

enum {
    AT_MAGIC,
    AT_VERSION,
    AT_LARGEST,
    AT_TEST,
    AT_DURATION = 10,
    GREETING_USED = EFA_ARRAY_SIZE(greeting_names)
};

/* The first word is looked at before the others are waited for, which another program may owe. */
static bool receive_greeting(struct perf_control *control, uint64_t *theirs)
{
    if (!receive_words(control, theirs, 1))
        return false;
    if (theirs[AT_MAGIC] != MAGIC) {
        tool_error("what answers there is not efa_perf: choose another --port");
        return false;
    }
    return receive_words(control, theirs + 1, GREETING_WORDS - 1);
}

static bool same(const uint64_t *ours, const uint64_t *theirs, size_t at)
{
    if (ours[at] != theirs[at])
        tool_error(
            "the other side runs with another --%s (%llu here, %llu there): give both the same",
            greeting_names[at], (unsigned long long)ours[at], (unsigned long long)theirs[at]);
    return ours[at] == theirs[at];
}

static bool check_greeting(const uint64_t *ours, const uint64_t *theirs)
{
    if (theirs[AT_VERSION] != PROTOCOL_VERSION) {
        tool_error(
            "the other side is another version of efa_perf (protocol %u, not %u): use the "
            "same on both",
            (unsigned)theirs[AT_VERSION], PROTOCOL_VERSION);
        return false;
    }
    if (theirs[AT_TEST] != ours[AT_TEST]) {
        tool_error("the other side runs %s and this one %s: start the same on both",
                   theirs[AT_TEST] < PERF_TEST_COUNT ? perf_test_names[theirs[AT_TEST]]
                                                     : "another test",
                   perf_test_names[ours[AT_TEST]]);
        return false;
    }
    /* First, as what --iters is where it is not given depends on it. */
    if (!same(ours, theirs, AT_DURATION))
        return false;
    for (size_t i = AT_TEST + 1; i < GREETING_USED; i++) {
        if (!same(ours, theirs, i))
            return false;
    }
    return true;
}

bool perf_control_greet(struct perf_control *control, const struct perf_plan *plan,
                        uint32_t *largest)
{
    const uint64_t ours[GREETING_WORDS] = {MAGIC,
                                           PROTOCOL_VERSION,
                                           *largest,
                                           (uint64_t)plan->test,
                                           plan->ud,
                                           plan->verify,
                                           plan->bidirectional,
                                           plan->all_sizes,
                                           plan->size,
                                           plan->iterations,
                                           plan->duration_ns / 1000000000u,
                                           plan->depth,
                                           plan->qps,
                                           plan->warmup};
    uint64_t theirs[GREETING_WORDS];

    if (!send_words(control, ours, EFA_ARRAY_SIZE(ours)) || !receive_greeting(control, theirs) ||
        !check_greeting(ours, theirs))
        return false;
    if (theirs[AT_LARGEST] < (plan->all_sizes ? 1 : plan->size)) {
        tool_error("the other side's adapter carries at most %llu bytes: choose a smaller --size",
                   (unsigned long long)theirs[AT_LARGEST]);
        return false;
    }
    if (theirs[AT_LARGEST] < *largest)
        *largest = (uint32_t)theirs[AT_LARGEST];
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

bool perf_control_send_done(struct perf_control *control, const struct perf_done *done)
{
    const uint64_t words[] = {PERF_MESSAGE_DONE, done->messages, done->sum};

    return send_words(control, words, EFA_ARRAY_SIZE(words));
}

bool perf_control_send_result(struct perf_control *control, const struct perf_result *result)
{
    const struct perf_latency *latency = &result->latency;
    uint64_t words[1 + RESULT_WORDS] = {
        PERF_MESSAGE_RESULT, result->sent,        result->lost,
        result->elapsed_ns,  result->interrupted, latency->count,
        latency->min,        latency->max,        (uint64_t)(latency->mean * 1000)};

    memcpy(words + 9, latency->percentiles, sizeof(latency->percentiles));
    return send_words(control, words, EFA_ARRAY_SIZE(words));
}

static void read_result(const uint64_t *words, struct perf_result *result)
{
    result->sent = words[0];
    result->lost = words[1];
    result->elapsed_ns = words[2];
    result->interrupted = words[3] != 0;
    result->latency.count = words[4];
    result->latency.min = words[5];
    result->latency.max = words[6];
    result->latency.mean = (double)words[7] / 1000;
    memcpy(result->latency.percentiles, words + 8, sizeof(result->latency.percentiles));
}

static size_t words_of(uint64_t type)
{
    switch (type) {
    case PERF_MESSAGE_STOP:
        return 0;
    case PERF_MESSAGE_DONE:
        return DONE_WORDS;
    default:
        return RESULT_WORDS;
    }
}

bool perf_control_poll(struct perf_control *control, enum perf_message *message,
                       struct perf_done *done, struct perf_result *result)
{
    uint64_t words[RESULT_WORDS];
    size_t wanted = 8;

    *message = PERF_MESSAGE_NONE;
    for (;;) {
        long got;

        if (control->pending_size >= 8) {
            const uint64_t type = get_big_endian64(control->pending);

            if (type < PERF_MESSAGE_STOP || type > PERF_MESSAGE_RESULT) {
                tool_error(
                    "the other side says what was not to be said: use the same efa_perf on "
                    "both");
                return false;
            }
            wanted = 8 + 8 * words_of(type);
        }
        if (control->pending_size == wanted)
            break;
        got = tool_receive_now(control->peer, control->pending + control->pending_size,
                               wanted - control->pending_size);
        if (got < 0) {
            tool_error("the other side went away: its own message says why");
            return false;
        }
        if (got == 0)
            return true;
        control->pending_size += (size_t)got;
    }
    *message = (enum perf_message)get_big_endian64(control->pending);
    control->pending_size = 0;
    for (size_t i = 0; i < (wanted - 8) / 8; i++)
        words[i] = get_big_endian64(control->pending + 8 + 8 * i);
    if (*message == PERF_MESSAGE_DONE) {
        done->messages = words[0];
        done->sum = words[1];
    } else if (*message == PERF_MESSAGE_RESULT) {
        read_result(words, result);
    }
    return true;
}
