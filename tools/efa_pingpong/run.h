/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Running one session, or both sides of a loopback, to the end. */
#ifndef EFA_PINGPONG_RUN_H
#define EFA_PINGPONG_RUN_H

#include "common/network.h"
#include "session.h"

/*
 * Runs the sessions until all are done. `peer` is the connection to the other side, or
 * TOOL_NO_SOCKET; with it, the end of the other side is noticed at once and not by the timeout.
 * Clients of `listener` (may be NULL) are rejected meanwhile. Ctrl-C ends this as a failure.
 */
bool run_sessions(struct pingpong_session *sessions, size_t count, tool_socket peer,
                  struct tool_listener *listener);

#endif
