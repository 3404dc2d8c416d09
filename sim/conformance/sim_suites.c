/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* All suites of the conformance cases, for what runs them. */
#include "sim_case.h"

const struct sim_suite *const sim_suites[SIM_SUITES] = {
    &sim_request_suite, &sim_object_suite,    &sim_state_suite, &sim_delivery_suite,
    &sim_status_suite,  &sim_violation_suite, &sim_batch_suite, &sim_rdma_suite,
};
