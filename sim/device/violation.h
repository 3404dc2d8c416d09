/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Violations: what no correct client does. */
#ifndef EFASIM_DEVICE_VIOLATION_H
#define EFASIM_DEVICE_VIOLATION_H

#include "qp.h"

#define EFASIM_STRICT_IDS_HINT \
    "; the ids of efawin.dll carry a generation above the index: do without strict_request_ids"

/*
 * Counts the violation, describes it once a QP and kind (with the descriptor's bytes, when there
 * are any), and reports it to the platform when configured.
 */
EFA_COLD void efasim_violation(struct efasim_qp *qp, enum efasim_violation_kind kind,
                               const void *bytes, uint32_t byte_count, const char *format, ...)
    EFA_PRINTF(5, 6);

#endif
