/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Event tracing (ETW on Windows, nothing elsewhere): what the log says, the driver's requests, and
 * the counters of queues that end. Never called on the data path; where nobody records, a call is a
 * test of one flag of the system's. Provider, events and how to record them: docs/tracing.md.
 */
#ifndef EFA_OS_TRACE_H
#define EFA_OS_TRACE_H

#include "log.h"

/* Registers the provider, the first time that it is called. Not from DllMain: it loads a DLL. */
void efa_trace_start(void);
/* Unregisters the provider. For DllMain, when the DLL is unloaded from a running process. */
void efa_trace_stop(void);

/* Whether a trace session records log lines of that level. */
bool efa_trace_wants(enum efa_log_level level);
void efa_trace_message(enum efa_log_level level, const char *text);
/* A request to the driver came back: Win32 error, bytes replied. */
void efa_trace_command(const char *name, uint32_t error, uint32_t returned);
/* A completion queue is destroyed: the numbers of completions that it dropped. */
void efa_trace_completion_queue(uint32_t number, uint64_t unknown, uint64_t retired,
                                uint64_t stale);

#endif
