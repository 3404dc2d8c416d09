/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * What must happen: the contract of the calls and of the device as an oracle of a few tables and
 * lists, independent of the library. It plans each operation (or rejects it if it makes no sense,
 * such as polling a missing CQ), and compares the results.
 *
 * To predict every completion it wants the device to work when it says so, and only then: a run
 * before the requests of a second queue pair are rung.
 */
#ifndef WALK_ORACLE_H
#define WALK_ORACLE_H

#include "plan.h"

/* The adapter's, over all clients. */
enum {
    WALK_MAX_PD = 4,
    WALK_MAX_MR = 6,
    WALK_MAX_AH = 4,
    WALK_MAX_CQ = 5,
    WALK_MAX_QP = 6,
    WALK_QKEY = 0x11111111
};

/* Rules that an oracle may have wrong, to see that the walk finds out. */
enum walk_wrong_rule {
    WALK_ALL_RIGHT,
    WALK_PD_GOES_WITH_CHILDREN,
    WALK_ONE_MORE_SEND,
    WALK_RESET_KEEPS_COMPLETIONS,
    WALK_SHORT_RECEIVE_IS_TAKEN,
    WALK_WRONG_RULES
};

struct walk_oracle;

/*
 * NULL where there is no memory. `separate`: the clients have nothing of one another's at hand.
 * `any_order`: the completions of a queue may change places.
 */
struct walk_oracle *walk_oracle_create(enum walk_wrong_rule wrong, bool separate, bool any_order);
void walk_oracle_destroy(struct walk_oracle *oracle);

/* False where the operation means nothing now. */
bool walk_oracle_plan(struct walk_oracle *oracle, const struct walk_op *op, struct walk_plan *plan);

/*
 * Whether an operation is useful: it succeeds, and helps the clients to exchange messages. Purely
 * random operations would mostly be rejected.
 */
bool walk_oracle_likes(struct walk_oracle *oracle, const struct walk_plan *plan);
/* A plan that will not be carried out. */
void walk_oracle_drop(struct walk_oracle *oracle, const struct walk_plan *plan);

/* The device did all that it had to. */
void walk_oracle_run(struct walk_oracle *oracle);

/* NULL if the result is right; else what is wrong. The oracle is unusable afterwards. */
const char *walk_oracle_check(struct walk_oracle *oracle, const struct walk_plan *plan,
                              const struct walk_result *result);

/* How many completions are ready in a CQ, for callers that must wait for them. */
int walk_oracle_ready(const struct walk_oracle *oracle, int client, int cq);

#endif
