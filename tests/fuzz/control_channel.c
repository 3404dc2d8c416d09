/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The messages that the peer of efa_perf or efa_pingpong sends over the control connection are the
 * input, in pieces. A program accepts them or rejects them with a message, and it accepts
 * everything that the other side sends correctly. This file simulates the network.
 */
#include "common/clock.h"
#include "common/message.h"
#include "common/network.h"
#include "efa_perf/control.h"
#include "efa_perf/side.h"
#include "efa_pingpong/exchange.h"
#include "fuzz.h"

enum { WIRE_SIZE = 4096 };

const char *const tool_name = "control_channel";

static struct fuzz_input *input;
static char message[512];

/* What was sent by our side, to be played back as if the other side had said it. */
static uint8_t wire[WIRE_SIZE];
static size_t wire_size, wire_read;
static bool plays_back;

uint64_t tool_now_ns(void)
{
    return 1;
}

bool tool_send_all(tool_socket peer, const void *data, size_t size, uint64_t deadline)
{
    (void)peer;
    FUZZ_REQUIRE(deadline != 0 && size <= WIRE_SIZE);
    if (wire_size + size > WIRE_SIZE || !plays_back)
        wire_size = wire_read = 0;
    memcpy(wire + wire_size, data, size);
    wire_size += size;
    return true;
}

/* Bytes of the input, or what our side said itself, spoiled here and there. */
bool tool_receive_all(tool_socket peer, void *data, size_t size, uint64_t deadline)
{
    uint8_t how;

    (void)peer;
    FUZZ_REQUIRE(deadline != 0);
    if (plays_back) {
        FUZZ_REQUIRE(wire_size - wire_read >= size);
        memcpy(data, wire + wire_read, size);
        wire_read += size;
        return true;
    }
    if (input->left < 2) {
        tool_error("the other side went away");
        return false;
    }
    how = fuzz_u8(input);
    if ((how & 1) == 0 && wire_size - wire_read >= size) {
        memcpy(data, wire + wire_read, size);
        wire_read += size;
        for (unsigned i = how >> 1 & 3; i > 0; i--)
            fuzz_patch(input, data, size);
    } else {
        fuzz_bytes(input, data, size);
    }
    return true;
}

/* As much as the input says, of what is left. */
long tool_receive_now(tool_socket peer, void *data, size_t size)
{
    size_t got;

    (void)peer;
    FUZZ_REQUIRE(size > 0);
    if (plays_back) {
        got = wire_size - wire_read < size ? wire_size - wire_read : size;
        memcpy(data, wire + wire_read, got);
        wire_read += got;
        return (long)got;
    }
    if (input->left < 2)
        return -1;
    got = fuzz_below(input, 64);
    if (got > size)
        got = size;
    if (got > input->left)
        got = input->left;
    fuzz_bytes(input, data, got);
    return (long)got;
}

/* A rejection says why; an accepted message prints nothing. */
static bool checked(bool ok)
{
    FUZZ_REQUIRE(memchr(message, '\0', sizeof message) != NULL);
    FUZZ_REQUIRE(ok == (message[0] == '\0'));
    tool_keep_errors(message, sizeof message);
    return ok;
}

static void replay_what_was_sent(void)
{
    plays_back = true;
    wire_size = wire_read = 0;
}

static void perf_plan(struct perf_plan *plan)
{
    memset(plan, 0, sizeof *plan);
    plan->test = (enum perf_test)fuzz_below(input, PERF_TEST_COUNT);
    plan->ud = fuzz_below(input, 2);
    plan->all_sizes = fuzz_below(input, 2);
    plan->size = plan->all_sizes ? 1 : 1 + fuzz_u8(input);
    plan->iterations = 100;
    plan->depth = 16;
    plan->qps = 1 + fuzz_below(input, PERF_MAX_QPS);
    plan->threads = 1 + fuzz_below(input, PERF_MAX_THREADS);
    plan->post_list = 1;
    plan->timeout_ns = 1;
}

/* What both sides agree on holds a message, and is no more than this side has. */
static void greet(struct perf_control *control, const struct perf_plan *plan, uint32_t ours)
{
    uint32_t largest = ours;

    if (checked(perf_control_greet(control, plan, &largest)))
        FUZZ_REQUIRE(largest <= ours && largest >= plan->size);
}

/* A client's parameters are within what a command line may say, or declined. */
static void serve(struct perf_control *control)
{
    struct perf_plan plan = {0};
    uint32_t largest;

    if (!checked(perf_control_serve(control, &plan, &largest)) || !checked(perf_check_plan(&plan)))
        return;
    FUZZ_REQUIRE(plan.test < PERF_TEST_COUNT && plan.depth >= 1 && plan.depth <= PERF_DEEPEST);
    FUZZ_REQUIRE(plan.qps >= 1 && plan.qps <= PERF_MAX_QPS && plan.size <= PERF_MAX_READ);
    FUZZ_REQUIRE(plan.threads >= 1 && plan.threads <= PERF_MAX_THREADS);
    FUZZ_REQUIRE(plan.rate_count <= PERF_MAX_RATES && plan.post_list <= PERF_MAX_POST_LIST);
    checked(perf_control_send_verdict(control, largest, ""));
}

static void exchange(struct perf_control *control, uint32_t qps)
{
    static struct perf_address local, remote;

    memset(&remote, 0xa5, sizeof remote);
    checked(perf_control_exchange(control, qps, &local, &remote));
    for (uint32_t i = qps; i < PERF_MAX_QPS; i++)
        FUZZ_REQUIRE(remote.qp_num[i] == 0xa5a5a5a5u);
}

