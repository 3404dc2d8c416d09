/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The control connection: greeting with versions and parameters, addresses, and during measurements
 * the messages `done` and `result`. A message has a type and a fixed number of 64-bit numbers for
 * each type, all big-endian.
 */
#ifndef EFA_PERF_CONTROL_H
#define EFA_PERF_CONTROL_H

#include "common/network.h"
#include "plan.h"

struct perf_address;

enum perf_message { PERF_MESSAGE_NONE, PERF_MESSAGE_STOP, PERF_MESSAGE_DONE, PERF_MESSAGE_RESULT };

/* For each lane: everything is posted and completed. */
struct perf_done {
    uint64_t messages;
    uint64_t sum; /* of their numbers, see flow.h */
};

struct perf_control {
    tool_socket peer;
    uint64_t timeout_ns;
    uint8_t pending[512]; /* a message that has not arrived completely */
    size_t pending_size;
};

enum { PERF_GREETING_WORDS = 32, PERF_GREETING_SIZE = 8 * PERF_GREETING_WORDS };

/* The first message of a client. `largest` is the largest message of its adapter. */
void perf_control_make_greeting(const struct perf_plan *plan, uint32_t largest, bool serves,
                                uint8_t *greeting);

/*
 * After the greeting was sent, reads the peer's. The parameters of both sides must agree, unless
 * the peer is a server that takes those of its client. *largest becomes the smaller value of the
 * two adapters.
 */
bool perf_control_greet(struct perf_control *control, const struct perf_plan *plan,
                        uint32_t *largest);

/*
 * A server that takes its client's parameters: sends its greeting and reads the client's into
 * *plan, whose parameters are checked for what efa_perf itself allows. Then it reports to the
 * client whether it can do that: `trouble` has the reason if not, else "".
 */
bool perf_control_serve(struct perf_control *control, struct perf_plan *plan, uint32_t *largest);
bool perf_control_send_verdict(struct perf_control *control, uint32_t largest, const char *trouble);

bool perf_control_exchange(struct perf_control *control, uint32_t qps,
                           const struct perf_address *local, struct perf_address *remote);

/* Waits until the peer has reached this point too, because an EFA accepts reads only from peers
 * that it has an address handle for. */
bool perf_control_meet(struct perf_control *control);

bool perf_control_send_greeting(struct perf_control *control, const uint8_t *greeting);
bool perf_control_send_stop(struct perf_control *control);
bool perf_control_send_done(struct perf_control *control, uint32_t threads,
                            const struct perf_done *done);
bool perf_control_send_result(struct perf_control *control, const struct perf_result *result);

/* Handles what has arrived, without waiting: `done` of each thread. False, after printing the
 * reason, if the peer is gone. */
bool perf_control_poll(struct perf_control *control, uint32_t threads, enum perf_message *message,
                       struct perf_done *done, struct perf_result *result);

#endif
