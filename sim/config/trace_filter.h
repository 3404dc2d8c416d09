/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* What the trace contains: which kinds of event, in which form, of which queue pairs. */
#ifndef EFASIM_TRACE_FILTER_H
#define EFASIM_TRACE_FILTER_H

#include <stdbool.h>
#include <stdint.h>

/* Instead of a device's index. */
#define EFASIM_ALL_DEVICES UINT32_MAX

#define EFASIM_TRACE_REQUESTS 0x1u
#define EFASIM_TRACE_DOORBELLS 0x2u
#define EFASIM_TRACE_DESCRIPTORS 0x4u
#define EFASIM_TRACE_COMPLETIONS 0x8u
#define EFASIM_TRACE_ALL 0xfu

struct efasim_trace_filter {
    uint32_t events; /* EFASIM_TRACE_*; 0 turns the trace off */
    bool json;       /* one JSON object a line instead of readable text */
    uint32_t device; /* or EFASIM_ALL_DEVICES */
    uint32_t qp_num; /* 0: any */
};

#endif
