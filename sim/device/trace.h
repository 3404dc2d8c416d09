/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The trace: requests, doorbells, descriptors and completions as lines for people or as JSON, one
 * object a line. A run without trace does not execute this.
 */
#ifndef EFASIM_DEVICE_TRACE_H
#define EFASIM_DEVICE_TRACE_H

#include "../../src/device/completion_entry.h"
#include "qp.h"

EFA_INLINE bool efasim_traced(const struct efasim *sim, uint32_t event)
{
    return EFA_UNLIKELY((sim->trace.events & event) != 0);
}

EFA_COLD void efasim_trace_request(struct efasim_client *client, uint32_t code, uint32_t input_size,
                                   uint32_t error, const void *input, const void *output,
                                   uint32_t returned);
EFA_COLD void efasim_trace_doorbell(struct efasim_qp *qp, bool is_send, uint32_t value);
/* Traces the receive doorbell if it changed. The device reads it only when a message arrives. */
EFA_COLD void efasim_trace_recv_doorbell(struct efasim_qp *qp);
EFA_COLD void efasim_trace_descriptor(struct efasim_qp *qp, bool is_send, uint32_t index,
                                      const void *bytes);
EFA_COLD void efasim_trace_completion(struct efasim_qp *qp,
                                      const struct efa_completion_entry *entry);

#endif
