/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Texts for enumeration values. */
#ifndef EFA_VERBS_STRINGS_H
#define EFA_VERBS_STRINGS_H

#include "infiniband/verbs.h"

/* Never returns NULL. */
const char *efa_wc_status_str(enum ibv_wc_status status);
const char *efa_node_type_str(enum ibv_node_type type);
const char *efa_port_state_str(enum ibv_port_state state);
const char *efa_event_type_str(enum ibv_event_type event);

#endif
