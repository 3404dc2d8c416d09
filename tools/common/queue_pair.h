/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Steps with a queue pair that programs share. */
#ifndef EFA_TOOLS_QUEUE_PAIR_H
#define EFA_TOOLS_QUEUE_PAIR_H

#include <stdbool.h>
#include <stdint.h>

struct ibv_qp;

/* From RESET to RTS, in which it receives and sends. Prints an error on failure. */
bool tool_make_ready(struct ibv_qp *qp, uint32_t qkey);

#endif
