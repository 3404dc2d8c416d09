/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Operations of ibv_context that EFA lacks and whose callers do not check for NULL. */
#ifndef EFA_VERBS_UNSUPPORTED_H
#define EFA_VERBS_UNSUPPORTED_H

#include "infiniband/verbs.h"

void efa_set_unsupported_ops(struct ibv_context_ops *ops);

#endif
