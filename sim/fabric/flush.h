/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The end of outstanding requests, by the error state and by RESET. */
#ifndef EFASIM_FABRIC_FLUSH_H
#define EFASIM_FABRIC_FLUSH_H

#include "../../src/device/send_descriptor.h"
#include "../device/qp.h"

/* Everything outstanding completes as flushed: sends, then receives, each in order. */
void efasim_enter_error(struct efasim_qp *qp);
/* The same because of this descriptor, just taken, which completes with the status QP internal
 * error. */
void efasim_enter_error_by(struct efasim_qp *qp, const struct efa_send_descriptor *descriptor);
/* Completes requests posted to a queue pair in the error state. Returns the number of
 * descriptors. */
uint32_t efasim_flush_posted(struct efasim_qp *qp);
/* Drops everything outstanding without a completion. */
void efasim_drop_messages(struct efasim_qp *qp);

#endif
