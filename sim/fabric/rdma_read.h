/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* RDMA read at the responder. */
#ifndef EFASIM_FABRIC_RDMA_READ_H
#define EFASIM_FABRIC_RDMA_READ_H

#include "message.h"

void efasim_read_remote(struct efasim_message *message, struct efasim_qp *responder);

#endif
