/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * What the parts of the stress test share: the workers, the queue pairs and completion queues that
 * all of them use, and how a failure ends the program.
 */
#ifndef STRESS_H
#define STRESS_H

#include "lib_support.h"
#include "tickets.h"

#define MAX_WORKERS 3u /* and the thread that runs the simulated device */
#define SHARED_QPS 3u
#define SHARED_CQS 2u
#define OWNERS (SHARED_QPS + MAX_WORKERS)
#define LIST_MAX 8u
/* Looks before a wait is given up; each yields the processor. */
#define PATIENCE 50000000u

/* The content of a message, which tells the receiver who sent it; as long as inline data may be. */
struct message {
    uint32_t magic;
    uint16_t from, to; /* owners */
    uint64_t serial;   /* of the sender's ticket */
    uint64_t has_imm;
    uint64_t check;
};

#define WINDOW 65536u /* messages of one sender among which none may come twice */

/* A queue pair on the shared completion queues, and the account of its requests. */
struct owner {
    struct ibv_qp *qp; /* NULL while a temporary queue pair does not exist */
    struct ibv_qp_ex *ex;
    unsigned index;
    uint32_t life; /* counted up when a RESET, or the next QP, has taken the requests away */
    uint32_t gate; /* closed: no thread starts to post */
    struct tickets sends, recvs;
    struct message *send_buffers, *recv_buffers; /* one a ticket */
    struct ibv_mr *mr;
    uint64_t *delivered; /* WINDOW: by serial of the sender; the serial plus one */
    uint64_t sends_ok, recvs_ok, flushed, failed;
    uint64_t times[2]; /* taken to RESET through ERR with nothing lost, and straight */

    /* A wr_* session that was left open; any thread may end it. */
    uint32_t session_left;
    uint64_t session_serials[LIST_MAX];
    unsigned session_count;
};

struct shared_cq {
    struct ibv_cq_ex *ex;
    uint32_t session_left; /* a start_poll session, as above */
};

enum action {
    POST_SEND,
    POST_RECV,
    WR_SESSION,
    POLL_CQ,
    POLL_SESSION,
    MODIFY_QP,
    QUERY_QP,
    LIFE_OF_QP,
    LIFE_OF_CQ,
    LIFE_OF_MR,
    LIFE_OF_AH,
    LIFE_OF_CONTEXT,
    ACTIONS
};

struct stress;

struct worker {
    struct stress *stress;
    unsigned index;
    uint64_t random;
    uint64_t operations, limit; /* verbs calls made, and how many to make */
    uint64_t made[ACTIONS];
    uint64_t completions, handed_over, busy;
    uint64_t private_messages;
    uint32_t passing; /* odd while within an operation on what is shared */
    struct message *scratch;
};

struct stress {
    struct world *world;
    uint64_t seed;
    unsigned worker_count;
    struct worker workers[MAX_WORKERS];
    struct owner owners[OWNERS];
    struct shared_cq cqs[SHARED_CQS];
    uint32_t control; /* held by the thread that removes a queue's requests */
};

/* Says what is wrong, with the seed, and ends the program. */
void stress_fail(const char *format, ...);
#define REQUIRE(condition)                                                              \
    do {                                                                                \
        if (!(condition))                                                               \
            stress_fail("%s:%d: %s (errno %d)", __FILE__, __LINE__, #condition, errno); \
    } while (0)

uint32_t next_random(struct worker *worker, uint32_t bound); /* 0 to bound - 1 */
void count_calls(struct worker *worker, enum action action, unsigned calls);

/* Shared objects: shared.c. */
void shared_create(struct stress *stress);
void shared_finish(struct stress *stress, struct worker *worker); /* drains, checks, destroys */
struct ibv_qp *owner_new_qp(struct stress *stress, const struct owner *owner, unsigned send_depth,
                            unsigned recv_depth); /* ready to send */

/* Posting and polling: traffic.c. */
void post_some_sends(struct worker *worker, struct owner *from, struct owner *to);
void post_some_recvs(struct worker *worker, struct owner *owner);
void send_in_session(struct worker *worker, struct owner *from, struct owner *to);
void send_with_new_ah(struct worker *worker, struct owner *from, struct owner *to);
void send_from_new_mr(struct worker *worker, struct owner *from, struct owner *to);
void poll_shared(struct worker *worker, struct shared_cq *cq);
void poll_shared_in_session(struct worker *worker, struct shared_cq *cq);
/*
 * Only the thread that closed a gate (control.c) ends the sessions left open behind it: the account
 * of that queue is about to be closed.
 */
void end_left_sessions(struct worker *worker);
void end_left_sessions_in_passing(struct worker *worker);

/* Requests that go away: control.c. */
void begin_passing(struct worker *worker);
void end_passing(struct worker *worker);
void reset_shared(struct worker *worker, struct owner *owner);
void drain_shared(struct worker *worker, struct owner *owner);
void replace_passing(struct worker *worker, struct owner *owner);

/* Objects that only one worker uses: separate.c. */
void live_separately(struct worker *worker);

#endif
