/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* What names.c offers to the client. */
#ifndef NAMES_H
#define NAMES_H

struct ibv_context;

/* Not 0 where every name is there and behaves. The context need not be open. */
int libfabric_names_work(struct ibv_context *context);

#endif
