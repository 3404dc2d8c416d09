/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The sending side: descriptors that a doorbell announced become messages in the fabric. An invalid
 * request completes with an error. A violation of the format completes with the status QP internal
 * error and moves the queue pair to the error state.
 */
#ifndef EFASIM_FABRIC_SEND_H
#define EFASIM_FABRIC_SEND_H

#include "../device/qp.h"

/* Takes up to `budget` descriptors that the send doorbell announced; sets *more if some are
 * left. */
uint32_t efasim_fetch_sends(struct efasim_qp *qp, uint32_t budget, bool *more);
/* In a state before RTS, an announced descriptor is a violation. */
uint32_t efasim_reject_sends(struct efasim_qp *qp);

#endif
