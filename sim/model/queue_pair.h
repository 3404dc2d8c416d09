/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Queue pairs: creation and destruction. */
#ifndef EFASIM_MODEL_QUEUE_PAIR_H
#define EFASIM_MODEL_QUEUE_PAIR_H

#include "../device/qp.h"

uint32_t efasim_create_qp(struct efasim_client *client, const void *input, void *output);
uint32_t efasim_destroy_qp(struct efasim_client *client, const void *input, void *output);
void efasim_release_qp(struct efasim_qp *qp);
/* The owner died: messages in flight to this queue pair complete with the status "connection
 * reset". */
void efasim_reset_peers(struct efasim_qp *qp);

#endif
