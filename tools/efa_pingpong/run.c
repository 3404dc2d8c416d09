/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Runs sessions, with a time limit for every wait; see run.h. */
#include "run.h"

#include "common/clock.h"
#include "common/interrupt.h"
#include "common/message.h"

/* The number of consecutive empty polls after which the thread yields. */
#define PATIENCE 200
#define PEER_CHECK_NS 100000000u
#define CHECK_STEPS 256

static bool look_around(const struct pingpong_session *session, tool_socket peer,
                        struct tool_listener *listener)
{
    if (listener)
        tool_turn_away(listener);
    if (tool_interrupted()) {
        tool_error("interrupted after %u of %u messages", session->received,
                   session->endpoint->plan->iterations);
        return false;
    }
    if (peer != TOOL_NO_SOCKET && !tool_peer_is_there(peer)) {
        tool_error(
            "the other side is gone after %u of %u messages: see what it printed, or "
            "whether it was killed",
            session->received, session->endpoint->plan->iterations);
        return false;
    }
    return true;
}

bool run_sessions(struct pingpong_session *sessions, size_t count, tool_socket peer,
                  struct tool_listener *listener)
{
    const struct pingpong_plan *plan = sessions[0].endpoint->plan;
    uint64_t last_event = tool_now_ns();
    uint64_t last_check = last_event;
    unsigned idle = 0, steps = 0;

    for (;;) {
        bool done = true;
        int happened = 0;

        for (size_t i = 0; i < count; i++) {
            const int events = session_step(&sessions[i]);
            if (events < 0)
                return false;
            happened += events;
            done = done && session_is_done(&sessions[i]);
        }
        if (done)
            return true;
        idle = happened > 0 ? 0 : idle + 1;
        if (idle == 0 && ++steps % CHECK_STEPS != 0)
            continue;
        const uint64_t now = tool_now_ns();
        if (idle <= 1)
            last_event = now;
        if (now - last_check > PEER_CHECK_NS) {
            last_check = now;
            if (!look_around(&sessions[0], peer, listener))
                return false;
        }
        if (idle < PATIENCE)
            continue;
        tool_yield();
        if (now - last_event > plan->timeout_ns) {
            session_print_stall(&sessions[0]);
            return false;
        }
    }
}