static void poll(struct perf_control *control, uint32_t threads)
{
    enum perf_message kind = PERF_MESSAGE_RESULT;
    struct perf_done done[PERF_MAX_THREADS], done_before[PERF_MAX_THREADS];
    struct perf_result result, result_before;

    memset(done, 0x5a, sizeof done);
    memset(&result, 0x5a, sizeof result);
    result.interrupted = false;
    memcpy(done_before, done, sizeof done);
    result_before = result;
    bool ok = perf_control_poll(control, threads, &kind, done, &result);

    checked(ok);
    FUZZ_REQUIRE(kind <= PERF_MESSAGE_RESULT && (ok || kind == PERF_MESSAGE_NONE));
    FUZZ_REQUIRE(control->pending_size < sizeof control->pending);
    FUZZ_REQUIRE(kind == PERF_MESSAGE_DONE || memcmp(done, done_before, sizeof done) == 0);
    FUZZ_REQUIRE(kind == PERF_MESSAGE_RESULT ||
                 memcmp(&result, &result_before, sizeof result) == 0);
}

static void perf(void)
{
    struct perf_control control = {0};
    struct perf_plan plan;
    uint32_t largest;

    control.timeout_ns = 1;
    perf_plan(&plan);
    largest = plan.size + fuzz_u16(input);
    for (unsigned i = 0; i < 16 && fuzz_more(input); i++) {
        switch (fuzz_below(input, 5)) {
        case 0:
            greet(&control, &plan, largest);
            break;
        case 1:
            exchange(&control, plan.qps);
            break;
        case 2:
            checked(perf_control_meet(&control));
            break;
        case 3:
            serve(&control);
            break;
        default:
            poll(&control, plan.threads);
            break;
        }
    }
}

static void understands_its_like(void)
{
    struct perf_control control = {0};
    struct perf_plan plan;
    struct perf_done done[PERF_MAX_THREADS] = {{0}}, got_done[PERF_MAX_THREADS] = {{0}};
    struct perf_result result = {0}, got = {0};
    uint8_t greeting[PERF_GREETING_SIZE];
    enum perf_message kind;
    uint32_t largest, before;

    control.timeout_ns = 1;
    perf_plan(&plan);
    for (uint32_t i = 0; i < plan.threads; i++) {
        done[i].messages = fuzz_u64(input);
        done[i].sum = fuzz_u64(input);
    }
    largest = before = plan.size + fuzz_u16(input);
    replay_what_was_sent();
    perf_control_make_greeting(&plan, largest, false, greeting);
    perf_control_send_greeting(&control, greeting);
    FUZZ_REQUIRE(checked(perf_control_greet(&control, &plan, &largest)) && largest == before);
    FUZZ_REQUIRE(checked(perf_control_meet(&control)));
    exchange(&control, plan.qps);

    result.sent = fuzz_u64(input);
    result.lost = fuzz_u64(input);
    result.elapsed_ns = fuzz_u64(input);
    result.processor_ns = fuzz_u64(input);
    result.interrupted = fuzz_below(input, 2);
    result.latency.count = fuzz_u64(input);
    fuzz_bytes(input, result.latency.percentiles, sizeof result.latency.percentiles);
    perf_control_send_stop(&control);
    perf_control_send_done(&control, plan.threads, done);
    perf_control_send_result(&control, &result);
    FUZZ_REQUIRE(perf_control_poll(&control, plan.threads, &kind, got_done, &got) &&
                 kind == PERF_MESSAGE_STOP);
    FUZZ_REQUIRE(perf_control_poll(&control, plan.threads, &kind, got_done, &got) &&
                 kind == PERF_MESSAGE_DONE);
    FUZZ_REQUIRE(perf_control_poll(&control, plan.threads, &kind, got_done, &got) &&
                 kind == PERF_MESSAGE_RESULT);
    FUZZ_REQUIRE(memcmp(done, got_done, sizeof done) == 0 &&
                 memcmp(&result, &got, sizeof got) == 0);
    FUZZ_REQUIRE(perf_control_poll(&control, plan.threads, &kind, got_done, &got) &&
                 kind == PERF_MESSAGE_NONE);
}

static void pingpong(bool like)
{
    struct pingpong_plan plan = {.ud = fuzz_below(input, 2), .verify = fuzz_below(input, 2)};
    uint8_t greeting[EXCHANGE_GREETING_SIZE];
    struct pingpong_address local = {.qp_num = 3, .qkey = 5}, remote = {.qkey = 9};

    plan.size = fuzz_u16(input);
    plan.iterations = fuzz_u8(input);
    plan.timeout_ns = 1;
    if (like)
        replay_what_was_sent();
    exchange_make_greeting(&plan, &local, greeting);
    tool_send_all(0, greeting, sizeof greeting, 1);
    bool met = checked(exchange_read_greeting(0, &plan, &remote));

    FUZZ_REQUIRE(met || remote.qkey == 9);
    if (like)
        FUZZ_REQUIRE(met && memcmp(&remote, &local, sizeof local) == 0);
    if (met)
        checked(exchange_end(0, 1));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input bytes = {data, size};

    input = &bytes;
    plays_back = false;
    wire_size = wire_read = 0;
    tool_keep_errors(message, sizeof message);
    switch (fuzz_below(input, 4)) {
    case 0:
        perf();
        break;
    case 1:
        pingpong(false);
        break;
    case 2:
        understands_its_like();
        break;
    default:
        pingpong(true);
        break;
    }
    return 0;
}
