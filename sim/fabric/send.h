/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The sending side: descriptors that a doorbell announced become messages in the fabric. A request
 * that is merely wrong completes in error; a violation of the format completes as QP internal error,
 * and ends in the error state.
 */
#ifndef EFASIM_FABRIC_SEND_H
#define EFASIM_FABRIC_SEND_H

#include "../device/qp.h"

/* Takes up to `budget` descriptors that the send doorbell announced; *more when some are left. */
uint32_t efasim_fetch_sends(struct efasim_qp *qp, uint32_t budget, bool *more);
/* In a state before RTS, what is announced is a violation. */
uint32_t efasim_refuse_sends(struct efasim_qp *qp);

#endif
