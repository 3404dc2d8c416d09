/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Names of the counters. */
#include "counters.h"

#include <stddef.h>

#include "../../src/device/completion_entry.h"
#include "../../src/os/compiler.h"

const char *efasim_violation_name(enum efasim_violation_kind kind)
{
    static const char *const names[EFASIM_VIOLATION_KINDS] = {
        "phase",      "reserved bits", "flags", "buffer count", "doorbell", "state",
        "request id", "recv framing",  "batch", "CQ overrun",   "read"};
    return (unsigned)kind < EFASIM_VIOLATION_KINDS ? names[kind] : "unknown";
}

const char *efasim_drop_name(enum efasim_drop_reason reason)
{
    static const char *const names[EFASIM_DROP_REASONS] = {
        "lost", "no peer", "no QP", "QKey", "no receive", "receive too short", "receive error"};
    return (unsigned)reason < EFASIM_DROP_REASONS ? names[reason] : "unknown";
}

const char *efasim_status_name(unsigned status)
{
    static const char *const names[] = {
#define STATUS(name, number, verbs, text) [number] = (text),
        EFA_STATUS_TABLE(STATUS)
#undef STATUS
    };

    return status < EFA_ARRAY_SIZE(names) && names[status] ? names[status] : "unknown status";
}

const char *efasim_request_name(unsigned kind)
{
    static const char *const names[EFASIM_REQUEST_KINDS] = {
        "QUERY_DEVICE", "CREATE_CQ", "DESTROY_CQ", "CREATE_QP", "DESTROY_QP", "REG_MR",
        "DEREG_MR",     "ALLOC_AH",  "DEALLOC_AH", "ALLOC_PD",  "DEALLOC_PD", "MODIFY_QP"};
    return kind < EFASIM_REQUEST_KINDS ? names[kind] : NULL;
}
