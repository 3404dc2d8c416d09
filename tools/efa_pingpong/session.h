/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The game itself: one side starts each round, the other answers, message by message, content checked. Knows
 * nothing of how the two sides met.
 */
#ifndef EFA_PINGPONG_SESSION_H
#define EFA_PINGPONG_SESSION_H

#include "endpoint.h"

struct pingpong_session {
    struct endpoint *endpoint;
    bool starts; /* sends first, sees whole round trips */
    uint32_t sent;
    uint32_t send_completed;
    uint32_t received;
    bool altered; /* a message was, on its way; only looked for where the plan says verify */
    uint64_t sent_at;
    uint64_t *round_trips; /* nanoseconds, on the side that starts: one for each iteration */
};

bool session_create(struct pingpong_session *session, struct endpoint *endpoint, bool starts);
void session_destroy(struct pingpong_session *session);

bool session_is_done(const struct pingpong_session *session);

/*
 * Does what can be done now. Returns how much happened (0: nothing), or -1 after printing what went
 * wrong.
 */
int session_step(struct pingpong_session *session);

/* Tells in one line how far a session came that did not end in time. */
void session_print_stall(const struct pingpong_session *session);

void session_print_results(struct pingpong_session *session, uint64_t elapsed_ns);

#endif
