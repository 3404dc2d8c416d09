/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The operations of ibv_context that EFA lacks and that callers call without checking for NULL. */
#ifndef EFA_VERBS_UNSUPPORTED_H
#define EFA_VERBS_UNSUPPORTED_H

#include "infiniband/verbs.h"

void efa_set_unsupported_ops(struct ibv_context_ops *ops);

#endif
