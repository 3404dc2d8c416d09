/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Event tracing on systems without it: nothing is recorded. */
#include "trace.h"

void efa_trace_start(void)
{
}

bool efa_trace_wants(enum efa_log_level level)
{
    (void)level;
    return false;
}

void efa_trace_message(enum efa_log_level level, const char *text)
{
    (void)level;
    (void)text;
}

void efa_trace_command(const char *name, uint32_t error, uint32_t returned)
{
    (void)name;
    (void)error;
    (void)returned;
}

void efa_trace_completion_queue(uint32_t number, uint64_t unknown, uint64_t retired, uint64_t stale)
{
    (void)number;
    (void)unknown;
    (void)retired;
    (void)stale;
}
