/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The data path's part of exec.c; results as errno values. */
#ifndef WALK_EXEC_INTERNAL_H
#define WALK_EXEC_INTERNAL_H

#include "exec.h"

int walk_exec_post_recv(struct walk_client *client, const struct walk_plan *plan,
                        struct walk_result *result);
int walk_exec_post_send(struct walk_client *client, const struct walk_plan *plan,
                        struct walk_result *result);
void walk_exec_wr_add(struct walk_client *client, const struct walk_plan *plan);
int walk_exec_wr_end(struct walk_client *client, const struct walk_op *op);
int walk_exec_poll(struct walk_client *client, const struct walk_plan *plan,
                   struct walk_result *result);
int walk_exec_poll_session(struct walk_client *client, const struct walk_op *op,
                           struct walk_result *result);

#endif
