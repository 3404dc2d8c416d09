/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* What every example begins and ends with: the library loaded, the first device open. */
#ifndef EFA_EXAMPLES_START_H
#define EFA_EXAMPLES_START_H

#include <infiniband/verbs.h>

#ifdef __cplusplus
extern "C" {
#endif

/* NULL after a line on stderr. */
struct ibv_context *example_open(void);
void example_close(struct ibv_context *context);

#ifdef __cplusplus
}
#endif

#endif
