/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Violations: actions that no correct client takes. */
#ifndef EFASIM_DEVICE_VIOLATION_H
#define EFASIM_DEVICE_VIOLATION_H

#include "qp.h"

#define EFASIM_STRICT_IDS_HINT \
    "; the ids of efawin.dll have a generation above the index: turn strict_request_ids off"

/*
 * Counts the violation, logs it once for each QP and kind (with the descriptor's bytes, if there
 * are any), and reports it to the platform if configured.
 */
EFA_COLD void efasim_violation(struct efasim_qp *qp, enum efasim_violation_kind kind,
                               const void *bytes, uint32_t byte_count, const char *format, ...)
    EFA_PRINTF(5, 6);

#endif
