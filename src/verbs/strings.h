/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Numbers in words. */
#ifndef EFA_VERBS_STRINGS_H
#define EFA_VERBS_STRINGS_H

#include "infiniband/verbs.h"

/* Never NULL. */
const char *efa_wc_status_str(enum ibv_wc_status status);

#endif
