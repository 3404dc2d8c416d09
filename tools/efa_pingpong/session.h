/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The exchange of messages: one side starts each round, the other replies, and both check the
 * content. It does not use the control connection.
 */
#ifndef EFA_PINGPONG_SESSION_H
#define EFA_PINGPONG_SESSION_H

#include "endpoint.h"

struct pingpong_session {
    struct endpoint *endpoint;
    bool starts; /* sends first, and measures round trips */
    uint32_t sent;
    uint32_t send_completed;
    uint32_t received;
    bool altered; /* a message was changed on its way; checked only if the plan has verify */
    uint64_t sent_at;
    uint64_t *round_trips; /* nanoseconds for each iteration, on the side that starts */
};

bool session_create(struct pingpong_session *session, struct endpoint *endpoint, bool starts);
void session_destroy(struct pingpong_session *session);

bool session_is_done(const struct pingpong_session *session);

/* Does one step. Returns the number of events, or -1 after printing the reason. */
int session_step(struct pingpong_session *session);

/* Prints in one line the progress of a session that did not end in time. */
void session_print_stall(const struct pingpong_session *session);

void session_print_results(struct pingpong_session *session, uint64_t elapsed_ns);

#endif
