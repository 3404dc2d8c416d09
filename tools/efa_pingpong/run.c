/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Keeps sessions going, with an end to every wait; see run.h. */
#include "run.h"

#include "common/clock.h"
#include "common/message.h"

/* Empty polls in a row after which the processor is offered to others. */
#define PATIENCE 200
#define PEER_CHECK_NS 100000000u

bool run_sessions(struct pingpong_session *sessions, size_t count, tool_socket peer)
{
    const struct pingpong_plan *plan = sessions[0].endpoint->plan;
    uint64_t last_event = tool_now_ns();
    uint64_t last_check = last_event;
    unsigned idle = 0;

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
        if (happened > 0) {
            idle = 0;
            continue;
        }
        if (++idle == 1)
            last_event = tool_now_ns();
        if (idle < PATIENCE)
            continue;
        tool_yield();
        const uint64_t now = tool_now_ns();
        if (now - last_event > plan->timeout_ns) {
            session_print_stall(&sessions[0]);
            return false;
        }
        if (peer != TOOL_NO_SOCKET && now - last_check > PEER_CHECK_NS) {
            last_check = now;
            if (!tool_peer_is_there(peer)) {
                tool_error("the other side went away after %u of %u messages", sessions[0].received,
                           plan->iterations);
                return false;
            }
        }
    }
}
