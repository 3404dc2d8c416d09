/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Carries plans out on the library, and knows nothing of what should come of them. */
#ifndef WALK_EXEC_H
#define WALK_EXEC_H

#include <infiniband/efadv.h>
#include <infiniband/verbs.h>

#include "plan.h"

struct walk_client {
    struct ibv_context *context;
    struct ibv_pd *pds[WALK_PDS];
    struct ibv_td *tds[WALK_TDS];
    struct ibv_mr *mrs[WALK_MRS];
    struct ibv_ah *ahs[WALK_AHS];
    struct ibv_cq *cqs[WALK_CQS];
    struct ibv_qp *qps[WALK_QPS];
    uint8_t *memory; /* WALK_MRS regions */
};

struct walk_exec {
    struct walk_client clients[WALK_CLIENTS];
};

bool walk_exec_init(struct walk_exec *exec);
/* Destroys everything that is left, in order; returns false if a call fails. */
bool walk_exec_end(struct walk_exec *exec);

/* Everything but WALK_RUN. */
void walk_exec(struct walk_exec *exec, const struct walk_plan *plan, struct walk_result *result);

#endif
