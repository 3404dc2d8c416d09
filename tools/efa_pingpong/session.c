/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The exchange of messages, its checks and its figures; see session.h. */
#include "session.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cause.h"
#include "common/clock.h"
#include "common/message.h"

#define POLL_LIMIT 16

bool session_create(struct pingpong_session *session, struct endpoint *endpoint, bool starts)
{
    memset(session, 0, sizeof *session);
    session->endpoint = endpoint;
    session->starts = starts;
    if (starts) {
        session->round_trips =
            (uint64_t *)calloc(endpoint->plan->iterations, sizeof *session->round_trips);
        if (!session->round_trips) {
            tool_error("no memory for the times of %u iterations: lower --iters",
                       endpoint->plan->iterations);
            return false;
        }
    }
    return true;
}

void session_destroy(struct pingpong_session *session)
{
    free(session->round_trips);
    session->round_trips = NULL;
}

/* The byte at `offset` of message `number`; the two directions differ. */
static uint8_t expected_byte(uint32_t number, bool from_starter, uint32_t offset)
{
    const uint32_t mixed = (number * 2654435761u) ^ (from_starter ? 0x9e3779b9u : 0);

    return (uint8_t)((mixed >> 24) + offset * 7u + (offset >> 8));
}

static bool verify(struct pingpong_session *session, const uint8_t *data)
{
    const struct pingpong_plan *plan = session->endpoint->plan;

    for (uint32_t i = 0; i < plan->size; i++) {
        const uint8_t expected = expected_byte(session->received, !session->starts, i);
        if (data[i] != expected) {
            tool_error("message %u is not what was sent: byte %u of %u is 0x%02x, not 0x%02x",
                       session->received, i, plan->size, data[i], expected);
            session->altered = true;
            return false;
        }
    }
    return true;
}

static bool take_receive(struct pingpong_session *session,
                         const struct pingpong_completion *completion)
{
    struct endpoint *endpoint = session->endpoint;
    const struct pingpong_plan *plan = endpoint->plan;

    if (session->received == plan->iterations) {
        tool_error("one message more arrived than the %u agreed on", plan->iterations);
        return false;
    }
    /* The immediate data number the messages, so a lost or repeated one is found at any size. */
    if (!completion->has_immediate || completion->immediate != session->received) {
        tool_error("message %u was to arrive, but it was number %" PRId64, session->received,
                   completion->has_immediate ? (int64_t)completion->immediate : -1);
        return false;
    }
    if (completion->byte_length != plan->size) {
        tool_error("message %u arrived with %u bytes instead of %u", session->received,
                   completion->byte_length, plan->size);
        return false;
    }
    if (plan->verify && !verify(session, endpoint_received(endpoint, completion->wr_id)))
        return false;
    if (session->starts)
        session->round_trips[session->received] = tool_now_ns() - session->sent_at;
    session->received++;
    return endpoint_post_receive(endpoint, completion->wr_id);
}

static bool take_completion(struct pingpong_session *session,
                            const struct pingpong_completion *completion)
{
    const bool of_send = completion->wr_id == SEND_WR_ID;

    if (completion->status != IBV_WC_SUCCESS) {
        const char *advice = session->endpoint->plan->advice;

        tool_run_error("%s %u failed: %s (status %d of the device)%s", of_send ? "send" : "receive",
                       of_send ? session->send_completed : session->received,
                       ibv_wc_status_str(completion->status), (int)completion->vendor_error,
                       advice ? advice : "");
        return false;
    }
    if (!of_send)
        return take_receive(session, completion);
    session->send_completed++;
    return true;
}

/*
 * The serving side sends when everything that it sent has come back, the other side when it has a
 * message to return. Both wait for the last send to complete, because the device uses the buffer
 * until then.
 */
static bool may_send(const struct pingpong_session *session)
{
    if (session->sent == session->endpoint->plan->iterations ||
        session->sent != session->send_completed)
        return false;
    return session->starts ? session->received == session->sent : session->received > session->sent;
}

static bool send_next(struct pingpong_session *session)
{
    struct endpoint *endpoint = session->endpoint;
    const struct pingpong_plan *plan = endpoint->plan;

    if (plan->verify) {
        uint8_t *data = endpoint_send_buffer(endpoint);
        for (uint32_t i = 0; i < plan->size; i++)
            data[i] = expected_byte(session->sent, session->starts, i);
    }
    session->sent_at = tool_now_ns();
    return plan->ud ? ud_send(endpoint, session->sent++) : srd_send(endpoint, session->sent++);
}

bool session_is_done(const struct pingpong_session *session)
{
    const uint32_t iterations = session->endpoint->plan->iterations;

    return session->received == iterations && session->send_completed == iterations;
}

int session_step(struct pingpong_session *session)
{
    struct pingpong_completion completions[POLL_LIMIT];
    struct endpoint *endpoint = session->endpoint;
    int happened = endpoint->plan->ud ? ud_poll(endpoint, completions, POLL_LIMIT)
                                      : srd_poll(endpoint, completions, POLL_LIMIT);

    for (int i = 0; i < happened; i++) {
        if (!take_completion(session, &completions[i]))
            return -1;
    }
    if (happened >= 0 && may_send(session)) {
        if (!send_next(session))
            return -1;
        happened++;
    }
    return happened;
}

void session_print_stall(const struct pingpong_session *session)
{
    const struct pingpong_plan *plan = session->endpoint->plan;

    tool_run_error("nothing happened for %" PRIu64
                   " s: %u of %u messages sent, %u completed, %u "
                   "received%s",
                   plan->timeout_ns / 1000000000u, session->sent, plan->iterations,
                   session->send_completed, session->received,
                   plan->ud ? "; UD may lose messages: try again, or use SRD" : "");
}

static int compare_times(const void *left, const void *right)
{
    const uint64_t a = *(const uint64_t *)left;
    const uint64_t b = *(const uint64_t *)right;

    return (a > b) - (a < b);
}

void session_print_results(struct pingpong_session *session, uint64_t elapsed_ns)
{
    const struct pingpong_plan *plan = session->endpoint->plan;
    const uint32_t n = plan->iterations;
    const uint64_t bytes = 2 * (uint64_t)n * plan->size;
    const double seconds = (double)(elapsed_ns ? elapsed_ns : 1) * 1e-9;

    printf("%" PRIu64 " bytes in %.3f seconds = %.2f Mbit/s\n", bytes, seconds,
           (double)bytes * 8e-6 / seconds);
    printf("%u iterations in %.3f seconds = %.2f us/iteration\n", n, seconds, seconds * 1e6 / n);
    if (session->starts) {
        qsort(session->round_trips, n, sizeof *session->round_trips, compare_times);
        printf("one-way latency: min %.2f, median %.2f, 99%% %.2f, max %.2f us\n",
               (double)session->round_trips[0] / 2e3, (double)session->round_trips[n / 2] / 2e3,
               (double)session->round_trips[(uint64_t)n * 99 / 100] / 2e3,
               (double)session->round_trips[n - 1] / 2e3);
    }
    if (plan->verify)
        printf("verified: %u messages each way, all as they were sent\n", n);
}
