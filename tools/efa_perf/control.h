/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The control connection: greeting with versions and parameters, addresses, and during measurements
 * who is done and what came of it. A message is a type and as many 64-bit numbers as the type has,
 * all big-endian.
 */
#ifndef EFA_PERF_CONTROL_H
#define EFA_PERF_CONTROL_H

#include "common/network.h"
#include "plan.h"

struct perf_address;

enum perf_message { PERF_MESSAGE_NONE, PERF_MESSAGE_STOP, PERF_MESSAGE_DONE, PERF_MESSAGE_RESULT };

/* Of each lane: all is posted and completed. */
struct perf_done {
    uint64_t messages;
    uint64_t sum; /* of their numbers, see flow.h */
};

struct perf_control {
    tool_socket peer;
    uint64_t timeout_ns;
    uint8_t pending[512]; /* a message that has not arrived as a whole */
    size_t pending_size;
};

enum { PERF_GREETING_WORDS = 32, PERF_GREETING_SIZE = 8 * PERF_GREETING_WORDS };

/* What a client sends first. `largest` is what its adapter carries. */
void perf_control_make_greeting(const struct perf_plan *plan, uint32_t largest, bool serves,
                                uint8_t *greeting);

/*
 * A side whose greeting was sent: reads the peer's. Both sides' parameters must agree, unless the peer
 * is a server that takes those of its client. *largest becomes the smaller one of both adapters.
 */
bool perf_control_greet(struct perf_control *control, const struct perf_plan *plan,
                        uint32_t *largest);

/*
 * A server that takes its client's parameters: sends its greeting and reads the client's into *plan,
 * whose parameters are checked for what efa_perf itself allows. Then it tells the client whether it
 * can do that: in `trouble` why not, or "".
 */
bool perf_control_serve(struct perf_control *control, struct perf_plan *plan, uint32_t *largest);
bool perf_control_send_verdict(struct perf_control *control, uint32_t largest, const char *trouble);

bool perf_control_exchange(struct perf_control *control, uint32_t qps,
                           const struct perf_address *local, struct perf_address *remote);

/* Waits until the peer has come here, too: an EFA answers reads only of peers that it has an address
 * handle of. */
bool perf_control_meet(struct perf_control *control);

bool perf_control_send_greeting(struct perf_control *control, const uint8_t *greeting);
bool perf_control_send_stop(struct perf_control *control);
bool perf_control_send_done(struct perf_control *control, uint32_t threads,
                            const struct perf_done *done);
bool perf_control_send_result(struct perf_control *control, const struct perf_result *result);

/* What has arrived, without waiting: `done` of each thread. False after printing why where the peer is
 * gone. */
bool perf_control_poll(struct perf_control *control, uint32_t threads, enum perf_message *message,
                       struct perf_done *done, struct perf_result *result);

#endif
