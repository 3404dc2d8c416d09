/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* How the two sides meet over TCP: same plan on both, addresses swapped, end agreed on. */
#ifndef EFA_PINGPONG_EXCHANGE_H
#define EFA_PINGPONG_EXCHANGE_H

#include "common/network.h"
#include "plan.h"

enum { EXCHANGE_GREETING_SIZE = 48 };

/* What each side sends first: its plan and its address. */
void exchange_make_greeting(const struct pingpong_plan *plan, const struct pingpong_address *local,
                            uint8_t *greeting);

/* Reads the other side's address. False, printed, where the plans differ. */
bool exchange_read_greeting(tool_socket peer, const struct pingpong_plan *plan,
                            struct pingpong_address *remote);

/* Waits until both sides are done, so that neither takes its queue pair away too early. */
bool exchange_end(tool_socket peer, uint64_t timeout_ns);

#endif
