/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* For the contract tests of wr_* sessions: a queue pair with an open session, and outcomes. */
#ifndef CONTRACT_SESSION_H
#define CONTRACT_SESSION_H

#include "contract.h"

#define SESSION_DEPTH 4

/* Each case has its own queue pair, because a queue pair logs only one rejection. It sends to
 * itself. */
struct session {
    struct world *world;
    struct ibv_cq *cq;
    struct ibv_qp *qp;
    struct ibv_qp_ex *ex;
    struct buffer buffer;
};

void open_session(struct session *session, struct world *world, bool srd, uint64_t ops);
void close_session(struct session *session);
void set_address(struct session *session);
uint64_t sends_of(struct session *session); /* that the device has taken */

/* The session fails, posts nothing, and the next one works. */
void session_fails(struct session *session, int error, const char *log);
/* It posts one request. */
void session_passes(struct session *session);

#endif
